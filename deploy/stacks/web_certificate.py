"""Certificates and names in DNS of the hosts that a stage serves.

Where the stage names a certificate, that one is used. Else one is made, proved by a record in DNS: by itself where the hosted zone is ours, by hand where it
is not (the deployment waits until somebody has put the record that the console shows).
"""

from typing import Final

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from deploy.stage import Stage

# Of every CloudFront distribution (https://docs.aws.amazon.com/general/latest/gr/cf_region.html).
_CLOUDFRONT_ZONE: Final = "Z2FDTNDATAQYW2"


def host_certificate(scope: Construct, stage: Stage) -> str:
    """ARN of the certificate of the page's hosts, in us-east-1."""
    if stage.page_certificate_arn:
        return stage.page_certificate_arn
    return made_certificate(scope, "Certificate", stage, [stage.page_host, *stage.tenant_hosts])


def made_certificate(scope: Construct, construct_id: str, stage: Stage, hosts: list[str]) -> str:
    """ARN of a new certificate of these hosts. Hosts of other domains than the zone's are proved by hand in any case."""
    validation = [
        acm.CfnCertificate.DomainValidationOptionProperty(domain_name=host, hosted_zone_id=stage.hosted_zone_id)
        for host in hosts
        if stage.hosted_zone_id and host.endswith(f".{stage.domain}")
    ]
    return acm.CfnCertificate(
        scope,
        construct_id,
        domain_name=hosts[0],
        subject_alternative_names=hosts[1:] or None,
        validation_method="DNS",
        domain_validation_options=validation or None,
    ).ref


def point_names(scope: Construct, stage: Stage, distribution: str) -> None:
    """Lead the page's host to the distribution, where its DNS is ours; tenants' own hosts are theirs to lead."""
    if stage.hosted_zone_id:
        point_name(scope, stage, stage.page_host, target=distribution, zone=_CLOUDFRONT_ZONE, kinds=("A", "AAAA"))


def point_name(
    scope: Construct, stage: Stage, host: str, *, target: str, zone: str, kinds: tuple[str, ...] = ("A",)
) -> None:
    """An alias in the stage's hosted zone, where there is one."""
    if not stage.hosted_zone_id:
        return
    for kind in kinds:
        route53.CfnRecordSet(
            scope,
            f"Name{kind}-{host}",
            hosted_zone_id=stage.hosted_zone_id,
            name=f"{host}.",
            type=kind,
            alias_target=route53.CfnRecordSet.AliasTargetProperty(dns_name=target, hosted_zone_id=zone),
        )
