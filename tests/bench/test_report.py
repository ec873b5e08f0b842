"""docs/performance.md is what the recorded results give, and what is short of its goal is said to be."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from bench.report.__main__ import files
from bench.report.numbers import number
from bench.report.page import page
from bench.report.records import Record, keep, records

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Draft202012Validator(json.loads((ROOT / "spec/bench.schema.json").read_text("utf-8")))
RECORDED = records()
MACHINE = {
    "cores": 2, "processor": "a", "memory_gib": 4.0, "kernel": "6", "python": "3.11.7", "load": 0.1, "at": "2026-01-31T00:00:00Z",
}  # fmt: skip


def a_result(**changed: Any) -> dict[str, Any]:
    peer = {"name": "age | curl", "value": 1200.0, "ratio": 0.5, "spread": [0.4, 0.6], "pairs": [[600.0, 1200.0]]}
    return {
        "figure": "upload", "title": "Send a file", "ours": 600.0, "ours_is": "fumibako send", "peer": peer, "ratio": 0.5,
        "goal": 0.7, "kind": "rate", "reached": False, "unit": "MB/s", "size": 2048, "size_unit": "MiB", "runs": 1, "seed": 1,
        "checked": True, "notes": ["one disk"], "versions": {"curl": "8"}, "flags": {"curl": "-T"}, "more": {}, "machine": MACHINE,
        **changed,
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(files(RECORDED)), ids=str)
def test_the_page_is_what_the_results_give(path: Path) -> None:
    assert (ROOT / "docs" / path).read_text("utf-8") == files(RECORDED)[path], "run `python -m bench.report`"


@pytest.mark.parametrize("one", RECORDED, ids=lambda one: one.name)
def test_recorded_results_obey_the_schema_and_were_checked(one: Record) -> None:
    SCHEMA.validate(one.said)
    assert one.said["checked"]


def test_a_made_up_result_obeys_the_schema() -> None:
    SCHEMA.validate(a_result())


def test_what_is_short_of_its_goal_is_told() -> None:
    told = page([Record(a_result())])
    assert "Short of the goal: [upload](#upload)" in told
    assert "| 0.5 (0.4-0.6) | 0.7 or more | **no** |" in told
    assert "age \\| curl: 1,200 MB/s" in told
    assert "- age | curl: 600/1,200 MB/s (ours/peer of each run)." in told


def test_what_reached_its_goal_is_told() -> None:
    told = page([Record(a_result(reached=True, goal=0.4))])
    assert "Short of the goal" not in told
    assert "| yes |" in told


def test_an_output_that_was_wrong_is_told() -> None:
    assert "was **not** what it had to be" in page([Record(a_result(checked=False))])


@pytest.mark.parametrize(
    ("changed", "times"),
    [
        ({"ratio": 0.35, "goal": 0.7}, 0.5),
        ({"ratio": 3.0, "goal": 1.5, "kind": "time"}, 2.0),
        ({"ratio": 0.01, "goal": 0.02, "kind": "share"}, 2.0),
    ],
)
def test_how_far_beyond_the_goal(changed: dict[str, Any], times: float) -> None:
    assert Record(a_result(**changed)).times_goal == pytest.approx(times)


@pytest.mark.parametrize("ratio", [0.0, 1e-6, 0.7, 5.0, 1e9])
def test_charts_are_well_formed_whatever_the_ratio(ratio: float) -> None:
    for path, text in files([Record(a_result(ratio=ratio)), Record(a_result(figure="open", kind="share"))]).items():
        if path.suffix == ".svg":
            picture = ElementTree.fromstring(text)
            assert {"title", "desc"} <= {child.tag.rpartition("}")[2] for child in picture}
            for shape in picture.iter():
                x, width = (float(shape.get(name, 0)) for name in ("x", "width"))
                assert x >= 0
                assert x + width <= 780


def test_several_peers_have_a_row_and_a_bar_each() -> None:
    peer = a_result()["peer"]
    both = [{**peer, "ours": 610.0}, {**peer, "name": "rclone"}]
    written = files([Record(a_result(peer=both))])
    assert written[Path("performance.md")].count("| [upload](#upload) |") == 2
    assert "rclone" in written[Path("performance/rates.svg")]


def test_a_result_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    for ratio in (0.5, 0.9):
        assert keep([json.dumps(a_result(ratio=ratio)), "\n"], tmp_path) == ["upload"]
    assert [(one.name, one.said["ratio"]) for one in records(tmp_path)] == [("upload", 0.9)]


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (0.01234, "0.0123"), (2.0, "2"), (999.4, "999"), (12345.6, "12,346")]
)
def test_numbers(value: float, said: str) -> None:
    assert number(value) == said
