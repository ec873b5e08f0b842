"""What is written when a check, or later an approval, has decided: held, ready, stopped or closed, with events and due items."""

from chalicelib.domain.events import Event
from chalicelib.domain.transfer import Reason, State, Transfer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.index_store import state_lines
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.use_cases.clearing.make_ready import hold_writes, ready_writes
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.closing import closing


def decided_writes(
    ctx: Context, before: Transfer, after: Transfer, *, actor: str
) -> tuple[list[Operation], list[Event]]:
    """The writes of a transfer that left ``checking`` (or a stop) as ``after``, which still has the version of ``before``."""
    if after.state is State.CLOSED:
        return _closed(ctx, before, after, actor=actor)
    operations: list[Operation] = [transfer_put(after), *state_lines(before, after)]
    events: list[Event] = []
    beside = None
    if after.state is State.HELD:
        beside = hold_writes(ctx, after, actor=actor)
    elif after.state is State.READY:
        beside = ready_writes(ctx, after, actor=actor)
    if beside is not None:
        operations += beside.operations
        events += beside.events
    return operations, events


def _closed(ctx: Context, before: Transfer, after: Transfer, *, actor: str) -> tuple[list[Operation], list[Event]]:
    made = closing(ctx, before, after.reason or Reason.INFECTED, actor=actor)
    # The closing decides moment, lines and due item; the scan comes from the check.
    operations: list[Operation] = [transfer_put(after), *made.operations[1:]]
    return operations, list(made.events)
