"""The key of logs and alarms in us-east-1, where the keys of the stage's own Region do not reach."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.stacks.keeping import kept
from deploy.stage import Stage

_USE = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def web_key(scope: Construct, stage: Stage) -> kms.Key:
    """A key that CloudWatch uses for its log groups of this account, and for its alarms."""
    key = kms.Key(
        scope,
        "LogsKey",
        description=f"Fumibako {stage.name}: logs and alarms of the web",
        enable_key_rotation=True,
        pending_window=Duration.days(30),
        removal_policy=kept(stage),
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogGroups",
            principals=[iam.ServicePrincipal("logs.us-east-1.amazonaws.com")],
            actions=list(_USE),
            resources=["*"],
            conditions={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{stage.account}:log-group:*"}
            },
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stage.account}},
        )
    )
    return key
