"""Suggestions from one's own history, and what a sender is told of each domain before sending."""

from typing import Any

import pytest

from chalicelib.domain.address_book import part_of
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tenant import DAY
from chalicelib.ports.record_store import Key
from chalicelib.stores.address_book_store import get_parts, open_part, part_put
from chalicelib.use_cases.accounts.administer import remove_member
from chalicelib.use_cases.sending.address_book import forget_address, suggest_addresses
from chalicelib.use_cases.sending.check_domains import DomainSeen, check_domains
from chalicelib.use_cases.sending.create_command import RecipientSpec
from chalicelib.use_cases.sending.forget_sender import forget_sender
from chalicelib.use_cases.sending.remember_recipients import remember_recipients
from tests.unit.use_cases.living import LivingOffice, guest_principal
from tests.unit.use_cases.sending import ADMIN, MEMBER, OTHER, TENANT, principal


def sent(office: LivingOffice, *emails: str, **fields: Any) -> str:
    people = tuple(RecipientSpec(one, "Name") for one in emails)
    return office.ready([b"abc"], recipients=people, **fields).head.id


def known(office: LivingOffice, who: str = MEMBER, prefix: str = "") -> list[str]:
    return [one.entry.email for one in suggest_addresses(office.ctx, principal(who), prefix, limit=50)]


def seen(office: LivingOffice, *emails: str, who: str = MEMBER) -> dict[str, DomainSeen]:
    return {one.domain: one for one in check_domains(office.ctx, principal(who), emails)}


def test_whom_i_sent_to_is_suggested_to_me_alone() -> None:
    office = LivingOffice()
    assert known(office) == []
    sent(office, "soto@partner.example", "naka@other.example")
    office.ctx.clock.advance(DAY)
    sent(office, "naka@other.example")
    assert known(office) == ["naka@other.example", "soto@partner.example"]
    assert known(office, prefix="soto") == known(office, prefix="partner") == ["soto@partner.example"]
    assert known(office, OTHER) == []
    (one,) = suggest_addresses(office.ctx, principal(), "naka", limit=5)
    assert (one.entry.uses, one.entry.name, one.entry.last_used_at) == (2, "Name", office.ctx.clock.now)


def test_an_event_that_comes_again_counts_nothing_twice() -> None:
    office = LivingOffice()
    transfer = sent(office, "soto@partner.example")
    before = dict(office.ctx.records.rows)
    remember_recipients(office.ctx, TENANT, transfer)
    remember_recipients(office.ctx, TENANT, "tr_01kdv0000000000000000000zz")
    assert office.ctx.records.rows == before


def test_of_two_workers_neither_loses_an_address() -> None:
    office = LivingOffice()
    transfer = sent(office, "soto@partner.example")
    (part,) = get_parts(office.ctx.records, TENANT, MEMBER).values()
    office.ctx.records.transact([part_put(office.ctx, TENANT, MEMBER, int(part.key.sk), (), version=part.version)])
    same_part = next(f"p{n}@y.example" for n in range(99) if part_of(f"p{n}@y.example") == int(part.key.sk))
    other = office.send([b"abc"], recipients=(RecipientSpec(same_part),), hold_minutes=0).head.id
    office.before_next_write(lambda: remember_recipients(office.ctx, TENANT, other))
    remember_recipients(office.ctx, TENANT, transfer)
    assert sorted(known(office)) == sorted([same_part, "soto@partner.example"])


def test_a_wrong_address_is_forgotten() -> None:
    office = LivingOffice()
    sent(office, "soto@partner.example", "naka@other.example")
    (one,) = suggest_addresses(office.ctx, principal(), "soto", limit=5)
    assert "soto" not in one.id
    with pytest.raises(NotFound):
        forget_address(office.ctx, principal(OTHER), one.id)
    forget_address(office.ctx, principal(), one.id)
    assert known(office) == ["naka@other.example"]
    for absent in (one.id, "x"):
        with pytest.raises(NotFound):
            forget_address(office.ctx, principal(), absent)
    sent(office, "soto@partner.example")
    assert "soto@partner.example" in known(office)


def test_the_book_is_sealed_and_bounded_in_bytes() -> None:
    office = LivingOffice()
    sent(office, *(f"p{n}@partner.example" for n in range(400)))
    stored = [row.text for key, row in office.ctx.records.rows.items() if "#book#" in key.pk]
    assert 1 < len(stored) <= 4
    assert not any("partner" in text for text in stored)
    long = "名" * 200
    for n in range(3):
        office.ready([b"x"], recipients=tuple(RecipientSpec(f"q{n}x{k}@long.example", long) for k in range(400)))
    parts = get_parts(office.ctx.records, TENANT, MEMBER)
    assert all(50 < len(open_part(office.ctx, TENANT, record)) <= 500 for record in parts.values())


def kept_of(office: LivingOffice, member: str) -> list[Key]:
    """What is stored of whom somebody wrote to, apart from the transfers."""
    lists = (f"{TENANT}#book#{member}", f"{TENANT}#domains#{member}")
    return [key for key in office.ctx.records.rows if key.pk in lists]


def test_a_removed_member_leaves_no_book_behind() -> None:
    office = LivingOffice()
    sent(office, *(f"p{n}@partner{n}.example" for n in range(200)))
    assert len(kept_of(office, MEMBER)) == 4 + 200
    remove_member(office.ctx, principal(ADMIN), MEMBER)
    # The book is gone with the account, whatever becomes of the worker.
    assert not any("#book#" in key.pk for key in kept_of(office, MEMBER))
    office.work()
    assert kept_of(office, MEMBER) == []
    assert not seen(office, "a@partner7.example", who=OTHER)["partner7.example"].first_time
    before = dict(office.ctx.records.rows)
    for again in (MEMBER, OTHER, "mb_01kdv0000000000000000000zz", "nonsense"):
        forget_sender(office.ctx, TENANT, again)
    assert office.ctx.records.rows == before


@pytest.mark.parametrize("known_before", [False, True])
def test_a_worker_that_is_late_brings_no_book_back(known_before: bool) -> None:
    """The member is removed after the worker has read, and before it writes."""
    office = LivingOffice()
    if known_before:
        sent(office, "soto@partner.example")
    office.send([b"abc"], recipients=(RecipientSpec("soto@partner.example"),), hold_minutes=0)
    transfer = office.ctx.records.outbox[-1].subject
    office.ctx.records.outbox.clear()
    office.before_next_write(lambda: remove_member(office.ctx, principal(ADMIN), MEMBER))
    remember_recipients(office.ctx, TENANT, transfer)
    office.work()
    assert kept_of(office, MEMBER) == []
    remember_recipients(office.ctx, TENANT, transfer)
    assert kept_of(office, MEMBER) == []
    assert not seen(office, "a@partner.example", who=OTHER)["partner.example"].first_time


def test_of_domains_noted_and_a_member_removed_the_removal_wins() -> None:
    office = LivingOffice()
    sent(office, "soto@partner.example")
    transfer = office.send(
        [b"abc"], recipients=(RecipientSpec("soto@partner.example"), RecipientSpec("a@new.example")), hold_minutes=0
    ).head.id
    office.ctx.records.outbox.clear()

    def remove_before_the_second() -> None:
        office.before_next_write(lambda: remove_member(office.ctx, principal(ADMIN), MEMBER))

    records, transact = office.ctx.records, office.ctx.records.transact

    def first(operations: Any, events: Any = ()) -> None:
        """The addresses are written; the domain meets the removal."""
        records.transact = transact  # type: ignore[method-assign]
        transact(operations, events)
        remove_before_the_second()

    records.transact = first  # type: ignore[method-assign]
    remember_recipients(office.ctx, TENANT, transfer)
    office.work()
    assert kept_of(office, MEMBER) == []
    assert not seen(office, "a@new.example", who=OTHER)["new.example"].first_time


def test_guests_and_service_accounts_have_no_book() -> None:
    office = LivingOffice()
    guest = guest_principal("rc_01kdv0000000000000000000a1", "tr_01kdv0000000000000000000a1")
    for act in (
        lambda: suggest_addresses(office.ctx, guest, "", limit=5),
        lambda: forget_address(office.ctx, guest, "x"),
        lambda: check_domains(office.ctx, guest, ["a@b.example"]),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_domain_is_new_to_the_tenant_and_to_the_sender() -> None:
    office = LivingOffice()
    sent(office, "soto@partner.example")
    mine = seen(office, "a@partner.example", "b@partner.example", "c@new.example", "d@acme.example", "e@gmail.com")
    assert [(one.recipients, one.first_time, one.first_time_for_you) for one in mine.values()] == [
        (1, True, True),
        (1, True, True),
        (1, True, True),
        (2, False, False),
    ]
    assert [one.domain for one in mine.values() if one.internal] == ["acme.example"]
    assert [one.domain for one in mine.values() if one.free_mail] == ["gmail.com"]
    other = seen(office, "a@partner.example", who=OTHER)["partner.example"]
    assert (other.first_time, other.first_time_for_you) == (False, True)


def test_what_looks_like_a_domain_of_several_days_is_told() -> None:
    office = LivingOffice()
    sent(office, "soto@partner.example")
    assert seen(office, "a@partmer.example")["partmer.example"].like is None  # a mistake of one day is no model
    office.ctx.clock.advance(DAY)
    sent(office, "soto@partner.example")
    found = seen(
        office,
        "a@partmer.example",
        "a@partner.com",
        "a@partner.example",
        "a@far.example",
        "a@acrne.example",
        "a@gmial.com",
    )
    assert {domain: (one.like.domain, one.like.reason) for domain, one in found.items() if one.like} == {
        "partmer.example": ("partner.example", "one_letter"),
        "partner.com": ("partner.example", "tld"),
        "acrne.example": ("acme.example", "confusable"),
        "gmial.com": ("gmail.com", "one_letter"),
    }
    assert [one.like is None for one in found.values()] == [False] * 4 + [True] * 2
    for _ in range(2):
        office.ctx.clock.advance(DAY)
        sent(office, "a@partmer.example")
    assert seen(office, "a@partmer.example")["partmer.example"].like is None  # used often, so it is meant


def test_a_known_domain_costs_no_more_writes() -> None:
    office = LivingOffice()
    for _ in range(3):
        transfer = sent(office, "soto@partner.example")
        office.ctx.clock.advance(DAY)
    office.ctx.records.calls.clear()
    remember_recipients(office.ctx, TENANT, transfer)
    assert office.ctx.records.calls["transact"] == 0
    assert sum(office.ctx.records.calls.values()) <= 5


def test_the_check_reads_by_keys_alone() -> None:
    office = LivingOffice()
    for n in range(30):
        sent(office, f"a@partner{n}.example")
    office.ctx.records.calls.clear()
    seen(office, "a@brand-new.example")
    assert office.ctx.records.calls["query"] == 0
    assert sum(office.ctx.records.calls.values()) <= 6


def test_wrong_addresses_are_named() -> None:
    office = LivingOffice()
    with pytest.raises(Refused, match="address_invalid") as refused:
        check_domains(office.ctx, principal(), ["a@b.example", "nonsense"])
    assert [one.pointer for one in refused.value.errors] == ["/emails/1"]
    for many in ([], ["a@b.example"] * 501):
        with pytest.raises(Refused, match="too_many_recipients"):
            check_domains(office.ctx, principal(), many)
