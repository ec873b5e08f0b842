"""A tenant's items in the tables of a stage, found by their keys (chalicelib/stores/keys.py; a test holds the two together).

These are an operator's commands: reading whole tables is what they are for, and nothing of a request path does it.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from deploy.tenants.lifecycle.aws_refusals import told

# What the customer takes along: the audit chain with its roots, and the usage.
EXPORTED: Final = ("audit", "audit#blocks", "audit#roots", "usage", "usage#members")
_BATCH: Final = 25


def tenant_pk(tenant: str, *rest: str) -> str:
    """A partition of the tenant's."""
    return "#".join((tenant, *rest))


def item(dynamodb: Any, table: str, pk: str, sk: str) -> dict[str, Any] | None:
    """One body, or None."""
    with told():
        found = dynamodb.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
    return json.loads(found["Item"]["b"]["S"]) if "Item" in found else None


def partition(dynamodb: Any, table: str, pk: str) -> Iterator[dict[str, Any]]:
    """Every body of a partition, in the order of its sort keys, each with its key as ``sk``."""
    asked = {
        "TableName": table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": pk}},
        "ConsistentRead": True,
    }
    with told():
        for page in dynamodb.get_paginator("query").paginate(**asked):
            for found in page["Items"]:
                yield {"sk": found["sk"]["S"], **json.loads(found["b"]["S"])}


def keys_of(dynamodb: Any, table: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Keys of every item whose partition begins so. Reads the whole table, keys alone are sent."""
    asked = {
        "TableName": table,
        "ConsistentRead": True,
        "ProjectionExpression": "pk, sk",
        "FilterExpression": "begins_with(pk, :p)",
        "ExpressionAttributeValues": {":p": {"S": prefix}},
    }
    with told():
        for page in dynamodb.get_paginator("scan").paginate(**asked):
            yield from page["Items"]


def delete(dynamodb: Any, table: str, keys: list[dict[str, Any]]) -> None:
    """Delete these; repeating it is no error."""
    for start in range(0, len(keys), _BATCH):
        waiting: Any = {table: [{"DeleteRequest": {"Key": key}} for key in keys[start : start + _BATCH]]}
        while waiting:
            with told():
                waiting = dynamodb.batch_write_item(RequestItems=waiting).get("UnprocessedItems")


def lines(dynamodb: Any, table: str, tenant: str) -> Iterator[str]:
    """The export: one JSON object a line, ``{"part": ..., "sk": ..., ...}``."""
    for part in EXPORTED:
        for body in partition(dynamodb, table, tenant_pk(tenant, *part.split("#"))):
            yield json.dumps({"part": part, **body}, ensure_ascii=False) + "\n"
