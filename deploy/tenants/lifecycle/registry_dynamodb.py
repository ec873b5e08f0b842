"""The registry in one DynamoDB table of the management account: ``pk`` is ``tenancy#<tenant>`` or ``<kind>#<name>``.

The table is small (some items a tenant), so a listing scans it; nothing of a request path does.
"""

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from deploy.tenants.lifecycle.registry import changed_meanwhile
from deploy.tenants.lifecycle.tenancy import Tenancy, from_json, to_json

_FAILED = "ConditionalCheckFailedException"


class DynamoDBRegistry:
    """``client`` is a boto3 DynamoDB client. The table has the key ``pk`` (S), PITR and deletion protection."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str) -> Tenancy | None:
        item = self._client.get_item(TableName=self._table, Key=_key("tenancy", tenant), ConsistentRead=True).get(
            "Item"
        )
        return None if item is None else _tenancy(item)

    def every(self) -> list[Tenancy]:
        return [_tenancy(item) for item in self._items("tenancy#")]

    def save(self, tenancy: Tenancy) -> Tenancy:
        written = replace(tenancy, version=tenancy.version + 1)
        item = {**_key("tenancy", tenancy.tenant), "v": {"N": str(written.version)}, "body": {"S": to_json(written)}}
        expected = (
            {"ConditionExpression": "attribute_not_exists(pk)"}
            if tenancy.version == 0
            else {"ConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"N": str(tenancy.version)}}}
        )
        if not self._met(self._client.put_item, Item=item, **expected):
            raise changed_meanwhile(tenancy.tenant)
        return written

    def remove(self, tenancy: Tenancy) -> None:
        expected = {
            "ConditionExpression": "attribute_not_exists(pk) OR v = :v",
            "ExpressionAttributeValues": {":v": {"N": str(tenancy.version)}},
        }
        if not self._met(self._client.delete_item, Key=_key("tenancy", tenancy.tenant), **expected):
            raise changed_meanwhile(tenancy.tenant)

    def claim(self, kind: str, name: str, tenant: str) -> bool:
        return self._met(
            self._client.put_item,
            Item={**_key(kind, name), "tenant": {"S": tenant}},
            ConditionExpression="attribute_not_exists(pk) OR tenant = :t",
            ExpressionAttributeValues={":t": {"S": tenant}},
        )

    def claimed(self, kind: str, tenant: str) -> list[str]:
        held = self._items(f"{kind}#")
        return sorted(item["pk"]["S"].partition("#")[2] for item in held if item["tenant"]["S"] == tenant)

    def release(self, kind: str, name: str, tenant: str) -> None:
        self._met(
            self._client.delete_item,
            Key=_key(kind, name),
            ConditionExpression="tenant = :t",
            ExpressionAttributeValues={":t": {"S": tenant}},
        )

    def _met(self, write: Any, **call: Any) -> bool:
        """Whether the condition held and the write was done."""
        try:
            write(TableName=self._table, **call)
        except ClientError as error:
            if error.response["Error"]["Code"] == _FAILED:
                return False
            raise
        return True

    def _items(self, prefix: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="begins_with(pk, :p)",
            ExpressionAttributeValues={":p": {"S": prefix}},
        )
        return sorted((item for page in pages for item in page["Items"]), key=lambda item: str(item["pk"]["S"]))


def _key(kind: str, name: str) -> dict[str, Any]:
    return {"pk": {"S": f"{kind}#{name}"}}


def _tenancy(item: dict[str, Any]) -> Tenancy:
    return from_json(item["body"]["S"], int(item["v"]["N"]))
