"""The export of a user pool: changes and a daily clock ask for it by a queue, which gathers them, so that a thousand changes are one export.

Changes come by CloudTrail's management events [P identity-export-on-change]: the account's baseline has a trail. Without one, the clock alone is left, and an export is at most a day old.
"""

from pathlib import Path
from typing import Any, Final

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.names import identity_export_bucket, prefix
from deploy.stacks.accepted import accept
from deploy.stacks.buckets import closed_bucket, logged
from deploy.stacks.keeping import kept
from deploy.stacks.log_days import retention
from deploy.stacks.sharing import ask
from deploy.stage import Stage

_CODE: Final = Path(__file__).resolve().parent.parent / "functions" / "export_identities.py"
# One object: the function needs a right to this name alone, and its versions are the history.
EXPORT_KEY: Final = "identities.jsonl"
_GATHER: Final = Duration.minutes(5)
_TIMEOUT: Final = Duration.minutes(5)
# What changes who is in the pool, or in which group.
CHANGES: Final = (
    "AdminAddUserToGroup",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableProviderForUser",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminLinkProviderForUser",
    "AdminRemoveUserFromGroup",
    "AdminUpdateUserAttributes",
    "CreateGroup",
    "DeleteGroup",
    "TokenPOST",
    "UpdateGroup",
)


class IdentityExport(Construct):
    """Bucket, queue, function and what wakes it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, pool: cognito.UserPool) -> None:
        super().__init__(scope, construct_id)
        self._key = kms.Key.from_key_arn(self, "Key", ask(self, stage, "key-identity-arn"))
        bucket = self._bucket(stage)
        queue = self._queue(stage)
        self._function(stage, pool, bucket, queue)
        self._wake(pool, queue)

    def _bucket(self, stage: Stage) -> s3.Bucket:
        return closed_bucket(
            self,
            "Identities",
            stage=stage,
            name=identity_export_bucket(stage),
            key=self._key,
            **logged(self, "Logs", stage=stage, prefix="identities/"),
            lifecycle_rules=[
                # Its versions are the earlier exports: people who left are forgotten as late as backups forget them.
                s3.LifecycleRule(
                    id="backup-days",
                    noncurrent_version_expiration=Duration.days(stage.backup_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )

    def _queue(self, stage: Stage) -> sqs.Queue:
        dead = self._sqs(f"{prefix(stage)}-identity-export-dead", "Dead")
        return self._sqs(
            f"{prefix(stage)}-identity-export",
            "Queue",
            visibility_timeout=Duration.seconds(6 * int(_TIMEOUT.to_seconds())),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=5),
        )

    def _sqs(self, name: str, construct_id: str, **more: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            **more,
        )

    def _function(self, stage: Stage, pool: cognito.UserPool, bucket: s3.Bucket, queue: sqs.Queue) -> None:
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{prefix(stage)}-identity-export",
            retention=retention(stage.log_days),
            encryption_key=kms.Key.from_key_arn(self, "LogsKey", ask(self, stage, "key-logs-arn")),
            removal_policy=kept(stage),
        )
        function = lambda_.Function(
            self,
            "Function",
            function_name=f"{prefix(stage)}-identity-export",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_inline(_CODE.read_text("utf-8")),
            environment={"USER_POOL_ID": pool.user_pool_id, "BUCKET": bucket.bucket_name, "KEY": EXPORT_KEY},
            environment_encryption=self._key,
            timeout=_TIMEOUT,
            memory_size=512,
            reserved_concurrent_executions=2,
            log_group=group,
            role=self._role(pool, bucket, queue, group),
        )
        lambda_.CfnEventSourceMapping(
            self,
            "Source",
            function_name=function.function_arn,
            event_source_arn=queue.queue_arn,
            batch_size=1_000,
            maximum_batching_window_in_seconds=int(_GATHER.to_seconds()),
        )
        self._accept(function)

    def _accept(self, function: lambda_.Function) -> None:
        test = "tests/deploy/stacks_a/test_identity.py::test_the_export_reaches_one_pool_and_one_bucket"
        accept(
            function,
            "CKV_AWS_117",
            reason="It speaks to Cognito and S3 alone; a network of ours would only bring in paid endpoints.",
            test=test,
        )
        accept(
            function,
            "CKV_AWS_116",
            reason="It is called by a queue, which has dead letters of its own.",
            test=test,
        )

    def _role(self, pool: cognito.UserPool, bucket: s3.Bucket, queue: sqs.Queue, group: logs.LogGroup) -> iam.Role:
        rights = (
            (["cognito-idp:ListGroups", "cognito-idp:ListUsers", "cognito-idp:ListUsersInGroup"], pool.user_pool_arn),
            (["s3:PutObject"], bucket.arn_for_objects(EXPORT_KEY)),
            (["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue.queue_arn),
            (["logs:CreateLogStream", "logs:PutLogEvents"], group.log_group_arn),
            # Through S3, SQS and Lambda alone: the key's own policy says so.
            (["kms:Decrypt", "kms:GenerateDataKey"], self._key.key_arn),
        )
        statements = [iam.PolicyStatement(actions=actions, resources=[resource]) for actions, resource in rights]
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"export": iam.PolicyDocument(statements=statements)},
        )

    def _wake(self, pool: cognito.UserPool, queue: sqs.Queue) -> None:
        target = targets.SqsQueue(queue)
        events.Rule(
            self,
            "OnChange",
            description="Somebody came, changed or left.",
            event_pattern=events.EventPattern(
                source=["aws.cognito-idp"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={"eventName": list(CHANGES), "requestParameters": {"userPoolId": [pool.user_pool_id]}},
            ),
            targets=[target],
        )
        events.Rule(
            self,
            "Daily",
            description="Identities are exported at least once a day.",
            schedule=events.Schedule.cron(hour="18", minute="0"),
            targets=[target],
        )
