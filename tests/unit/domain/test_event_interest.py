"""Who wants which event: what a queue leaves out must be nothing that its consumer would have acted on."""

import ast
import inspect

import pytest

from chalicelib.domain.event_interest import PATIENT, TRANSFERS, patient, wanted
from chalicelib.domain.events import Event
from chalicelib.domain.mails import KINDS
from chalicelib.domain.transfer import Reason
from chalicelib.use_cases.clearing import on_transfer_event
from tests.fakes.context import FakeContext


def event(type: str, *, sealed: dict[str, bytes] | None = None, **data: str) -> Event:  # noqa: A002
    return Event("ev_1", type, "acme", "tr_01kdv0000000000000000000a1", 1, 0, data, sealed or {})


def test_transfers_is_brought_exactly_what_it_acts_on() -> None:
    tree = ast.parse(inspect.getsource(on_transfer_event))
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert {name for name in named if name.endswith(".v1")} == TRANSFERS
    for name in sorted(TRANSFERS):
        assert wanted("transfers", event(name))
    assert not wanted("transfers", event("transfer.destroyed.v1"))


@pytest.mark.parametrize("reason", sorted(Reason))
def test_a_closed_transfer_is_destroyed_by_the_event_unless_the_sweeper_is_at_it(reason: Reason) -> None:
    swept = reason in (Reason.EXPIRED, Reason.ABANDONED)
    assert wanted("transfers", event("transfer.closed.v1", reason=str(reason))) is not swept


@pytest.mark.parametrize("reason", [Reason.EXPIRED, Reason.REVOKED])
def test_what_the_sweeper_closed_is_left_to_it_even_where_the_event_comes(reason: Reason) -> None:
    ctx = FakeContext()
    on_transfer_event.on_transfer_event(ctx, event("transfer.closed.v1", reason=str(reason)))
    assert sum(ctx.records.calls.values()) == (0 if reason is Reason.EXPIRED else 1)


def test_notifications_is_brought_what_has_something_sealed_for_it() -> None:
    assert wanted("notifications", event("transfer.ready.v1", sealed={"notifications": b"x"}))
    assert not wanted("notifications", event("transfer.ready.v1", sealed={"reporting": b"x"}))


def test_reporting_is_brought_everything() -> None:
    assert wanted("reporting", event("any.thing.v7"))


def test_only_mails_can_wait_and_none_that_is_waited_for() -> None:
    assert set(KINDS) >= PATIENT
    assert not PATIENT & {"challenge.issued.v1", "recipient.invited.v1", "member.invited.v1"}
    assert patient("notifications", event("transfer.destroyed.v1"))
    assert not patient("reporting", event("transfer.destroyed.v1"))
