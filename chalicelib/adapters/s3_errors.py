"""What S3 and its SDK say, told in the words of the blob store's contract; every other error passes up unchanged.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. A HEAD has no body, so its code is the HTTP status.
The codes of full stores are those of S3-compatible servers (MinIO, Ceph); AWS itself never fills up.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own: no route, refused, timed out
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

from chalicelib.domain.errors import NotFound, StoreAway, StoreFull

AWAY = frozenset(
    {
        "SlowDown",
        "ServiceUnavailable",
        "InternalError",
        "RequestTimeout",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "500",
        "502",
        "503",
        "504",
    }
)
FULL = frozenset({"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"})
# MethodNotAllowed: the version is a delete marker. 412: the bytes under an unversioned key are others than were pinned.
ABSENT = frozenset(
    {"NoSuchKey", "NoSuchVersion", "NotFound", "404", "MethodNotAllowed", "405", "PreconditionFailed", "412"}
)


def code_of(error: ClientError) -> str:
    """S3's own word for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status of the answer; 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def translated() -> Iterator[None]:
    """Raise StoreAway, StoreFull or NotFound from the SDK's errors that mean them."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        # A balancer in front answers with a page, which holds no code of S3.
        if code in AWAY or (not code and status_of(error) >= 500):
            raise StoreAway from error
        if code in FULL:
            raise StoreFull from error
        if code in ABSENT:
            raise NotFound from error
        raise
    except (ConnectionError, HTTPClientError, ResponseStreamingError, IncompleteReadError) as error:
        raise StoreAway from error
