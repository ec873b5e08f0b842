"""Records that were put back to an earlier moment: what was destroyed since is ended again, and nothing else."""

import json
from copy import deepcopy

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import Reason, State
from chalicelib.stores.certificate_store import get_certificate
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.ending.settle_restored import Lost, end_lost, lost_transfers
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from onprem.runtime.settling import settle
from tests.unit.use_cases.event_schemas import outside, problems, undeclared
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import TENANT, principal

GUEST = (RecipientSpec("guest@example.com", "Guest"),)


def restored_office() -> tuple[LivingOffice, str, str]:
    """An office whose records forgot that the first of two transfers was recalled."""
    office = LivingOffice()
    office.sweep()
    recalled = office.ready([b"abc"], recipients=GUEST).head.id
    kept = office.ready([b"abc"]).head.id
    backup = deepcopy((office.ctx.records.rows, office.ctx.records._order))
    recall_transfer(office.ctx, principal(), recalled)
    office.settle()
    assert office.head_of(recalled).state is State.DESTROYED
    office.ctx.records.rows, office.ctx.records._order = backup
    return office, recalled, kept


def lost(office: LivingOffice) -> list[Lost]:
    return list(lost_transfers(office.ctx, TENANT))


def test_what_was_recalled_since_is_found_and_nothing_is_changed() -> None:
    office, recalled, _ = restored_office()
    before = deepcopy(office.ctx.records.rows)
    assert lost(office) == [Lost(TENANT, recalled, State.READY, "key")]
    assert office.ctx.records.rows == before


def test_it_is_ended_certified_and_audited_and_nobody_is_mailed() -> None:
    office, recalled, kept = restored_office()
    assert end_lost(office.ctx, lost(office)) == {recalled}
    events = office.settle()
    head = office.head_of(recalled)
    assert (head.state, head.reason) == (State.DESTROYED, Reason.REVOKED)
    assert office.head_of(kept).state is State.READY
    (closed,) = [one for one in events if one.type == "transfer.closed.v1"]
    assert closed.data == {"actor": "system", "reason": "revoked", "restored": True}
    assert "notifications" not in closed.sealed
    assert (problems(closed.type, outside(closed)), undeclared(closed)) == ([], set())
    assert get_certificate(office.ctx.records, TENANT, recalled, "deletion") is not None
    assert lost(office) == []


def test_what_expired_meanwhile_is_ended_as_expired() -> None:
    office, recalled, _ = restored_office()
    found = lost(office)
    office.ctx.clock.advance(400 * DAY)
    assert recalled in end_lost(office.ctx, found)
    assert office.head_of(recalled).reason is Reason.EXPIRED


def test_a_sealed_transfer_is_judged_by_its_bytes() -> None:
    office = LivingOffice()
    whole, bare = (office.send_sealed([b"abc"]).head.id for _ in range(2))
    office.work()
    office.ctx.blobs.destroy(TENANT, bare)
    assert [(one.transfer, one.missing) for one in lost(office)] == [(bare, "bytes")]
    assert end_lost(office.ctx, lost(office)) == {bare}
    assert office.head_of(whole).state is State.READY


def test_what_is_still_being_sent_needs_no_bytes_yet() -> None:
    office = LivingOffice()
    created = office.create((FileSpec(3, name="a.txt"),))
    office.ctx.blobs.destroy(TENANT, created.head.id)
    assert lost(office) == []


def test_what_somebody_else_ended_first_is_left_alone() -> None:
    office, recalled, _ = restored_office()
    found = lost(office)
    recall_transfer(office.ctx, principal(), recalled)
    assert end_lost(office.ctx, found) == set()
    assert office.head_of(recalled).reason is Reason.REVOKED


@pytest.mark.parametrize(("end", "code", "ended"), [(None, 0, 0), (1, 0, 1), (2, 1, 0)])
def test_the_command_ends_what_was_shown_before(end: int | None, code: int, ended: int) -> None:
    office, recalled, _ = restored_office()
    lines: list[str] = []
    assert settle(office.ctx, [TENANT], end=end, write=lines.append) == code
    told = [json.loads(line) for line in lines]
    assert told == [
        {"tenant": TENANT, "transfer": recalled, "state": "ready", "missing": "key", "ended": bool(ended)},
        {"lost": 1, "ended": ended},
    ]
    assert office.head_of(recalled).state is (State.CLOSED if ended else State.READY)


def test_a_tenant_that_is_asked_for_twice_is_looked_at_once() -> None:
    office, recalled, _ = restored_office()
    lines: list[str] = []
    assert settle(office.ctx, [TENANT, TENANT], end=1, write=lines.append) == 0
    assert [json.loads(line).get("transfer") for line in lines] == [recalled, None]


@pytest.mark.parametrize(("slip", "code"), [("acne", "not_found"), ("Acme!", "tenant_invalid")])
def test_a_slip_in_a_tenants_name_is_no_tenant_without_losses(slip: str, code: str) -> None:
    office, _, _ = restored_office()
    with pytest.raises(Refused) as caught:
        settle(office.ctx, [TENANT, slip], end=1, write=lambda _: None)
    assert caught.value.code == code
    assert len(lost(office)) == 1
