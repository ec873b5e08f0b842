"""CloudFront's access log without what must not be in one: no path, no query, no cookie, no address of a person.

A path may hold a token (/p/<token>, /fetch/<token>), and whoever reads the log could use it. Standard logging v2 lets us choose the fields
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html); its resources live in us-east-1.
"""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.names import prefix
from deploy.stacks.log_days import retention
from deploy.stage import Stage

FIELDS: Final = (
    "date",
    "time",
    "x-edge-location",
    "x-edge-request-id",
    "cs-method",
    "sc-status",
    "sc-bytes",
    "cs-bytes",
    "time-taken",
    "time-to-first-byte",
    "x-edge-result-type",
    "x-edge-detailed-result-type",
    "ssl-protocol",
    "ssl-cipher",
    "cs-protocol-version",
)


class AccessLog(Construct):
    """The log of one distribution."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, distribution: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        name = f"{prefix(stage)}-web"
        group = logs.LogGroup(
            self,
            "Group",
            log_group_name=f"/fumibako/{stage.name}/web",
            retention=retention(stage.log_days),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        source = logs.CfnDeliverySource(
            self,
            "Source",
            name=name,
            log_type="ACCESS_LOGS",
            resource_arn=f"arn:aws:cloudfront::{stage.account}:distribution/{distribution}",
        )
        target = logs.CfnDeliveryDestination(
            self,
            "Target",
            name=name,
            # Without the ``:*`` that CloudFormation's own ARN of a group ends in.
            destination_resource_arn=f"arn:aws:logs:us-east-1:{stage.account}:log-group:/fumibako/{stage.name}/web",
            output_format="json",
        )
        target.add_resource_dependency(group.node.default_child)  # type: ignore[arg-type]
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=name,
            delivery_destination_arn=target.attr_arn,
            record_fields=list(FIELDS),
        )
        delivery.add_resource_dependency(source)
