"""Reading the audit record: newest first, narrowed, in pages of bounded work, by those who may."""

from dataclasses import replace

import pytest

from chalicelib.domain.audit import Wanted
from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.record_store import ANY, Delete, Key
from chalicelib.stores.audit_store import get_personal, personal_put
from chalicelib.use_cases.reporting.check_audit import check_audit
from chalicelib.use_cases.reporting.export_audit import export_audit, show_roots
from chalicelib.use_cases.reporting.show_audit import BLOCKS, show_audit
from chalicelib.use_cases.reporting.show_events import show_events
from tests.unit.use_cases.auditing import ADDRESS, Register, overseer
from tests.unit.use_cases.living import guest_principal
from tests.unit.use_cases.sending import TENANT, principal


def of_blocks(*counts: int) -> tuple[Register, list[str]]:
    """A register with blocks of so many entries, a second apart, and their ids, newest first."""
    register = Register()
    ids: list[str] = []
    for count in counts:
        events = register.events(count)
        register.log(*events)
        register.form()
        ids += [event.id for event in events]
        register.ctx.clock.advance(1_000)
    return register, ids[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 200])
def test_pages_of_any_size_give_every_entry_once_newest_first(limit: int) -> None:
    register, ids = of_blocks(3, 1, 3)
    assert register.ids(limit=limit) == ids


def test_an_entry_carries_the_number_of_its_block() -> None:
    register, _ = of_blocks(1, 2)
    assert [line.block for line in register.lines()] == [2, 2, 1]


def test_entries_that_come_meanwhile_do_not_shift_pages() -> None:
    register, ids = of_blocks(3, 3)
    lines, cursor = show_audit(register.ctx, overseer(), Wanted(), limit=2, cursor=None)
    register.log(*register.events(2))
    register.form()
    rest, _ = show_audit(register.ctx, overseer(), Wanted(), limit=50, cursor=cursor)
    assert [line.entry["id"] for line in (*lines, *rest)] == ids


def test_a_search_looks_at_20_blocks_a_page_and_goes_on() -> None:
    register = Register()
    first = register.event(actor="mb_2")
    for event in (first, *register.events(2 * BLOCKS + 1)):
        register.log(event)
        register.form()
    wanted = Wanted(actor="mb_2")
    pages = []
    cursor: str | None = None
    while not pages or cursor is not None:
        calls = register.ctx.records.calls["get"]
        lines, cursor = show_audit(register.ctx, overseer(), wanted, limit=50, cursor=cursor)
        assert register.ctx.records.calls["get"] - calls <= BLOCKS + 1
        pages.append([line.entry["id"] for line in lines])
    assert pages == [[], [], [first.id]]


def test_a_search_in_time_ends_where_blocks_are_too_old() -> None:
    register, ids = of_blocks(1, 1, 1)
    start = register.ctx.clock.now - 3_000
    assert register.ids(Wanted(since=rfc3339(start + 1_000))) == ids[:2]
    assert register.ids(Wanted(until=rfc3339(start + 1_000))) == ids[2:]
    assert register.ids(Wanted(since=rfc3339(start + 1_000), until=rfc3339(start + 2_000))) == ids[1:2]
    calls = register.ctx.records.calls["get"]
    register.ids(Wanted(since=rfc3339(start + 9_000)))
    assert register.ctx.records.calls["get"] - calls == 2


def test_a_search_takes_subject_actor_and_action_together() -> None:
    register = Register()
    wanted = register.event("download.started.v1", subject="tr_2", actor="rc_1")
    others = [register.event(subject="tr_2", actor="rc_1"), register.event("download.started.v1", actor="rc_1")]
    register.log(wanted, *others)
    register.form()
    assert register.ids(Wanted(subject="tr_2", actor="rc_1", action="download.started")) == [wanted.id]


def test_what_is_left_of_a_chain_can_still_be_read() -> None:
    register, ids = of_blocks(1, 1, 1)
    register.ctx.records.transact([Delete(Key(f"{TENANT}#audit#blocks", f"{2:012d}"))])
    assert register.ids() == [ids[0], ids[2]]


def test_people_who_cannot_be_read_any_more_do_not_hide_the_act() -> None:
    register = Register()
    event = register.event(personal={"address": ADDRESS})
    register.log(event)
    register.form()
    kept = get_personal(register.ctx.records, TENANT, [event.id])[event.id]
    put = personal_put(TENANT, replace(kept, sealed=kept.sealed[::-1]))
    register.ctx.records.transact([replace(put, expect=ANY)])
    (line,) = register.lines()
    assert (line.entry["id"], line.personal) == (event.id, {})
    register.ctx.keys.fault = StoreAway()
    with pytest.raises(StoreAway):
        register.lines()


@pytest.mark.parametrize("cursor", ["", "0.1", "1", "1.x", "2.0", "1.100", "-1.0", "1.0 ", "١.0"])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    register, _ = of_blocks(1)
    with pytest.raises(Refused, match="cursor_invalid"):
        show_audit(register.ctx, overseer(), Wanted(), limit=5, cursor=cursor)


@pytest.mark.parametrize("cursor", ["", "0", "x", "1.0", "1 "])
def test_a_cursor_of_another_export_is_refused(cursor: str) -> None:
    register, _ = of_blocks(1)
    with pytest.raises(Refused, match="cursor_invalid"):
        export_audit(register.ctx, overseer(), from_block=1, cursor=cursor)


@pytest.mark.parametrize("after", ["", "-1", "x", "1" * 16])
def test_an_odd_place_in_the_event_log_is_refused(after: str) -> None:
    with pytest.raises(Refused, match="cursor_invalid"):
        show_events(Register().ctx, overseer("admin"), after=after, limit=5)


def test_members_have_no_audit_and_guests_no_such_address() -> None:
    ctx = Register().ctx
    for who, expected in ((principal(), "role_missing"), (guest_principal("rc_1", "tr_1"), "not_found")):
        for ask in (
            lambda who=who: show_audit(ctx, who, Wanted(), limit=1, cursor=None),
            lambda who=who: export_audit(ctx, who, from_block=1, cursor=None),
            lambda who=who: show_roots(ctx, who, limit=1, cursor=None),
            lambda who=who: check_audit(ctx, who, from_block=1),
            lambda who=who: show_events(ctx, who, after=None, limit=1),
        ):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == expected
    with pytest.raises(Refused, match="role_missing"):
        show_events(ctx, overseer("auditor"), after=None, limit=1)
    assert issubclass(NotFound, Refused)


def test_one_tenant_sees_nothing_of_another() -> None:
    register, _ = of_blocks(2)
    rival = overseer(tenant="rival")
    assert show_audit(register.ctx, rival, Wanted(), limit=5, cursor=None) == ([], None)
    assert export_audit(register.ctx, rival, from_block=1, cursor=None).blocks == []
    assert show_events(register.ctx, overseer("admin", "rival"), after=None, limit=5) == ([], "0")
