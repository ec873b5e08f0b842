"""Part plans and packs: what holds for every size, and how a plan of unknown length closes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fumibako_format.errors import PlanError
from fumibako_format.packs import PACK_LIMIT, PACKED_BELOW, plan_packs
from fumibako_format.parts import GIB, MAX_PARTS, MIB, STORE_LIMIT, PartPlan, plan_parts
from fumibako_format.streaming import ciphertext_size

SIZES = st.integers(0, STORE_LIMIT) | st.integers(0, 40 * MIB) | st.integers(4 * GIB - 2, 4 * GIB + 2)


def message_of(call: object) -> tuple[str, str, int | None]:
    assert callable(call)
    with pytest.raises(PlanError) as caught:
        call()
    return caught.value.message, caught.value.hint, caught.value.limit


@given(SIZES)
def test_parts_cover_the_blob_without_gap(size: int) -> None:
    plan = plan_parts(size)
    assert plan.count is not None
    assert 1 <= plan.count <= MAX_PARTS
    assert plan.part_size % MIB == 0
    assert plan.range(1)[0] == 0
    assert plan.range(plan.count)[1] == size
    middle = max(1, plan.count // 2)
    assert plan.size_of(middle) <= 5 * GIB
    if plan.count > 1:
        assert plan.range(middle)[1] == plan.range(middle + 1)[0]
        assert plan.size_of(plan.count) >= 1
    assert plan.single == (size < 16 * MIB)


@given(st.integers(1, MAX_PARTS), st.sampled_from([None, 5 * MIB, 33 * MIB, 5 * GIB]))
def test_parts_of_unknown_length_follow_each_other(n: int, asked: int | None) -> None:
    plan = plan_parts(None, asked=asked)
    start, end = plan.range(n)
    assert end - start == min((asked or 16 * MIB) << (n - 1) // 1000, 5 * GIB)
    assert start == (0 if n == 1 else plan.range(n - 1)[1])


@given(st.integers(0, 12 * 2**40))
def test_a_closed_plan_counts_the_parts_its_length_fills(size: int) -> None:
    plan = plan_parts(None).closed(size)
    assert plan.ciphertext_size == size
    assert plan.count is not None
    assert plan.range(plan.count)[1] == size
    if size:
        assert plan.range(plan.count)[0] < size


@pytest.mark.parametrize(
    ("size", "count"),
    [
        (0, 1),
        (1, 1),
        (16 * MIB, 1),
        (16 * MIB + 1, 2),
        (16_000 * MIB, 1_000),
        (16_000 * MIB + 1, 1_001),
        (16_032 * MIB, 1_001),
        (48_000 * MIB, 2_000),
        (48_000 * MIB + 1, 2_001),
        (831_000 * 16 * MIB, 10_000),
    ],
)
def test_the_count_of_a_closed_plan(size: int, count: int) -> None:
    closed = plan_parts(None).closed(size)
    assert closed.count == count
    assert closed == PartPlan(size, 16 * MIB, single=False, growing=True)
    assert plan_parts(20 * MIB, asked=5 * MIB).closed(20 * MIB) == plan_parts(20 * MIB, asked=5 * MIB)


def test_a_plan_closes_only_within_its_parts_and_the_store() -> None:
    most = 831_000 * 16 * MIB
    plan = plan_parts(None)
    assert message_of(lambda: plan.closed(most + 1)) == (
        f"These parts hold at most {most} bytes.",
        "Split the file, or ask for another part size.",
        most,
    )
    assert message_of(lambda: plan.closed(101, limit=100))[2] == 100
    assert plan.closed(100, limit=100).count == 1
    assert message_of(lambda: plan.closed(-1))[2] == 0


@pytest.mark.parametrize("n", [-1, 0, 3])
def test_a_part_the_plan_lacks_is_refused(n: int) -> None:
    plan = plan_parts(17 * MIB)
    for call in (plan.range, plan.size_of):
        assert message_of(lambda call=call: call(n)) == (
            "Parts are numbered 1 to 2.",
            "Ask for a part of the plan.",
            2,
        )


@pytest.mark.parametrize("n", [0, 10_001])
def test_a_part_beyond_10000_is_refused(n: int) -> None:
    assert message_of(lambda: plan_parts(None).range(n))[0] == "Parts are numbered 1 to 10000."


def test_what_is_said_of_impossible_plans() -> None:
    assert message_of(lambda: plan_parts(1, asked=MIB)) == (
        "A part is 5242880 bytes or more.",
        "Ask for a larger part.",
        5 * MIB,
    )
    assert message_of(lambda: plan_parts(1, asked=6 * GIB)) == (
        "A part is at most 5368709120 bytes.",
        "Ask for a smaller part.",
        5 * GIB,
    )
    assert message_of(lambda: plan_parts(1, asked=5 * MIB + 1)) == (
        "A part is a whole number of MiB.",
        "Ask for a multiple of 1,048,576 bytes.",
        MIB,
    )
    assert message_of(lambda: plan_parts(100_000 * MIB, asked=9 * MIB)) == (
        "Parts of 9437184 bytes would be more than 10000.",
        "Ask for parts of 10485760 bytes or more.",
        10_000,
    )
    assert message_of(lambda: plan_parts(8, limit=7)) == (
        "The store takes at most 7 bytes in one piece, this is 8.",
        "Split the file, or ask for another part size.",
        7,
    )
    assert message_of(lambda: plan_parts(-1))[:2] == ("A size is 0 or more bytes.", "Check the size that was given.")


@given(st.lists(st.none() | st.integers(0, 2 * PACKED_BELOW), max_size=200))
def test_packs_hold_whole_streams_one_after_another(sizes: list[int | None]) -> None:
    ends: dict[int, int] = {}
    for size, placed in zip(sizes, plan_packs(sizes), strict=True):
        assert placed.packed == (size is not None and size < PACKED_BELOW)
        assert placed.length == (None if size is None else ciphertext_size(size))
        assert placed.offset == ends.get(placed.blob, 0)
        assert placed.packed or placed.blob not in ends
        ends[placed.blob] = placed.offset + (placed.length or 0)
        assert not placed.packed or ends[placed.blob] <= PACK_LIMIT
    assert list(ends) == list(range(len(ends)))
