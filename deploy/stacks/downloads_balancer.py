"""The balancer of the compatible downloads: one that ends TLS and looks no further.

Its log has connections and no paths, which are the whole right to a download (docs/decisions/0014-compatible-downloads.md). Only CloudFront's addresses reach it.
"""

from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from constructs import Construct

from deploy.names import access_logs_bucket, downloads_host, prefix
from deploy.stacks.container_settings import subnets
from deploy.stacks.sharing import ask
from deploy.stacks.web_certificate import made_certificate, point_name
from deploy.stage import Stage

# A balancer's longest: a stream may be that much older than the deployment that replaces its container.
DRAIN_SECONDS: Final = 3_600
_TLS: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"


class Balancer(Construct):
    """``targets`` and ``listener`` are what the service of the containers is put behind; ``inner`` is the group of the containers."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, port: int, inner: ec2.CfnSecurityGroup
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._port = port
        self._name = f"{prefix(stage)}-downloads"
        outer = self._group(inner)
        self.targets = self._targets()
        balancer, self.listener = self._balancer(outer, self.targets)
        host = downloads_host(stage)
        point_name(self, stage, host, target=balancer.attr_dns_name, zone=balancer.attr_canonical_hosted_zone_id)

    def _group(self, inner: ec2.CfnSecurityGroup) -> ec2.CfnSecurityGroup:
        """The balancer's own: from CloudFront to it, from it to the containers."""
        outer = ec2.CfnSecurityGroup(
            self,
            "Balancers",
            group_description="Downloads: TLS from CloudFront",
            vpc_id=ask(self, self._stage, "vpc-id"),
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    ip_protocol="tcp",
                    from_port=443,
                    to_port=443,
                    source_prefix_list_id=self._stage.edge_prefix_list,
                    description="CloudFront",
                )
            ],
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=self._port,
                    to_port=self._port,
                    cidr_ip=self._stage.network,
                    description="To the containers",
                )
            ],
        )
        ec2.CfnSecurityGroupIngress(
            self,
            "FromBalancer",
            group_id=inner.attr_group_id,
            ip_protocol="tcp",
            from_port=self._port,
            to_port=self._port,
            source_security_group_id=outer.attr_group_id,
            description="From the balancer",
        )
        return outer

    def _targets(self) -> balancing.CfnTargetGroup:
        attributes = {
            "deregistration_delay.timeout_seconds": str(DRAIN_SECONDS),
            # The front says who asks; the balancer's own address is what the containers let in.
            "preserve_client_ip.enabled": "false",
        }
        return balancing.CfnTargetGroup(
            self,
            "Targets",
            name=self._name,
            target_type="ip",
            protocol="TCP",
            port=self._port,
            vpc_id=ask(self, self._stage, "vpc-id"),
            health_check_protocol="HTTP",
            health_check_path="/readyz",
            health_check_interval_seconds=15,
            healthy_threshold_count=2,
            unhealthy_threshold_count=3,
            matcher=balancing.CfnTargetGroup.MatcherProperty(http_code="200"),
            target_group_attributes=[
                balancing.CfnTargetGroup.TargetGroupAttributeProperty(key=key, value=value)
                for key, value in attributes.items()
            ],
        )

    def _balancer(
        self, group: ec2.CfnSecurityGroup, targets: balancing.CfnTargetGroup
    ) -> tuple[balancing.CfnLoadBalancer, balancing.CfnListener]:
        attributes = {
            "deletion_protection.enabled": "true" if self._stage.protected else "false",
            # A line for each TLS connection: this kind of balancer sees no path.
            "access_logs.s3.enabled": "true",
            "access_logs.s3.bucket": access_logs_bucket(self._stage),
            "access_logs.s3.prefix": "downloads",
            "load_balancing.cross_zone.enabled": "true",
        }
        balancer = balancing.CfnLoadBalancer(
            self,
            "Balancer",
            name=self._name,
            type="network",
            scheme="internet-facing",
            security_groups=[group.attr_group_id],
            subnets=subnets(self, self._stage, private=False),
            load_balancer_attributes=[
                balancing.CfnLoadBalancer.LoadBalancerAttributeProperty(key=key, value=value)
                for key, value in attributes.items()
            ],
        )
        certificate = self._stage.api_certificate_arn or made_certificate(
            self, "Certificate", self._stage, [downloads_host(self._stage)]
        )
        listener = balancing.CfnListener(
            self,
            "Listener",
            load_balancer_arn=balancer.ref,
            port=443,
            protocol="TLS",
            ssl_policy=_TLS,
            certificates=[balancing.CfnListener.CertificateProperty(certificate_arn=certificate)],
            default_actions=[balancing.CfnListener.ActionProperty(type="forward", target_group_arn=targets.ref)],
        )
        return balancer, listener
