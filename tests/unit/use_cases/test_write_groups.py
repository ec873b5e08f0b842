import pytest

from chalicelib.domain.transfer import State
from chalicelib.ports.record_store import ABSENT, Key, Put
from chalicelib.use_cases.ending.destroy_transfer import destroy_transfer
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.sending.create_command import RecipientSpec
from chalicelib.use_cases.write_groups import Group, write_groups
from tests.fakes.context import FakeContext
from tests.unit.use_cases.living import LivingOffice, types
from tests.unit.use_cases.sending import TENANT, principal


def put(name: str, sk: str = "x", *, expect: object = ABSENT) -> Put:
    return Put(Key(f"acme#{name}", sk), {}, expect)  # type: ignore[arg-type]


def test_small_groups_share_a_transaction() -> None:
    ctx = FakeContext()
    groups = [Group(f"g{n:03d}", (put(f"g{n:03d}", "a"), put(f"g{n:03d}", "b"))) for n in range(120)]
    assert len(write_groups(ctx, groups)) == 120
    assert ctx.records.calls["transact"] == 3
    assert len(ctx.records.rows) == 240


def test_a_group_that_meets_another_writer_holds_up_no_other() -> None:
    ctx = FakeContext()
    ctx.records.transact([put("b1")])
    written = write_groups(ctx, [Group("a1", (put("a1"),)), Group("b1", (put("b1"),)), Group("c1", (put("c1"),))])
    assert written == {"a1", "c1"}


def test_a_large_group_writes_its_early_part_first() -> None:
    ctx = FakeContext()
    early = tuple(put("big", f"e{n:03d}") for n in range(200))
    assert write_groups(ctx, [Group("big", (put("big", "last"),), early=early)]) == {"big"}
    assert ctx.records.calls["transact"] == 8
    ctx.records.transact([put("other", "e0")])
    clash = (*(put("other", f"e{n}") for n in range(20)),)
    assert write_groups(ctx, [Group("other", (put("other", "last"),), early=clash)]) == set()
    assert Key("acme#other", "last") not in ctx.records.rows


def test_no_group_is_no_write() -> None:
    ctx = FakeContext()
    assert write_groups(ctx, []) == set()
    assert ctx.records.calls["transact"] == 0


def test_a_transfer_to_many_is_destroyed_whole() -> None:
    office = LivingOffice()
    people = tuple(RecipientSpec(f"r{n}@example.com") for n in range(120))
    created = office.ready([b"abc"], recipients=people)
    recall_transfer(office.ctx, principal(), created.head.id)
    office.work()
    assert office.head(created).state is State.DESTROYED
    links = [row.text for key, row in office.ctx.records.rows.items() if "#link#" in key.pk]
    assert len(links) == 120
    assert all('"closed"' in text and "example.com" not in text for text in links)


@pytest.mark.parametrize("again", [1, 2, 3])
def test_two_destroyers_write_one_end(again: int) -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    recall_transfer(office.ctx, principal(), created.head.id)
    office.ctx.records.outbox.clear()
    left = [again]

    def other() -> None:
        left[0] -= 1
        if left[0] == 0:
            destroy_transfer(office.ctx, TENANT, created.head.id)
        elif left[0] > 0:
            office.before_next_write(other)

    office.before_next_write(other)
    destroy_transfer(office.ctx, TENANT, created.head.id)
    office.work()
    destroy_transfer(office.ctx, TENANT, created.head.id)
    destroy_transfer(office.ctx, TENANT, "tr_01kdv0000000000000000000zz")
    assert office.head(created).state is State.DESTROYED
    assert types(office.ctx.records.outbox) == []
