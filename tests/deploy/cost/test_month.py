"""A month of transfers: what is asked for more often costs more, what nobody has a price for is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.cost.durations import function_seconds
from deploy.cost.idle import TASK_FIGURES
from deploy.cost.lines import EGRESS, Paid, bill, by_group, total
from deploy.cost.month import Month, month_lines, peer_lines
from deploy.cost.operations import OPERATIONS, priced
from deploy.cost.prices import load_prices
from deploy.cost.recording import SAMPLE, Recording, load_recording, sums_agree
from deploy.cost.scanner_hours import CPU, IDLE_MINUTES, MEMORY_MB, container_hours, scanner_lines
from deploy.errors import Refused
from deploy.stacks import scanner

Change = Callable[[dict[str, Any]], None]


def changed(tmp_path: Path, change: Change) -> Recording:
    """The sample recording with a change."""
    raw: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8"))
    change(raw)
    path = tmp_path / "operations.json"
    path.write_text(json.dumps(raw))
    return load_recording(path)


def paid(found: Recording, month: Month | None = None) -> list[Paid]:
    return bill(month_lines(found, month or Month()), load_prices())


def usd_of(found: list[Paid], what: str) -> float:
    [one] = [one for one in found if one.line.what == what]
    return one.usd


def test_doubling_the_gets_of_a_story_changes_the_cost(tmp_path: Path) -> None:
    def double(raw: dict[str, Any]) -> None:
        raw["callers"]["people"]["s3:GetObject"] *= 2
        raw["operations"]["s3:GetObject"] *= 2

    before, after = paid(load_recording()), paid(changed(tmp_path, double))
    assert usd_of(after, "s3:GetObject") == pytest.approx(2 * usd_of(before, "s3:GetObject"))
    assert total(after) > total(before)


def test_more_reads_cost_more_and_take_longer(tmp_path: Path) -> None:
    def more(raw: dict[str, Any]) -> None:
        raw["units"]["read"] += 100
        raw["callers"]["transfers-box-api_handler"]["dynamodb:GetItem"] += 100
        raw["operations"]["dynamodb:GetItem"] += 100

    before, after = paid(load_recording()), paid(changed(tmp_path, more))
    for what in ("dynamodb read units", "their time"):
        assert usd_of(after, what) > usd_of(before, what)


def test_every_operation_of_the_recording_has_a_price_or_is_free() -> None:
    found = load_recording()
    assert found.operations
    for name in found.operations:
        assert priced(name) is OPERATIONS[name]
    free = {name for name in found.operations if not priced(name).price}
    assert free == {"s3:DeleteObjects", "sts:AssumeRole"}


def test_an_operation_that_nobody_priced_is_refused(tmp_path: Path) -> None:
    def foreign(raw: dict[str, Any]) -> None:
        raw["operations"]["s3:RestoreObject"] = 1

    with pytest.raises(Refused) as refused:
        month_lines(changed(tmp_path, foreign), Month())
    assert refused.value.code == "operation_unpriced"
    assert "s3:RestoreObject" in refused.value.detail


def test_a_file_twice_as_large_takes_twice_the_parts_and_no_more_records() -> None:
    small, large = (paid(load_recording(), Month(1_000, size)) for size in (100_663_296, 201_326_592))
    for what in ("s3:UploadPart", "s3:GetObject", "bytes kept for 7 days"):
        assert usd_of(large, what) == pytest.approx(2 * usd_of(small, what))
    assert usd_of(large, "dynamodb write units") == usd_of(small, "dynamodb write units")


def test_egress_is_apart_and_all_lines_add_up() -> None:
    found = paid(load_recording())
    groups = by_group(found)
    assert total(found, egress=True) - total(found) == pytest.approx(groups[EGRESS])
    assert groups[EGRESS] == pytest.approx(1_000 * 0.1 * 0.114)
    assert sum(groups.values()) == pytest.approx(total(found, egress=True))


def test_the_goal_is_reached_with_the_scanner_in_it() -> None:
    found, prices = load_recording(), load_prices()
    ours, peer = total(paid(found)), total(bill(peer_lines(found, Month()), prices))
    assert ours / peer <= 0.2
    assert by_group(paid(found))["scanner"] > ours / 2


def test_the_scanner_is_counted_as_its_stack_has_it() -> None:
    assert (CPU, MEMORY_MB, IDLE_MINUTES) == (scanner.CPU, scanner.MEMORY_MB, scanner.IDLE_MINUTES)


def test_scanner_hours_grow_to_the_whole_month_and_then_with_the_scans() -> None:
    assert container_hours(1) == pytest.approx(0.3, abs=0.01)
    assert container_hours(1_000) == pytest.approx(247, abs=1)
    assert container_hours(20_000) == pytest.approx(730, abs=1)
    assert container_hours(30_000_000) == pytest.approx(30_000_000 * 5 / 3_600 / 2)


def test_a_scanner_that_runs_has_figures_and_its_hours_alone_are_paid() -> None:
    for transfers in (1_000, 30_000_000):
        [found] = [line for line in scanner_lines(transfers) if line.price == "metric-month"]
        assert found.quantity == pytest.approx(TASK_FIGURES * min(1, container_hours(transfers) / 730))


def test_the_sample_recording_is_whole() -> None:
    found = load_recording()
    assert sums_agree(found)
    assert found.story.bytes == 96 << 20
    assert function_seconds(found)["fumibako-transfers-box-api_handler"] > 0.1


@pytest.mark.parametrize(
    ("text", "code"), [("{", "recording_wrong"), ("{}", "recording_wrong"), (None, "recording_missing")]
)
def test_a_recording_that_is_none_is_refused(text: str | None, code: str, tmp_path: Path) -> None:
    path = tmp_path / "operations.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Refused) as refused:
        load_recording(path)
    assert refused.value.code == code


def test_a_story_that_nobody_fetched_is_refused(tmp_path: Path) -> None:
    def unfetched(raw: dict[str, Any]) -> None:
        raw["story"]["downloads"] = 0

    with pytest.raises(Refused) as refused:
        changed(tmp_path, unfetched)
    assert refused.value.code == "recording_wrong"
