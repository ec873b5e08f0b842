"""Which botocore errors mean "not now": the one list that the AWS adapters share. Everything else passes up unchanged.

Codes are from each service's "Common errors" page; botocore has tried again by itself before any of these arrives here.
"""

from typing import Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectionFailed

_AWAY: Final = frozenset(
    {
        "DependencyTimeoutException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "KMSInternalException",
        "KmsThrottled",
        "KeyUnavailableException",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


def error_code(error: object) -> str:
    """The service's own code, or an empty string for what is not a service's answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_away(error: object) -> bool:
    """Whether the service can't be reached, is overloaded, or failed by its own fault (5xx)."""
    if isinstance(error, ConnectionFailed | HTTPClientError):
        return True
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in _AWAY or int(status) >= 500
