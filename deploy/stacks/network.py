"""The network of what runs in containers: two kinds of subnets, doors to the stores, no address translation.

Functions stay outside it. Public subnets give a container its way out by an address of its own (a NAT gateway would cost more than all else that
idles); nothing is let in. Isolated subnets reach what they need by endpoints: those of S3 and DynamoDB are free and always there, the others cost by the
hour and are there where the stage asks for a private network (decision 20 has the sums).
"""

import ipaddress
from typing import Any, ClassVar, Final

from aws_cdk import CfnParameter, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.names import blobs_bucket, prefix, records_table, wrapped_keys_table
from deploy.stacks.keeping import kept
from deploy.stacks.log_days import retention
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage

# What a container of ours calls, and what starts it.
INTERFACES: Final = ("ecr.api", "ecr.dkr", "kms", "logs", "sns", "sqs", "sts")
_PUBLIC: Final = "public"
_ISOLATED: Final = "isolated"


class NetworkStack(Stack):
    """A VPC. It holds no data and may go after what runs in it."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys",)

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._vpc = self._network(stage)
        self._flow_log(stage)
        self._gateways(stage)
        group = self._endpoints_group(stage)
        if stage.private_network:
            self._interfaces(stage, group)
        tell(self, stage, "vpc-id", self._vpc.vpc_id)
        tell(self, stage, "private-subnet-ids", _joined(self._vpc.isolated_subnets))
        tell(self, stage, "public-subnet-ids", _joined(self._vpc.public_subnets))
        tell(self, stage, "endpoints-security-group-id", group.security_group_id)

    def _network(self, stage: Stage) -> ec2.Vpc:
        # A /20 gives each of six subnets a /23: 507 addresses, of which a function or container takes one.
        size = ipaddress.IPv4Network(stage.network).prefixlen + 3
        vpc = ec2.Vpc(
            self,
            "Network",
            vpc_name=prefix(stage),
            ip_addresses=ec2.IpAddresses.cidr(stage.network),
            availability_zones=list(stage.availability_zones),
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name=_PUBLIC, subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=size, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name=_ISOLATED, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=size),
            ],
            # It would bring a function of its own; nothing of ours joins the default group, and a test holds that.
            restrict_default_security_group=False,
        )
        self._name_zones(stage, vpc)
        return vpc

    def _name_zones(self, stage: Stage, vpc: ec2.Vpc) -> None:
        """Zones by name, so that a subnet never moves; as a parameter, so that another account may have others."""
        zones = CfnParameter(self, "Zones", type="CommaDelimitedList", default=",".join(stage.availability_zones))
        for subnets in (vpc.public_subnets, vpc.isolated_subnets):
            for place, subnet in enumerate(subnets):
                made = subnet.node.default_child
                assert isinstance(made, ec2.CfnSubnet)
                made.availability_zone = Fn.select(place, zones.value_as_list)

    def _flow_log(self, stage: Stage) -> None:
        group = logs.LogGroup(
            self,
            "FlowLog",
            # Without a name of ours: the old one stays when the stack goes, and must not be in the way of the next.
            retention=retention(stage.log_days),
            encryption_key=kms.Key.from_key_arn(self, "LogsKey", ask(self, stage, "key-logs-arn")),
            removal_policy=kept(stage),
        )
        rights = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[group.log_group_arn],
        )
        role = iam.Role(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            inline_policies={"write": iam.PolicyDocument(statements=[rights])},
        )
        ec2.CfnFlowLog(
            self,
            "FlowLogOfNetwork",
            resource_id=self._vpc.vpc_id,
            resource_type="VPC",
            # What was let through is in the services' own logs; what was not is only here.
            traffic_type="REJECT",
            log_group_name=group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )

    def _gateways(self, stage: Stage) -> None:
        s3 = self._vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        s3.add_to_policy(
            _let(
                ["s3:AbortMultipartUpload", "s3:DeleteObject*", "s3:GetObject*", "s3:List*", "s3:PutObject"],
                [f"arn:aws:s3:::{blobs_bucket(stage)}", f"arn:aws:s3:::{blobs_bucket(stage)}/*"],
                stage,
            )
        )
        # Layers of container images lie in a bucket of AWS (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html).
        layers = f"arn:aws:s3:::prod-{stage.region}-starport-layer-bucket/*"
        s3.add_to_policy(
            iam.PolicyStatement(principals=[iam.AnyPrincipal()], actions=["s3:GetObject"], resources=[layers])
        )
        tables = [
            f"arn:aws:dynamodb:{stage.region}:{stage.account}:table/{name}"
            for name in (records_table(stage), wrapped_keys_table(stage))
        ]
        dynamodb = self._vpc.add_gateway_endpoint("DynamoDB", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        dynamodb.add_to_policy(_let([f"dynamodb:{verb}" for verb in _VERBS], tables, stage))

    def _endpoints_group(self, stage: Stage) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self._vpc,
            description="In front of the interface endpoints",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(ec2.Peer.ipv4(stage.network), ec2.Port.tcp(443), "TLS from this network")
        return group

    def _interfaces(self, stage: Stage, group: ec2.SecurityGroup) -> None:
        for name in INTERFACES:
            endpoint = self._vpc.add_interface_endpoint(
                "".join(part.capitalize() for part in name.split(".")),
                service=ec2.InterfaceVpcEndpointAwsService(name),
                private_dns_enabled=True,
                security_groups=[group],
                open=False,
                subnets=ec2.SubnetSelection(subnet_group_name=_ISOLATED),
            )
            endpoint.add_to_policy(_let([f"{name.partition('.')[0]}:*"], ["*"], stage))


_VERBS: Final = (
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)


def _let(actions: list[str], resources: list[str], stage: Stage) -> iam.PolicyStatement:
    """An endpoint's door: for principals of this account alone, so that nobody carries data out under a foreign account's name."""
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=actions,
        resources=resources,
        conditions={"StringEquals": {"aws:PrincipalAccount": stage.account}},
    )


def _joined(subnets: list[ec2.ISubnet]) -> str:
    return ",".join(subnet.subnet_id for subnet in subnets)
