"""What DynamoDB's calls ask of IAM; the head of calls.py tells from where that is known."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.tenants.asking import Asked, Parameters, Place
from deploy.tenants.policy.matching import Value

_READS: Final = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
_IN_TRANSACTION: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def dynamodb(operation: str, call: Parameters, place: Place) -> Iterator[Asked]:
    if operation in _READS:
        yield Asked(
            f"dynamodb:{operation}",
            place.table(call["TableName"], call.get("IndexName", "")),
            _item_keys(operation, call),
        )
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table, wanted in call["RequestItems"].items():
            yield Asked(
                f"dynamodb:{operation}", place.table(table), {"dynamodb:LeadingKeys": tuple(_batch_keys(wanted))}
            )
    elif operation in ("TransactWriteItems", "TransactGetItems"):
        yield from _transaction(operation, call, place)
    elif operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        # Which of the four follows from the statement's first word; the table from its text, which is not parsed here.
        for action in ("PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"):
            yield Asked(f"dynamodb:{action}", place.table("*"))
    elif operation == "DescribeTable":
        yield Asked("dynamodb:DescribeTable", place.table(call["TableName"]))


def _item_keys(operation: str, call: Parameters) -> dict[str, Value]:
    context: dict[str, Value] = {}
    if operation == "Scan":
        context["dynamodb:FullTableScan"] = "true"
    elif operation == "Query":
        context["dynamodb:LeadingKeys"] = _query_keys(call)
    else:
        context["dynamodb:LeadingKeys"] = (_pk(call.get("Key") or call["Item"]),)
    if "ReturnValues" in call:
        context["dynamodb:ReturnValues"] = call["ReturnValues"]
    if "Select" in call:
        context["dynamodb:Select"] = call["Select"]
    return context


def _query_keys(call: Parameters) -> tuple[str, ...]:
    """The value that the key condition gives to the partition key: the first term, as every caller of ours writes it."""
    expression = call["KeyConditionExpression"].strip(" (")
    name, _, rest = expression.partition("=")
    if call.get("ExpressionAttributeNames", {}).get(name.strip(), name.strip()) != "pk":
        return ()
    return (str(call["ExpressionAttributeValues"][rest.split()[0].strip(" )")]["S"]),)


def _batch_keys(wanted: Any) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        yield from (_pk(key) for key in wanted["Keys"])
        return
    for one in wanted:
        yield _pk(one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"])


def _transaction(operation: str, call: Parameters, place: Place) -> Iterator[Asked]:
    together: dict[tuple[str, str], list[str]] = {}
    for one in call["TransactItems"]:
        (kind, item), *_ = one.items()
        action = _IN_TRANSACTION.get(kind, "GetItem")
        together.setdefault((action, item["TableName"]), []).append(_pk(item.get("Key") or item["Item"]))
    for (action, table), keys in together.items():
        for leading in [(one,) for one in keys] + ([tuple(keys)] if len(keys) > 1 else []):
            context: dict[str, Value] = {"dynamodb:LeadingKeys": leading, "dynamodb:EnclosingOperation": operation}
            yield Asked(f"dynamodb:{action}", place.table(table), context)


def _pk(attributes: Parameters) -> str:
    return str(attributes["pk"]["S"])
