"""Which rights an AWS call uses: the operation's own name, but for the exceptions below.

Sources: the Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/), "Required permissions for Amazon S3
API operations" (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html), "Permissions for the TransactWriteItems
API" (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html), and for keys at rest the encryption pages of
DynamoDB, S3, SNS and SQS. What moto can't tell is which store is encrypted by a key of ours: all are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from deploy.names import SERVICES

_HERE: Final = "${AWS::Region}:${AWS::AccountId}"


@dataclass(frozen=True, order=True)
class Grant:
    """One right: an action on a resource, with what its condition is about (empty: nothing).

    ``via``: the service that calls KMS for us. ``purpose``: of the encryption context. ``key``: the pattern of the partition key.
    ``tenant``: of the encryption context, or the tenant whose session may do it at all.
    """

    action: str
    resource: str
    via: str = ""
    purpose: str = ""
    key: str = ""
    tenant: str = ""


@dataclass(frozen=True)
class Places:
    """What the things in a test are in a policy: physical name or ARN -> text with ${Parameter}."""

    tables: Mapping[str, tuple[str, str]]
    keys: Mapping[str, str]
    queue_prefix: str

    def table(self, name: str) -> str:
        return f"arn:${{AWS::Partition}}:dynamodb:{_HERE}:table/${{{self.tables[name][0]}}}"

    def table_key(self, name: str) -> str:
        return f"${{{self.tables[name][1]}}}"

    def key(self, arn: str) -> str:
        return f"${{{self.keys[arn]}}}"

    def role(self, service: str) -> str:
        """The ARN of a service's role of the tenants."""
        return f"arn:aws:iam::123456789012:role/{self.queue_prefix}-{service}-tenant"

    def queue(self, name: str) -> str:
        assert name.startswith(self.queue_prefix), name
        return f"arn:${{AWS::Partition}}:sqs:{_HERE}:fumibako-${{Stage}}{name.removeprefix(self.queue_prefix)}"


# The tenant that a session's tag names.
TENANT: Final = "${aws:PrincipalTag/TenantId}"
BUCKET: Final = "arn:${AWS::Partition}:s3:::${BlobsBucket}"
OBJECTS: Final = f"{BUCKET}/*"
OWN_OBJECTS: Final = f"{BUCKET}/{TENANT}/*"
ROLE: Final = "${TenantRoleArn}"
TOPIC: Final = "${EventsTopicArn}"
SENDERS: Final = f"arn:${{AWS::Partition}}:ses:{_HERE}:identity/*"
_WRITES: Final = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
# Operation -> (action, is it about an object), for those whose right has another name.
_S3: Final[dict[str, tuple[tuple[str, bool], ...]]] = {
    "AbortMultipartUpload": (("s3:AbortMultipartUpload", True),),
    "CompleteMultipartUpload": (("s3:PutObject", True),),
    "CreateMultipartUpload": (("s3:PutObject", True),),
    # Without ListBucket an object that is not there answers 403, which nothing tells from a refusal.
    "HeadObject": (("s3:GetObject", True), ("s3:ListBucket", False)),
    "ListMultipartUploads": (("s3:ListBucketMultipartUploads", False),),
    "ListObjectVersions": (("s3:ListBucketVersions", False),),
    "ListParts": (("s3:ListMultipartUploadParts", True),),
    "PutObject": (("s3:PutObject", True),),
    "UploadPart": (("s3:PutObject", True),),
}
# What S3 asks KMS for in the caller's name, by operation; HeadObject because of ChecksumMode.
_S3_KEYS: Final = {
    "CompleteMultipartUpload": ("kms:Decrypt",),
    "CreateMultipartUpload": ("kms:GenerateDataKey",),
    "GetObject": ("kms:Decrypt",),
    "HeadObject": ("kms:Decrypt",),
    "PutObject": ("kms:GenerateDataKey",),
    "UploadPart": ("kms:Decrypt", "kms:GenerateDataKey"),
}


def grants(places: Places, service: str, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    """The rights that one call uses. Raises KeyError for a call that is new here: look its rights up and add them."""
    yield from _BY_SERVICE[service](places, operation, asked)


def grants_of_tenant(
    places: Places, tenant: str, service: str, operation: str, asked: Mapping[str, Any]
) -> Iterator[Grant]:
    """The rights that one call by a session of ``tenant`` uses, with that tenant as IAM's variable. Raises as ``grants``."""
    assert service in ("dynamodb", "s3", "kms"), operation
    assert _whose(service, operation, asked) <= {tenant, *_OF_NO_TENANT}, (operation, asked)
    for one in grants(places, service, operation, asked):
        if one.resource == BUCKET:
            continue  # Without the right to list, S3 answers 403 for what is not there; the blob store takes that for an answer.
        if one.via:
            yield replace(one, tenant=TENANT)
        elif service == "dynamodb":
            yield replace(one, key=f"{TENANT}{one.key[1:]}" if one.key.startswith("*") else one.key, tenant=TENANT)
        elif service == "kms":
            yield replace(one, tenant=TENANT)
        else:
            yield replace(one, resource=OWN_OBJECTS)


def _whose(service: str, operation: str, asked: Mapping[str, Any]) -> set[str]:
    """The tenants, and the words of ours, that a call's keys begin with."""
    if service == "dynamodb":
        return {pk.partition("#")[0] for _, _, pk in _item_calls(operation, asked)}
    return {asked["Key"].partition("/")[0]} if service == "s3" else {asked["EncryptionContext"]["tenant"]}


def _dynamodb(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    for action, table, pk in _item_calls(operation, asked):
        yield Grant(f"dynamodb:{action}", places.table(table), key=_pattern(pk))
        yield Grant("kms:Decrypt", places.table_key(table), via="dynamodb")


def _item_calls(operation: str, asked: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(action, table, partition key) of each item that a call touches."""
    if operation == "TransactWriteItems":
        for item in asked["TransactItems"]:
            ((kind, about),) = item.items()
            yield _WRITES[kind], about["TableName"], (about.get("Key") or about["Item"])["pk"]["S"]
    elif operation == "BatchGetItem":
        for table, about in asked["RequestItems"].items():
            yield from (("BatchGetItem", table, key["pk"]["S"]) for key in about["Keys"])
    elif operation == "BatchWriteItem":
        for table, writes in asked["RequestItems"].items():
            yield from (("BatchWriteItem", table, one["DeleteRequest"]["Key"]["pk"]["S"]) for one in writes)
    elif operation == "Query":
        (value,) = [v["S"] for v in list(asked["ExpressionAttributeValues"].values())[:1]]
        yield operation, asked["TableName"], value
    else:
        yield operation, asked["TableName"], asked["Key"]["pk"]["S"]


def _pattern(pk: str) -> str:
    """``acme#tr#tr_01...`` -> ``*#tr#*``; keys of no tenant begin with their kind."""
    first, _, rest = pk.partition("#")
    if first in _OF_NO_TENANT and first != "lease":
        return f"{first}#*"
    # Leases are of several kinds, and one of those is what a stranger's address has left.
    whose = first if first == "lease" else "*"
    kind, more, _ = rest.partition("#")
    return f"{whose}#{kind}#*" if more else f"{whose}#{kind}"


_OF_NO_TENANT: Final = frozenset(("clock", "domain", "due", "lease", "outbox", "tenants", "host"))


def _s3(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    if operation == "GetObject":
        named: tuple[tuple[str, bool], ...] = (
            ("s3:GetObjectVersion" if asked.get("VersionId") else "s3:GetObject", True),
        )
    elif operation == "DeleteObjects":
        pinned = {bool(one.get("VersionId")) for one in asked["Delete"]["Objects"]}
        named = tuple(("s3:DeleteObjectVersion" if one else "s3:DeleteObject", True) for one in sorted(pinned))
    else:
        named = _S3[operation]
        if operation == "HeadObject" and asked.get("VersionId"):
            named = (("s3:GetObjectVersion", True), *named[1:])
    yield from (Grant(action, OBJECTS if is_object else BUCKET) for action, is_object in named)
    yield from (Grant(action, "${BlobsKeyArn}", via="s3") for action in _S3_KEYS.get(operation, ()))


def _kms(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    purpose = asked.get("EncryptionContext", {}).get("purpose", "")
    yield Grant(f"kms:{operation}", places.key(asked["KeyId"]), purpose=purpose)


def _sts(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    assert operation == "AssumeRole"
    assert asked["RoleArn"] in {places.role(service) for service in SERVICES}, asked
    yield from (Grant(f"sts:{action}", ROLE) for action in ("AssumeRole", "TagSession"))


def _sns(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    yield Grant({"PublishBatch": "sns:Publish"}[operation], TOPIC)
    yield from (Grant(action, "${EventsKeyArn}", via="sns") for action in ("kms:Decrypt", "kms:GenerateDataKey"))


def _sqs(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    name = asked.get("QueueName") or asked["QueueUrl"].rpartition("/")[2]
    yield Grant(f"sqs:{operation.removesuffix('Batch')}", places.queue(name))
    at_rest = {"ReceiveMessage": ("kms:Decrypt",), "SendMessage": ("kms:Decrypt", "kms:GenerateDataKey")}
    yield from (Grant(action, "${EventsKeyArn}", via="sqs") for action in at_rest.get(operation, ()))


def _sesv2(places: Places, operation: str, asked: Mapping[str, Any]) -> Iterator[Grant]:
    assert (operation, set(asked["Content"])) == ("SendEmail", {"Raw"})
    # SES judges a raw message by the right of the older operation too.
    yield from (Grant(f"ses:{action}", SENDERS) for action in ("SendEmail", "SendRawEmail"))


_BY_SERVICE: Final = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "kms": _kms,
    "sns": _sns,
    "sqs": _sqs,
    "sesv2": _sesv2,
    "sts": _sts,
}
