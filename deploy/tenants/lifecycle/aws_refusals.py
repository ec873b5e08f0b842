"""What AWS says to the steps, in the words of the command. The lists are of each service's "Common errors" and API pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import ClientError, NoCredentialsError

from deploy.account import ENDED
from deploy.errors import Refused
from deploy.tenants.lifecycle.world import UnderWay

_QUOTA: Final = frozenset(
    {
        "AccountLimitExceededException",
        "CONSTRAINT_VIOLATION",
        "ConstraintViolationException",
        "HostedZoneLimitExceeded",
        "LimitExceededException",
        "LimitExceeded",
        "ServiceQuotaExceededException",
        "TooManyStacks",
    }
)
_BUSY: Final = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "OperationInProgressException",
        "PriorRequestNotComplete",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@contextmanager
def told() -> Iterator[None]:
    """Raises Refused (credentials_expired, credentials_missing, quota_reached) or UnderWay for what means that; all else passes up."""
    try:
        yield
    except NoCredentialsError as error:
        raise Refused("credentials_missing", "There are no credentials.", "Name a profile with --profile.") from error
    except ClientError as error:
        code = code_of(error)
        if code in ENDED:
            raise Refused(
                "credentials_expired",
                "The credentials have ended.",
                "Sign in again and repeat; what was done stays done.",
            ) from error
        if code in _QUOTA:
            raise Refused(
                "quota_reached",
                f"AWS refuses more: {error.response['Error'].get('Message', code)}.",
                "Ask for a higher quota in Service Quotas, then repeat.",
            ) from error
        if code in _BUSY:
            raise UnderWay(f"AWS is busy ({code})") from error
        raise


def code_of(error: ClientError) -> str:
    """The service's own code."""
    return str(error.response["Error"]["Code"])
