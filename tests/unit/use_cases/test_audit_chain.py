"""Blocks and signed roots: nothing lost or doubled by a crash, nothing changed unseen, erasing people breaks nothing."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Delete, Key, Operation, Put
from chalicelib.stores.audit_store import due_tenants, get_audit_head, list_roots
from chalicelib.use_cases.key_statement import root_fingerprint
from chalicelib.use_cases.leases import claim
from chalicelib.use_cases.reporting.check_audit import BLOCKS, check_audit
from chalicelib.use_cases.reporting.erase_personal import ErasePersonal, erase_personal
from chalicelib.use_cases.reporting.form_blocks import form_blocks
from chalicelib.use_cases.reporting.sign_audit_roots import sign_audit_roots
from fumibako_format.errors import ProofInvalid, SignerUnknown
from fumibako_format.proofs import check_audit_chain, commitment, verify_audit_chain
from tests.fakes.context import FakeContext
from tests.unit.use_cases.auditing import ADDRESS, Register, overseer
from tests.unit.use_cases.sending import TENANT


def block_key(number: int) -> Key:
    return Key(f"{TENANT}#audit#blocks", f"{number:012d}")


def signed(*counts: int) -> Register:
    """A register whose chain has blocks of so many entries, and a root over them."""
    register = Register()
    for count in counts:
        register.log(*register.events(count, personal={"address": ADDRESS}))
        register.form()
    assert sign_audit_roots(register.ctx) == 1
    register.ctx.records.outbox.clear()
    return register


def rewrite(ctx: FakeContext, number: int, **changes: Any) -> None:
    record = ctx.records.get(block_key(number))
    assert record is not None
    ctx.records.transact([Put(record.key, record.body | changes)])


def broken(register: Register) -> str:
    with pytest.raises(Refused) as refused:
        check_audit(register.ctx, overseer(), from_block=1)
    assert refused.value.code == "audit_broken"
    return refused.value.detail


def test_what_waits_becomes_a_block() -> None:
    register = Register()
    events = register.events(3)
    register.log(*events)
    assert register.form() == 3
    (block,) = register.export()["blocks"]
    assert [entry["id"] for entry in block["entries"]] == [event.id for event in events]
    assert block["entries"][0] == {
        "id": events[0].id,
        "at": "2026-01-01T00:00:00.000Z",
        "actor": "mb_1",
        "action": "transfer.created",
        "subject": "tr_1",
        "data": {"files": 2},
        "commitments": {},
    }
    assert list(due_tenants(register.ctx.records, "audit")) == []
    assert register.form() == 0


def test_90_that_wait_make_a_block_at_once_and_the_rest_waits() -> None:
    register = Register()
    for count in (30, 30, 29):
        register.log(*register.events(count))
    assert get_audit_head(register.ctx.records, TENANT).sequence == 0
    register.log(*register.events(5))
    assert get_audit_head(register.ctx.records, TENANT).position == 90
    assert register.form() == 4
    assert check_audit_chain(register.export()["blocks"]).entries == 94


def test_a_burst_is_logged_and_formed_in_one_transaction() -> None:
    register = Register()
    events = register.events(45)
    assert register.log(*events) == set()
    assert register.ctx.records.calls["transact"] == 1
    (block,) = register.export()["blocks"]
    assert [entry["id"] for entry in block["entries"]] == [event.id for event in events]
    assert check_audit_chain([block]).entries == 45
    assert list(due_tenants(register.ctx.records, "audit")) == []
    assert list(due_tenants(register.ctx.records, "audit-roots")) == [TENANT]
    assert register.form() == 0
    rows = [row for key, row in register.ctx.records.rows.items() if key.pk == f"{TENANT}#events"]
    assert len(rows) == 45
    assert all(row.version == 1 and row.purge_after is not None for row in rows)


def test_what_waits_when_a_burst_comes_goes_before_it() -> None:
    register = Register()
    few, many = register.events(3), register.events(100)
    register.log(*few)
    register.log(*many)
    blocks = register.export()["blocks"]
    assert [block["count"] for block in blocks] == [3, 48, 48]
    assert register.form() == 4
    assert register.ids()[::-1] == [event.id for event in (*few, *many)]
    check_audit_chain(register.export()["blocks"])


def test_a_burst_that_comes_again_or_meets_another_writer_is_in_the_chain_once() -> None:
    register = Register()
    events = register.events(60)
    others = register.events(5)
    transact = register.ctx.records.transact

    def second(operations: Sequence[Operation], of_events: Sequence[Event] = ()) -> None:
        register.ctx.records.transact = transact  # type: ignore[method-assign]
        assert register.log(*others, *events[:10]) == set()
        assert form_blocks(register.ctx, TENANT, holder="other") == 15
        transact(operations, of_events)

    register.ctx.records.transact = second  # type: ignore[method-assign]
    assert register.log(*events) == set()
    assert register.log(*events) == set()
    register.form()
    assert sorted(register.ids()) == sorted(event.id for event in (*events, *others))
    check_audit_chain(register.export()["blocks"])


def test_large_entries_make_smaller_blocks_and_what_is_too_large_is_left_out() -> None:
    register = Register()
    large = [register.event(data={"names": ["x" * 7_000]}) for _ in range(50)]
    odd = [register.event(data={"names": ["x" * 9_000]}), register.event(data={"bytes": 2**53})]
    assert register.log(*large, *odd) == set()
    assert register.form() == 52
    blocks = register.export()["blocks"]
    assert [block["count"] for block in blocks] == [40, 12]
    assert [entry["data"] for entry in blocks[-1]["entries"][-2:]] == [{"left_out": True}] * 2
    check_audit_chain(blocks)


def test_a_crash_while_a_block_is_written_loses_and_doubles_nothing() -> None:
    register = Register()
    events = register.events(4)
    register.log(*events)

    def crash() -> None:
        if any("#audit#blocks" in key.pk for key in register.ctx.records.rows):
            raise SystemExit

    register.ctx.records.before_commit = crash
    with pytest.raises(SystemExit):
        register.form()
    register.ctx.records.before_commit = None
    assert register.export()["blocks"] == []
    register.ctx.clock.advance(60_001)  # the lease of the one who died
    assert register.form() == 4
    assert sorted(register.ids()) == [event.id for event in events]


def test_of_two_writers_one_forms() -> None:
    register = Register()
    register.log(*register.events(4))
    lease = claim(register.ctx, f"audit#{TENANT}", holder="other", next_after=lambda now: now)
    assert lease is not None
    assert register.form() == 0
    register.ctx.clock.advance(60_001)
    assert register.form() == 4


def test_a_writer_whose_lease_ended_meanwhile_writes_nothing() -> None:
    register = Register()
    events = register.events(4)
    register.log(*events)
    transact = register.ctx.records.transact

    def paused(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        if any(operation.key == block_key(1) for operation in operations):
            register.ctx.records.transact = transact  # type: ignore[method-assign]
            register.ctx.clock.advance(60_001)
            assert form_blocks(register.ctx, TENANT, holder="other") == 4
        transact(operations, events)

    register.ctx.records.transact = paused  # type: ignore[method-assign]
    assert form_blocks(register.ctx, TENANT, holder="paused") == 0
    assert sorted(register.ids()) == [event.id for event in events]


def test_an_event_between_look_and_unmark_is_not_forgotten() -> None:
    register = Register()
    register.log(register.event())
    late = register.event()
    transact = register.ctx.records.transact

    def meanwhile(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        if any(isinstance(one, Delete) and one.key.pk.startswith("due#audit#") for one in operations):
            register.ctx.records.transact = transact  # type: ignore[method-assign]
            register.log(late)
        transact(operations, events)

    register.ctx.records.transact = meanwhile  # type: ignore[method-assign]
    assert form_blocks(register.ctx, TENANT, holder="test") == 1
    assert list(due_tenants(register.ctx.records, "audit")) == [TENANT]
    assert register.form() == 1
    assert list(due_tenants(register.ctx.records, "audit")) == []


def test_one_tenants_trouble_holds_up_no_other() -> None:
    register = Register()
    register.log(register.event(), register.event(tenant="rival"))
    register.ctx.records.transact([Put(Key(f"{TENANT}#audit", "head"), {"unknown": 1})])
    assert register.form() == 1
    assert len(register.export(tenant="rival")["blocks"]) == 1


def test_a_row_that_vanished_is_told_by_the_chain_itself() -> None:
    register = Register()
    events = register.events(3)
    register.log(*events)
    register.ctx.records.transact([Delete(Key(f"{TENANT}#events", f"{2:015d}"))])
    assert register.form() == 3
    assert register.ids() == [events[2].id, "missing-2", events[0].id]
    assert register.lines()[1].entry["action"] == "audit.entry_missing"


def test_the_export_verifies_offline_with_the_noted_fingerprint() -> None:
    register = signed(3, 2)
    document = json.loads(json.dumps(register.export()))
    chain = verify_audit_chain(
        document["blocks"], roots=document["roots"], root_fingerprint=root_fingerprint(register.ctx)
    )
    assert (chain.tenant, chain.first, chain.last, chain.entries, chain.signed_through) == (TENANT, 1, 2, 5, 2)
    with pytest.raises(SignerUnknown):
        verify_audit_chain(document["blocks"], roots=document["roots"])
    with pytest.raises(ProofInvalid):
        verify_audit_chain(document["blocks"][:1], roots=document["roots"])


def test_an_export_of_many_pages_and_one_from_the_middle_verify() -> None:
    register = signed(*[1] * 23)
    fingerprint = root_fingerprint(register.ctx)
    for first in (1, 10, 23):
        document = register.export(first)
        chain = verify_audit_chain(document["blocks"], roots=document["roots"], root_fingerprint=fingerprint)
        assert (chain.first, chain.last, chain.signed_through) == (first, 23, 23)
    assert register.export(24) == {"blocks": [], "roots": []}


def test_a_root_is_signed_when_something_happened_and_a_root_alone_brings_no_other() -> None:
    register = Register()
    assert sign_audit_roots(register.ctx) == 0
    register.log(register.event())
    register.form()
    assert sign_audit_roots(register.ctx) == 1
    (event,) = register.drain()
    assert (event.type, event.subject, event.sequence) == ("audit.rooted.v1", TENANT, 1)
    head = get_audit_head(register.ctx.records, TENANT)
    assert event.data == {"actor": "system", "day": "2026-01-01", "root": head.hash, "blocks": 1}
    assert register.form() == 1
    assert sign_audit_roots(register.ctx) == 0
    register.log(register.event())
    register.form()
    register.ctx.clock.advance(86_400_000)
    assert sign_audit_roots(register.ctx) == 1
    assert register.drain()[0].data["blocks"] == 2
    roots, _ = list_roots(register.ctx.records, TENANT, limit=10, cursor=None)
    assert [(root.sequence, root.day) for root in roots] == [(3, "2026-01-02"), (1, "2026-01-01")]
    assert check_audit(register.ctx, overseer(), from_block=1).signed_through == 3


def test_a_block_that_is_written_while_a_root_is_signed_is_signed_too() -> None:
    register = Register()
    register.log(register.event())
    register.form()
    transact = register.ctx.records.transact

    def meanwhile(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        if any("#audit#roots" in operation.key.pk for operation in operations):
            register.ctx.records.transact = transact  # type: ignore[method-assign]
            register.log(register.event())
            register.form()
        transact(operations, events)

    register.ctx.records.transact = meanwhile  # type: ignore[method-assign]
    assert sign_audit_roots(register.ctx) == 1
    assert check_audit(register.ctx, overseer(), from_block=1).signed_through == 2
    assert list(due_tenants(register.ctx.records, "audit-roots")) == []


def test_the_check_goes_through_the_chain_in_steps_that_overlap() -> None:
    register = signed(*[1] * (BLOCKS + 3))
    first = check_audit(register.ctx, overseer(), from_block=1)
    assert (first.first, first.last, first.next, first.signed_through) == (1, BLOCKS, BLOCKS, None)
    rest = check_audit(register.ctx, overseer(), from_block=BLOCKS)
    assert (rest.first, rest.last, rest.entries, rest.next) == (BLOCKS, BLOCKS + 3, 4, None)
    assert rest.signed_through == BLOCKS + 3
    empty = check_audit(Register().ctx, overseer(), from_block=1)
    assert (empty.last, empty.entries, empty.next) == (0, 0, None)
    with pytest.raises(Refused, match="query_invalid"):
        check_audit(register.ctx, overseer(), from_block=BLOCKS + 4)


def test_a_changed_entry_is_noticed() -> None:
    register = signed(2, 2)
    entries = register.export()["blocks"][0]["entries"]
    rewrite(register.ctx, 1, entries=[entries[0] | {"actor": "mb_2"}, entries[1]])
    assert "block 1" in broken(register)


def test_a_removed_block_is_noticed() -> None:
    for number in (1, 2, 3):
        register = signed(1, 1, 1)
        register.ctx.records.transact([Delete(block_key(number))])
        assert f"block {number} is not there" in broken(register)


def test_a_chain_cut_at_its_end_is_noticed_even_with_its_head_put_back() -> None:
    register = signed(1, 1)
    head_key = Key(f"{TENANT}#audit", "head")
    head = register.ctx.records.get(head_key)
    block = register.export()["blocks"][1]
    assert head is not None
    register.ctx.records.transact(
        [Delete(block_key(2)), Put(head_key, head.body | {"sequence": 1, "hash": block["previous"]})]
    )
    part = register.export()
    assert part["roots"] == []
    with pytest.raises(SignerUnknown):  # nobody vouches for what is left
        verify_audit_chain(part["blocks"], roots=[], root_fingerprint=root_fingerprint(register.ctx))


def test_a_block_rewritten_with_a_right_hash_differs_from_what_was_signed() -> None:
    register = signed(1, 1)
    other = Register()
    other.log(other.event(actor="mb_2"))
    other.form()
    other.log(other.event())
    other.form()
    for block in other.export()["blocks"]:
        rewrite(register.ctx, block["sequence"], **block)
    assert "another chain" in broken(register)


def test_the_first_root_is_signed_with_a_key_that_was_stated_just_before(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register()
    register.log(register.event())
    register.form()
    clock = register.ctx.clock

    def ticking() -> int:
        clock.advance(1)
        return clock.now

    monkeypatch.setattr(clock, "now_ms", ticking)
    assert sign_audit_roots(register.ctx) == 1


def test_no_root_is_signed_over_a_broken_chain(caplog: pytest.LogCaptureFixture) -> None:
    register = signed(1)
    for _ in range(2):
        register.log(register.event())
        register.form()
    rewrite(register.ctx, 2, previous="1" * 64)
    assert sign_audit_roots(register.ctx) == 0
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "audit root not signed"
    ]
    assert list(due_tenants(register.ctx.records, "audit-roots")) == [TENANT]


def test_erasing_people_leaves_the_chain_as_it_was() -> None:
    register = signed(3, 2)
    before = register.export()
    assert [line.personal for line in register.lines()] == [{"address": ADDRESS}] * 5
    erased = erase_personal(register.ctx, overseer("admin"), ErasePersonal(subject="tr_1"), cursor=None)
    assert erased == (5, None)
    assert [line.personal for line in register.lines()] == [None] * 5
    assert register.export() == before
    assert check_audit(register.ctx, overseer(), from_block=1).signed_through == 2
    assert not any("#personal" in key.pk for key in register.ctx.records.rows)
    (event,) = register.drain()
    assert (event.type, event.data) == ("audit.personal_erased.v1", {"actor": "mb_9", "entries": 5})


def test_a_commitment_is_that_of_salt_and_value() -> None:
    register = signed(1)
    (line,) = register.lines()
    (record,) = [one for key, one in register.ctx.records.rows.items() if "#personal" in key.pk]
    assert ADDRESS not in record.text
    salts = [register.ctx.ids.random(16) for _ in range(2)]
    assert commitment(salts[0], ADDRESS) != commitment(salts[1], ADDRESS)
    assert len(line.entry["commitments"]["address"]) == 43


@pytest.mark.parametrize(
    ("command", "left"),
    [
        (ErasePersonal(actor="mb_2"), 2),
        (ErasePersonal(subject="tr_1", actor="mb_2"), 2),
        (ErasePersonal(subject="tr_2"), 3),
        (ErasePersonal(before=1_767_225_600_000), 3),
        (ErasePersonal(before=1_767_225_600_001), 1),
    ],
)
def test_what_is_erased_fits_all_that_was_named(command: ErasePersonal, left: int) -> None:
    register = Register()
    told = {"personal": {"address": ADDRESS}}
    register.log(register.event(**told), register.event(actor="mb_2", **told))
    register.ctx.clock.advance(1)
    register.log(register.event(**told))
    erase_personal(register.ctx, overseer("admin"), command, cursor=None)
    register.form()
    assert sum(line.personal is not None for line in register.lines()) == left


def test_many_are_erased_in_steps() -> None:
    register = Register()
    register.log(*register.events(150, personal={"address": ADDRESS}))
    first, cursor = erase_personal(register.ctx, overseer("admin"), ErasePersonal(actor="mb_1"), cursor=None)
    assert (first, cursor is None) == (99, False)
    assert erase_personal(register.ctx, overseer("admin"), ErasePersonal(actor="mb_1"), cursor=cursor) == (51, None)


def test_erasing_names_something_and_is_an_admins() -> None:
    register = Register()
    with pytest.raises(Refused, match="request_invalid"):
        erase_personal(register.ctx, overseer("admin"), ErasePersonal(), cursor=None)
    with pytest.raises(Refused, match="role_missing"):
        erase_personal(register.ctx, overseer("auditor"), ErasePersonal(actor="mb_1"), cursor=None)


def test_a_lost_lease_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register()
    register.log(register.event())
    transact = register.ctx.records.transact

    def lose(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        if any("#audit#blocks" in operation.key.pk for operation in operations):
            raise Conflict
        transact(operations, events)

    monkeypatch.setattr(register.ctx.records, "transact", lose)
    assert register.form() == 0
