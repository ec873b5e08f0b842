"""The page of faults shows the results that were recorded, and a run without results shows none."""

import json

from tests.faults.results import BEGIN, DOCS, END, merged, page, table

FAULTS = [
    {"kind": "cut", "rounds": 20, "met": 31, "found": 0, "seed": 7},
    {"kind": "bit flips", "rounds": 50, "met": 50, "found": 0, "seed": 7},
    {"kind": "bit flips", "rounds": 50, "met": 49, "found": 1, "seed": 8},
]
JOURNEY = {
    "way": "up",
    "true": True,
    "seconds": 611.4,
    "carried": 105,
    "size": 100,
    "connections": 40,
    "struck": 3,
    "portal_met": 9,
    "seed": 7,
}


def test_the_page_shows_the_last_recorded_results() -> None:
    text = (DOCS / "faults.md").read_text()
    recorded = json.loads((DOCS / "faults.json").read_text())
    assert page(text, recorded) == text, "run: python -m tests.faults.results"
    assert not sum(one["found"] for one in recorded["faults"]), "what is recorded is of a product that held"
    assert {one["way"] for one in recorded["journey"] if one["true"]} == {"up", "down"}


def test_rounds_of_one_kind_become_one_line() -> None:
    assert table({"faults": FAULTS})[2:] == ["| bit flips | 100 | 99 | 1 | 7, 8 |", "| cut | 20 | 31 | 0 | 7 |"]


def test_a_journey_tells_what_travelled_twice() -> None:
    [*_, line] = table({"journey": [{**JOURNEY, "size": 512 << 20, "carried": int((512 << 20) * 1.031)}]})
    assert line == "| 512 MiB up | 611 s | 3.1% | 40 | 3 | 9 | 7 |"


def test_a_run_of_rounds_keeps_the_journeys_and_a_journey_the_rounds() -> None:
    quick = {**JOURNEY, "true": False}
    known = merged({}, {"faults": FAULTS, "journey": [JOURNEY]})
    later = merged(known, {"faults": FAULTS[:1], "journey": [quick]})
    assert later == {"faults": FAULTS[:1], "journey": [quick, JOURNEY]}
    last = merged(later, {"faults": [], "journey": [{**JOURNEY, "seed": 8}]})
    assert last == {"faults": FAULTS[:1], "journey": [quick, {**JOURNEY, "seed": 8}]}


def test_nothing_played_is_no_table() -> None:
    assert table({"faults": [], "journey": []}) == []


def test_only_the_section_of_results_is_written_anew() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert page(text, {"faults": FAULTS[:1]}).splitlines() == [
        "before",
        BEGIN,
        *table({"faults": FAULTS[:1]}),
        END,
        "after",
    ]
