"""What the transfers service does when something happened: the consumer ``transfers`` of the event bus.

Every step judges the state it finds, so an event that comes twice, late or out of order does nothing wrong. Events of other kinds are
ignored, and a queue that knows domain/event_interest.py does not bring them. A store or scanner that is away raises StoreAway: the bus brings the event again.
"""

from dataclasses import replace

from chalicelib.domain.errors import NotFound
from chalicelib.domain.event_interest import wanted
from chalicelib.domain.events import Event
from chalicelib.domain.ids import is_id
from chalicelib.stores.recipients_store import get_state, state_put
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.clearing.check_transfer import check_transfer
from chalicelib.use_cases.clearing.invite_recipients import invite_recipients
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.destroy_transfer import destroy_transfer
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.requesting.issue_receipt import issue_receipt
from chalicelib.use_cases.sending.forget_sender import forget_sender
from chalicelib.use_cases.sending.index_transfer import index_transfer
from chalicelib.use_cases.sending.remember_recipients import remember_recipients


def on_transfer_event(ctx: Context, event: Event) -> None:
    """Act on one event. Raises StoreAway; anything else that is raised is a fault and goes to the dead letters in time."""
    if not wanted("transfers", event):
        # A topic brings everything. What the sweeper closed it destroys itself: a second destroyer at the same moment does all of it again and loses at the end.
        return
    if event.type == "member.removed.v1":
        forget_sender(ctx, event.tenant, event.subject)
    if not is_id(event.subject, "tr"):
        return
    if event.type == "transfer.completed.v1":
        _completed(ctx, event)
    elif event.type in ("transfer.ready.v1", "transfer.recipients_added.v1"):
        invite_recipients(ctx, event.tenant, event.subject)
        if event.type == "transfer.recipients_added.v1":
            _note(ctx, event)
    elif event.type == "transfer.closed.v1":
        destroy_transfer(ctx, event.tenant, event.subject)
    elif event.type == "guest.verified.v1":
        _opened(ctx, event)


def _completed(ctx: Context, event: Event) -> None:
    try:
        head = get_transfer(ctx.records, event.tenant, event.subject)
    except NotFound:
        return
    if head.request is not None and head.completed_at is not None:
        issue_receipt(ctx, head)
    check_transfer(ctx, event.tenant, event.subject)
    _note(ctx, event)


def _note(ctx: Context, event: Event) -> None:
    """What its sender finds it by later; nobody waits for this."""
    index_transfer(ctx, event.tenant, event.subject)
    remember_recipients(ctx, event.tenant, event.subject)


def _opened(ctx: Context, event: Event) -> None:
    """The recipient proved who they are: shown to the sender as ``opened``."""
    recipient = event.data.get("recipient")
    if not is_id(recipient, "rc"):
        return

    def act() -> None:
        state = get_state(ctx.records, event.tenant, event.subject, str(recipient))
        if state.version and state.state == "invited":
            ctx.records.transact([state_put(event.tenant, event.subject, replace(state, state="opened"))])

    until_written(act)
