"""Host names in Route 53: an alias for the page's distribution, made where there is none and never taken from somebody.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.errors import Refused
from deploy.tenants.lifecycle.aws_refusals import code_of, told

# The hosted zone of every CloudFront distribution.
CLOUDFRONT_ZONE: Final = "Z2FDTNDATAQYW2"


@dataclass(frozen=True)
class Target:
    """The zone that holds the name, and the distribution's own name. ``zone`` empty: DNS is the customer's."""

    zone: str
    distribution: str


class Route53Domains:
    """``target(host, stage, account)`` says where a stage's names lead; it raises Refused for a host that the stage does not serve."""

    def __init__(self, client: Any, target: Callable[[str, str, str], Target]) -> None:
        self._client = client
        self._target = target

    def point(self, host: str, stage: str, account: str) -> None:
        target = self._target(host, stage, account)
        if not target.zone:
            raise Refused(
                "dns_elsewhere",
                f"The zone of {host} is not ours.",
                f"Have the customer make a CNAME to {target.distribution}, then note it with --dns-done.",
            )
        found = self._alias(host, target.zone)
        if found is None:
            try:
                self._change("CREATE", host, target)
            except ClientError as error:
                # Somebody was between the look and the change: look again.
                if code_of(error) != "InvalidChangeBatch":
                    raise
            found = self._alias(host, target.zone)
        if found != target.distribution:
            raise Refused(
                "name_taken", f"{host} already leads to {found}.", "Remove that record or choose another name."
            )

    def remove(self, host: str, stage: str, account: str) -> None:
        target = self._target(host, stage, account)
        if target.zone and self._alias(host, target.zone) == target.distribution:
            self._change("DELETE", host, target)

    def _alias(self, host: str, zone: str) -> str | None:
        """Where the name leads; None where it does not exist."""
        with told():
            listed = self._client.list_resource_record_sets(
                HostedZoneId=zone, StartRecordName=host, StartRecordType="A", MaxItems="1"
            )["ResourceRecordSets"]
        for one in listed:
            if one["Name"].rstrip(".") == host and one["Type"] == "A":
                return str(one.get("AliasTarget", {}).get("DNSName", "an address")).rstrip(".")
        return None

    def _change(self, action: str, host: str, target: Target) -> None:
        record = {
            "Name": host,
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": CLOUDFRONT_ZONE,
                "DNSName": target.distribution,
                "EvaluateTargetHealth": False,
            },
        }
        with told():
            self._client.change_resource_record_sets(
                HostedZoneId=target.zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]}
            )
