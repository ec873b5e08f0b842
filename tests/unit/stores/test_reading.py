"""Reads that were made lean answer what the plain way answers."""

import pytest

from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.transfer import Reason, Scan, State, Transfer
from chalicelib.ports.record_store import Key, Record
from chalicelib.stores.recipients_store import (
    get_recipients,
    get_recipients_and_states,
    get_states,
    get_states_of,
    recipient_puts,
    state_put,
)
from chalicelib.stores.transfer_store import transfer_body, transfer_from
from tests.fakes.record_store import FakeRecordStore
from tests.unit.domain.transfers import transfer


def stored(head: Transfer, **more: object) -> Record:
    return Record(Key("acme#tr#x", "head"), 7, {**transfer_body(head), **more})


@pytest.mark.parametrize("state", sorted(State))
def test_a_head_equals_one_that_its_class_made(state: State) -> None:
    closed = state in (State.CLOSED, State.DESTROYING, State.DESTROYED)
    head = transfer(version=7, state=state, reason=Reason.EXPIRED if closed else None, scan=Scan.CLEAN)
    read = transfer_from(stored(head))
    assert read == head == Transfer(**vars(read))
    assert hash(read) == hash(head)
    assert repr(read) == repr(head)


def test_members_of_a_newer_version_are_left_aside() -> None:
    head = transfer(version=7)
    assert vars(transfer_from(stored(head, later="x"))) == vars(head)


def test_a_head_without_what_every_head_has_is_refused() -> None:
    record = stored(transfer())
    del record.body["owner"]
    with pytest.raises(TypeError, match="owner"):
        transfer_from(record)


def test_recipients_with_their_states_in_one_read() -> None:
    records = FakeRecordStore()
    entries = [RecipientEntry(f"rc_{n}", f"{n}@example.com", "", "ja") for n in range(300)]
    records.transact(recipient_puts("acme", "tr_1", entries))
    records.transact([state_put("acme", "tr_1", RecipientState("rc_7", state="downloaded", downloads=2))])
    records.calls.clear()
    found, states = get_recipients_and_states(records, "acme", "tr_1")
    assert records.calls == {"query": 1}
    assert found == get_recipients(records, "acme", "tr_1") == entries
    assert states == get_states(records, "acme", "tr_1", [one.id for one in entries])


def test_states_of_several_subjects_in_one_read() -> None:
    records = FakeRecordStore()
    for subject in ("tr_1", "tr_2"):
        records.transact([state_put("acme", subject, RecipientState(f"rc_{subject}", state="invited"))])
    records.calls.clear()
    found = get_states_of(records, "acme", [("tr_1", "rc_tr_1"), ("tr_2", "rc_tr_2"), ("tr_2", "rc_none")])
    assert records.calls == {"get_many": 1}
    assert {name: one.state for name, one in found.items()} == {
        "rc_tr_1": "invited",
        "rc_tr_2": "invited",
        "rc_none": "waiting",
    }
