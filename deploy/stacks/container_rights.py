"""What containers may do: deploy/policies/containers/<name>.json, filled in for a stage.

The files have the form of the functions' policies and are held against recorded calls in the same way (tests/deploy/stacks_b/container_stories.py).
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.names import PRODUCT_KEYS, blobs_bucket, records_table, wrapped_keys_table
from deploy.stacks.sharing import ask
from deploy.stage import Stage

POLICIES: Final = Path(__file__).resolve().parents[1] / "policies/containers"
_STORE_KEYS: Final = {
    "RecordsKeyArn": "records",
    "WrappedKeysKeyArn": "wrapped-keys",
    "BlobsKeyArn": "blobs",
    "EventsKeyArn": "events",
}
_NAMED: Final = re.compile(r"\$\{([^}]+)\}")


def give(scope: Construct, role: iam.Role, stage: Stage, name: str) -> iam.CfnRolePolicy:
    """The policy of a container's role."""
    statements = json.loads((POLICIES / f"{name}.json").read_text("utf-8"))["Statement"]
    values = _Values(scope, stage)
    return iam.CfnRolePolicy(
        scope,
        "Rights",
        role_name=role.role_name,
        policy_name="work",
        policy_document={"Version": "2012-10-17", "Statement": [_filled_in(one, values) for one in statements]},
    )


class _Values(Mapping[str, str]):
    """Values of the names in a policy file; a key's ARN is asked for when a policy names it."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        self._scope = scope
        self._stage = stage
        self._own = {
            "AWS::Partition": "aws",
            "AWS::Region": stage.region,
            "AWS::AccountId": stage.account,
            "AWS::URLSuffix": "amazonaws.com",
            "Stage": stage.name,
            "RecordsTable": records_table(stage),
            "WrappedKeysTable": wrapped_keys_table(stage),
            "BlobsBucket": blobs_bucket(stage),
        }
        self._keys = _STORE_KEYS | {f"{use.capitalize()}KeyArn": use for use in PRODUCT_KEYS}

    def __getitem__(self, name: str) -> str:
        return self._own[name] if name in self._own else ask(self._scope, self._stage, f"key-{self._keys[name]}-arn")

    def __iter__(self) -> Any:
        return iter((*self._own, *self._keys))

    def __len__(self) -> int:
        return len(self._own) + len(self._keys)


def _filled_in(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _NAMED.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [_filled_in(one, values) for one in value]
    return {name: _filled_in(one, values) for name, one in value.items()} if isinstance(value, dict) else value
