"""What PynamoDB's exceptions become; the only place that knows. Sources: the error lists of the DynamoDB API reference.

PynamoDB wraps botocore's exception as ``cause``; a cancelled transaction lists one reason per item, None where the item was fine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib.adapters.aws_errors import is_away
from chalicelib.domain.errors import Conflict, Refused, StoreAway, StoreFull

_BUSY: Final = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})
_FULL: Final = frozenset({"ItemCollectionSizeLimitExceeded", "ItemCollectionSizeLimitExceededException"})


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreAway and StoreFull instead of PynamoDB's exceptions; those not known here pass up."""
    try:
        yield
    except PynamoDBException as error:
        known = _known(error)
        if known is None:
            raise
        raise known from error


def cancelled(error: TransactWriteError, positions: Sequence[int | None]) -> Refused | None:
    """What a cancelled transaction means; None where nobody knows. ``positions``: the caller's position of each item sent."""
    reasons = error.cancellation_reasons
    failed = [
        position
        for position, reason in zip(positions, reasons, strict=False)
        if reason is not None and reason.code == "ConditionalCheckFailed" and position is not None
    ]
    codes = {reason.code for reason in reasons if reason is not None}
    if failed:
        return Conflict(failed=tuple(sorted(failed)))
    if codes & _FULL:
        return StoreFull()
    if codes & _BUSY:
        return StoreAway()
    if any(_is_size(reason.message) for reason in reasons if reason is not None and reason.code == "ValidationError"):
        return Refused("record_too_large", "A record with its key has at most 390,000 bytes.")
    return None


def met_another_transaction(error: TransactWriteError) -> bool:
    """Whether nothing failed but that another transaction touched the same items at the same moment."""
    return {reason.code for reason in error.cancellation_reasons if reason is not None} == {"TransactionConflict"}


def _known(error: PynamoDBException) -> Refused | None:
    # PynamoDB copies the service's answer without its HTTP status; the copied one stands behind as the cause's own cause.
    causes = (error.cause, getattr(error.cause, "__cause__", None))
    if any(is_away(cause) for cause in causes):
        return StoreAway()
    if error.cause_response_code in _FULL:
        return StoreFull()
    if error.cause_response_code == "ValidationException" and _is_size(error.cause_response_message):
        return Refused("record_too_large", "A record with its key has at most 390,000 bytes.")
    return None


def _is_size(message: str | None) -> bool:
    # "Item size has exceeded ..." on a put, "Item size to update has exceeded ..." on an update.
    return message is not None and message.startswith("Item size") and "exceeded the maximum" in message
