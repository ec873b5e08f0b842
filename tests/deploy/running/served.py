"""A stage that can be on-boarded into: its function with the settings that its template would give it, a zone, the operator's role."""

import json
from typing import Any

from deploy.names import (
    PRODUCT_KEYS,
    blobs_bucket,
    function,
    parameter,
    prefix,
    records_table,
    wrapped_keys_table,
)
from deploy.stage import Stage
from deploy.tenants.lifecycle.live import OPERATOR_ROLE
from tests.deploy.running.operator import ACCOUNT, Operator

_TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}


def serve(operator: Operator, stage: Stage) -> None:
    """What the services' stack, a zone and whoever vended the account would have made; the function is never called here."""
    operator.client("iam").create_role(RoleName=OPERATOR_ROLE, AssumeRolePolicyDocument=json.dumps(_TRUST))
    operator.client("lambda").create_function(
        FunctionName=function(stage, "transfers", "api_handler"),
        Role=f"arn:aws:iam::{ACCOUNT}:role/{OPERATOR_ROLE}",
        Runtime="python3.11",
        Handler="app.app",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        Environment={"Variables": settings(operator, stage)},
    )
    operator.client("s3").create_bucket(
        Bucket="exports", CreateBucketConfiguration={"LocationConstraint": stage.region}
    )


def zone(operator: Operator, name: str) -> str:
    """A hosted zone; its id."""
    made = operator.client("route53").create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    return str(made).rpartition("/")[2]


def records(operator: Operator, zone_id: str) -> list[str]:
    """Names of its A records."""
    listed: list[dict[str, Any]] = operator.client("route53").list_resource_record_sets(HostedZoneId=zone_id)[
        "ResourceRecordSets"
    ]
    return [str(one["Name"]).rstrip(".") for one in listed if one["Type"] == "A"]


def settings(operator: Operator, stage: Stage) -> dict[str, str]:
    """FUMIBAKO_* over the tables, keys and queues that were deployed."""

    def told(name: str) -> str:
        return str(operator.client("ssm").get_parameter(Name=parameter(stage, name))["Parameter"]["Value"])

    values = {
        "mode": "evaluation",
        "mail": "ses",
        "scanner": "none",
        "base_url": stage.public_url,
        "store": "dynamodb",
        "dynamodb_table": records_table(stage),
        "dynamodb_wrapped_keys_table": wrapped_keys_table(stage),
        "bus": "sns",
        "sns_topic_arn": told("events-topic-arn"),
        "sqs_queue_prefix": prefix(stage),
        "blobs": "s3",
        "s3_bucket": blobs_bucket(stage),
        "aws_region": stage.region,
        "aws_endpoint": operator.endpoint,
        "s3_endpoint": operator.endpoint,
        "keys": "kms",
        **{f"kms_{use}_key": told(f"key-{use}-arn") for use in PRODUCT_KEYS},
    }
    return {f"FUMIBAKO_{name.upper()}": value for name, value in values.items()}
