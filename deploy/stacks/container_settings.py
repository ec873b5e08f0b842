"""Settings, subnets and folders of containers."""

from typing import Any

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from deploy.names import PRODUCT_KEYS, blobs_bucket, parameter, prefix, records_table, wrapped_keys_table
from deploy.stacks.sharing import ask
from deploy.stage import Stage


def subnets(scope: Construct, stage: Stage, *, private: bool) -> list[str]:
    """Subnets as CloudFormation's own list type, so that it checks them before it begins."""
    return ssm.StringListParameter.value_for_typed_list_parameter(
        scope,
        parameter(stage, f"{'private' if private else 'public'}-subnet-ids"),
        ssm.ParameterValueType.AWS_EC2_SUBNET_ID,
    )


def common_settings(scope: Construct, stage: Stage) -> dict[str, str]:
    """Settings (chalicelib/settings.py) of every container, as those of the functions (deploy.packaging.parameters.environment)."""
    keys = {f"kms_{use}_key": ask(scope, stage, f"key-{use}-arn") for use in PRODUCT_KEYS}
    return {
        "mode": "production",
        "store": "dynamodb",
        "dynamodb_table": records_table(stage),
        "dynamodb_wrapped_keys_table": wrapped_keys_table(stage),
        "bus": "sns",
        "sns_topic_arn": ask(scope, stage, "events-topic-arn"),
        "sqs_queue_prefix": prefix(stage),
        "blobs": "s3",
        "s3_bucket": blobs_bucket(stage),
        "aws_region": stage.region,
        "keys": "kms",
        **keys,
        "mail": "ses",
        "mail_from": stage.mail_sender,
        "base_url": stage.public_url,
        "blob_base_url": f"https://s3.{stage.region}.amazonaws.com",
    }


def writable(**folders: str) -> list[Any]:
    """Mount points: volume name -> folder."""
    return [
        ecs.CfnTaskDefinition.MountPointProperty(source_volume=name, container_path=folder, read_only=False)
        for name, folder in folders.items()
    ]
