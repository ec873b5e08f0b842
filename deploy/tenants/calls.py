"""What an API call asks of IAM: one call becomes one or more (action, resource, condition keys).

From the Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/) of DynamoDB, S3, KMS and STS, and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html. Whether DynamoDB shows IAM the keys of a
transaction one item at a time or all of one action together is not written there, so both are asked, and both must be allowed. [P tenant-transactions]
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from deploy.tenants.asking import Asked, CallUnknown, Parameters, Place
from deploy.tenants.calls_dynamodb import dynamodb
from deploy.tenants.policy.matching import Value

__all__ = ["Asked", "CallUnknown", "Place", "asked"]


def asked(service: str, operation: str, parameters: Parameters, place: Place) -> list[Asked]:
    """Everything that IAM must allow before the call is done. Raises CallUnknown."""
    maker = _SERVICES.get(service)
    if maker is None:
        raise CallUnknown(f"{service}:{operation}")
    found = list(maker(operation, parameters, place))
    if not found:
        raise CallUnknown(f"{service}:{operation}")
    return found


def _s3(operation: str, call: Parameters, place: Place) -> Iterator[Asked]:
    bucket, key = call["Bucket"], call.get("Key", "")
    if operation in _OBJECT_ACTIONS:
        action = _OBJECT_ACTIONS[operation]
        versioned = action in ("GetObject", "DeleteObject") and "VersionId" in call
        yield Asked(f"s3:{action}Version" if versioned else f"s3:{action}", place.object(bucket, key))
    elif operation == "DeleteObjects":
        for one in call["Delete"]["Objects"]:
            action = "DeleteObjectVersion" if "VersionId" in one else "DeleteObject"
            yield Asked(f"s3:{action}", place.object(bucket, one["Key"]))
    elif operation in _BUCKET_ACTIONS:
        prefixed: dict[str, Value] = {"s3:prefix": call["Prefix"]} if "Prefix" in call else {}
        # The reference lists no s3:prefix for multipart uploads: who may list those lists all of a bucket.
        context = {} if operation == "ListMultipartUploads" else prefixed
        yield Asked(f"s3:{_BUCKET_ACTIONS[operation]}", place.object(bucket), context)


_OBJECT_ACTIONS: Final = {
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
    "DeleteObject": "DeleteObject",
}
_BUCKET_ACTIONS: Final = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
}


def _kms(operation: str, call: Parameters, place: Place) -> Iterator[Asked]:
    context: dict[str, Value] = {
        f"kms:EncryptionContext:{name}": value for name, value in call.get("EncryptionContext", {}).items()
    }
    if context:
        context["kms:EncryptionContextKeys"] = tuple(call["EncryptionContext"])
    yield Asked(f"kms:{operation}", place.key(call["KeyId"]), context)


def _sts(operation: str, call: Parameters, _place: Place) -> Iterator[Asked]:
    if operation != "AssumeRole":
        return
    tags = {tag["Key"]: tag["Value"] for tag in call.get("Tags", [])}
    context: dict[str, Value] = {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    context["sts:RoleSessionName"] = call["RoleSessionName"]
    if tags:
        context["aws:TagKeys"] = tuple(tags)
    if call.get("TransitiveTagKeys"):
        context["sts:TransitiveTagKeys"] = tuple(call["TransitiveTagKeys"])
    yield Asked("sts:AssumeRole", call["RoleArn"], context)
    if tags:
        yield Asked("sts:TagSession", call["RoleArn"], context)


_SERVICES: Final[Mapping[str, Callable[[str, Parameters, Place], Iterator[Asked]]]] = {
    "dynamodb": dynamodb,
    "s3": _s3,
    "kms": _kms,
    "sts": _sts,
}
