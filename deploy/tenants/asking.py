"""One authorization that a call asks for, and where its ARNs point."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.tenants.policy.matching import Value

Parameters = Mapping[str, Any]


class CallUnknown(Exception):
    """This model does not know what the call asks of IAM."""


@dataclass(frozen=True)
class Place:
    """Where ARNs point."""

    account: str
    region: str
    partition: str = "aws"

    def table(self, name: str, index: str = "") -> str:
        tail = f"table/{name}/index/{index}" if index else f"table/{name}"
        return f"arn:{self.partition}:dynamodb:{self.region}:{self.account}:{tail}"

    def object(self, bucket: str, key: str = "") -> str:
        return f"arn:{self.partition}:s3:::{bucket}/{key}" if key else f"arn:{self.partition}:s3:::{bucket}"

    def key(self, key_id: str) -> str:
        if key_id.startswith("arn:"):
            return key_id
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{key_id}"


@dataclass(frozen=True)
class Asked:
    """One authorization."""

    action: str
    resource: str
    context: Mapping[str, Value] = field(default_factory=dict)
