"""Which operation of AWS a request to the emulator was, and what a bill would count of it. Pure: bytes in, numbers out.

Counted as AWS counts: DynamoDB in request units (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html),
SNS in messages of a batch, everything else in requests. Sizes of items are taken from their JSON text on the wire, which is longer than what
DynamoDB measures: units are an upper bound.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

_TARGETS: Final = {"DynamoDB_20120810": "dynamodb", "TrentService": "kms", "AmazonSQS": "sqs"}
_ACTIONS: Final = {"Publish": "sns", "PublishBatch": "sns", "AssumeRole": "sts"}
_SUB_RESOURCES: Final = {
    ("GET", "versions"): "ListObjectVersions",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "uploadId"): "ListParts",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("POST", "delete"): "DeleteObjects",
}
_OF_OBJECTS: Final = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_APP: Final = re.compile(r"\bapp/(\S+)")
_KIB: Final = 1024


@dataclass(frozen=True)
class Request:
    """One request as it came in; header names are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Units:
    """Request units of DynamoDB, and how many things the request was about."""

    read: int = 0
    write: int = 0
    items: int = 1


def operation_of(request: Request) -> str:
    """``service:Operation`` of what the product calls; empty for anything else."""
    target, _, name = request.headers.get("x-amz-target", "").partition(".")
    if target in _TARGETS:
        return f"{_TARGETS[target]}:{name}"
    if request.path == "/v2/email/outbound-emails":
        return "ses:SendEmail"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(request.body.decode("utf-8", "replace")).get("Action", [""])[0]
        return f"{_ACTIONS[action]}:{action}" if action in _ACTIONS else ""
    return _of_s3(request)


def caller_of(request: Request) -> str:
    """The function that asked, by the name that it puts into its user agent; empty for people's clients."""
    found = _APP.search(request.headers.get("user-agent", ""))
    return found[1] if found else ""


def units_of(operation: str, body: bytes, answer: bytes) -> Units:
    """What a bill would count of it."""
    if operation == "sns:PublishBatch":
        fields = parse_qs(body.decode("utf-8", "replace"))
        return Units(items=sum(1 for name in fields if name.endswith(".Message")))
    if operation == "sqs:ReceiveMessage":
        return Units(items=len(_document(answer).get("Messages") or []))
    if not operation.startswith("dynamodb:"):
        return Units()
    asked, said = _document(body), _document(answer)
    return _of_dynamodb(operation.partition(":")[2], asked, said)


def _of_s3(request: Request) -> str:
    steps = [step for step in request.path.split("/") if step]
    names = [part.partition("=")[0] for part in request.query.split("&")]
    signed = "X-Amz-Signature" in names or "authorization" in request.headers
    if not steps or steps[0].startswith("_") or not signed:
        return ""
    if "/s3/" not in request.headers.get("authorization", "/s3/"):
        return ""
    for name in names:
        if (request.method, name) in _SUB_RESOURCES:
            return f"s3:{_SUB_RESOURCES[request.method, name]}"
    if len(steps) == 1:
        return "s3:ListObjectsV2" if request.method == "GET" else ""
    return f"s3:{_OF_OBJECTS[request.method]}" if request.method in _OF_OBJECTS else ""


def _of_dynamodb(name: str, asked: dict[str, Any], said: dict[str, Any]) -> Units:
    if name == "GetItem":
        return Units(read=_reads(said.get("Item")))
    if name == "BatchGetItem":
        found = [item for items in said.get("Responses", {}).values() for item in items]
        keys = sum(len(wanted.get("Keys", [])) for wanted in asked.get("RequestItems", {}).values())
        return Units(read=sum(map(_reads, found)) + keys - len(found), items=keys)
    if name == "Query":
        # All items of an answer are added up before they are rounded.
        return Units(read=_reads(said.get("Items")), items=int(said.get("Count", 0)))
    if name == "TransactWriteItems":
        parts = [part for each in asked.get("TransactItems", []) for part in each.values()]
        return Units(write=2 * sum(map(_writes, parts)), items=len(parts))
    if name == "BatchWriteItem":
        parts = [part for each in asked.get("RequestItems", {}).values() for part in each]
        return Units(write=sum(map(_writes, parts)), items=len(parts))
    return Units(write=_writes(asked)) if name in ("PutItem", "UpdateItem", "DeleteItem") else Units()


def _reads(item: object) -> int:
    """Strongly consistent reads: one unit for 4 KiB begun, and for nothing found."""
    return max(1, -(-_size(item) // (4 * _KIB)))


def _writes(item: object) -> int:
    return max(1, -(-_size(item) // _KIB))


def _size(item: object) -> int:
    return len(json.dumps(item, separators=(",", ":"))) if item else 0


def _document(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
