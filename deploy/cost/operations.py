"""Which price an operation of AWS has, and by what it is counted. What is free is named here too: an operation that nobody thought of must not cost nothing.

Sources: the pages in the price file. DELETE requests of S3 and calls of STS cost nothing; SNS counts messages of at most 64 KB, here each message of a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from deploy.errors import Refused

# requests: the operation itself. items: what it was about. units: DynamoDB's, which the recording has in all and not by operation.
Counted = Literal["requests", "items", "units"]


@dataclass(frozen=True)
class Priced:
    """``price`` is a name of the price file; empty for what is free."""

    price: str
    by: Counted = "requests"


_FREE: Final = Priced("")
_READ_UNITS: Final = Priced("dynamodb-read-unit", "units")
_WRITE_UNITS: Final = Priced("dynamodb-write-unit", "units")
_S3_WRITE: Final = Priced("s3-write-request")
_S3_READ: Final = Priced("s3-read-request")
_KMS: Final = Priced("kms-request")
_KMS_CURVE: Final = Priced("kms-asymmetric-request")
_SQS: Final = Priced("sqs-request")

OPERATIONS: Final[Mapping[str, Priced]] = {
    **{f"dynamodb:{name}": _READ_UNITS for name in ("BatchGetItem", "GetItem", "Query")},
    **{
        f"dynamodb:{name}": _WRITE_UNITS
        for name in ("BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem")
    },
    **{f"kms:{name}": _KMS for name in ("Decrypt", "GenerateDataKey", "GenerateMac")},
    **{f"kms:{name}": _KMS_CURVE for name in ("GetPublicKey", "Sign")},
    **{
        f"s3:{name}": _S3_WRITE
        for name in (
            "CompleteMultipartUpload",
            "CreateMultipartUpload",
            "ListMultipartUploads",
            "ListObjectVersions",
            "ListObjectsV2",
            "ListParts",
            "PutObject",
            "UploadPart",
        )
    },
    **{f"s3:{name}": _S3_READ for name in ("GetObject", "HeadObject")},
    **{f"s3:{name}": _FREE for name in ("AbortMultipartUpload", "DeleteObject", "DeleteObjects")},
    "ses:SendEmail": Priced("ses-message"),
    "sns:Publish": Priced("sns-message", "items"),
    "sns:PublishBatch": Priced("sns-message", "items"),
    **{
        f"sqs:{name}": _SQS
        for name in (
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        )
    },
    "sts:AssumeRole": _FREE,
}


def priced(operation: str) -> Priced:
    """What an operation is counted and paid by. Raises Refused("operation_unpriced")."""
    found = OPERATIONS.get(operation)
    if found is None:
        raise Refused(
            "operation_unpriced",
            f"Nobody has said what `{operation}` costs.",
            "Add it to deploy/cost/operations.py, with its price or as free, and the page that says so.",
        )
    return found
