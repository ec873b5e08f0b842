"""Which consumer has something to do for an event. A queue that knows this spares rows, and the work of passing them by."""

from typing import Final

from chalicelib.domain.events import Event

# What on_transfer_event acts on; a test holds the two together.
TRANSFERS: Final = frozenset(
    (
        "transfer.completed.v1",
        "transfer.ready.v1",
        "transfer.recipients_added.v1",
        "transfer.closed.v1",
        "guest.verified.v1",
        "member.removed.v1",
    )
)
# Closed by the sweeper, which goes on to destroy it in the same breath and keeps the due item until that is done.
_SWEPT: Final = frozenset(("expired", "abandoned"))

# Mails that tell when all is over: nobody waits for them, and after a large expiry there are many.
PATIENT: Final = frozenset(("transfer.destroyed.v1",))


def wanted(consumer: str, event: Event) -> bool:
    """Whether a consumer acts on an event: reporting on every one, notifications where something is sealed for it."""
    if consumer == "transfers":
        swept = event.type == "transfer.closed.v1" and event.data.get("reason") in _SWEPT
        return event.type in TRANSFERS and not swept
    if consumer == "notifications":
        return consumer in event.sealed
    return True


def patient(consumer: str, event: Event) -> bool:
    """Whether a mail may wait: a one-time code must not stand behind 100,000 notices."""
    return consumer == "notifications" and event.type in PATIENT
