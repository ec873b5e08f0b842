"""Results of a run as tables: for the terminal at its end and for docs/operations/faults.md.

``python -m tests.faults.results`` writes the page's section "Last results" again from docs/operations/faults.json, which
``make faults`` and ``make badline`` fill (FAULT_RESULTS).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs/operations"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
Found = Mapping[str, Sequence[Mapping[str, Any]]]


def table(found: Found) -> list[str]:
    """Markdown that a terminal shows as well; empty where nothing was played."""
    lines = []
    if found.get("faults"):
        lines += [
            "| kind | rounds | faults that struck | rounds that found something broken | seed |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [_kind(kind, found["faults"]) for kind in sorted({str(one["kind"]) for one in found["faults"]})]
    if found.get("journey"):
        lines += [
            "",
            "| bad line | time | sent again | connections | exchanges reset | asked in the portal's time | seed |",
        ]
        lines.append("| --- | --- | --- | --- | --- | --- | --- |")
        for one in sorted(found["journey"], key=lambda one: (one["true"], one["way"]), reverse=True):
            lines.append(_journey(one))
    return lines


def _kind(kind: str, played: Sequence[Mapping[str, Any]]) -> str:
    """One line for one kind, though its rounds may have been shared between processes."""
    mine = [one for one in played if one["kind"] == kind]
    sums = [sum(one[name] for one in mine) for name in ("rounds", "met", "found")]
    seeds = ", ".join(str(seed) for seed in sorted({one["seed"] for one in mine}))
    return f"| {kind} | " + " | ".join(map(str, sums)) + f" | {seeds} |"


def _journey(one: Mapping[str, Any]) -> str:
    again = one["carried"] / one["size"] - 1
    what = f"{one['size'] >> 20} MiB {one['way']}"
    figures = (one["connections"], one["struck"], one["portal_met"], one["seed"])
    return f"| {what} | {one['seconds']:.0f} s | {again:.1%} | " + " | ".join(map(str, figures)) + " |"


def merged(old: Found, new: Found) -> dict[str, list[Mapping[str, Any]]]:
    """What is known after a further run: rounds are of one run, journeys the last of each line and way."""
    journeys = {(one["true"], one["way"]): one for one in (*old.get("journey", ()), *new.get("journey", ()))}
    return {
        "faults": list(new.get("faults") or old.get("faults") or ()),
        "journey": [journeys[key] for key in sorted(journeys)],
    }


def page(text: str, found: Found) -> str:
    """The page with its section of results written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, *table(found), END]) + after


def main() -> None:
    """Write the page again."""
    path = DOCS / "faults.md"
    path.write_text(page(path.read_text(), json.loads((DOCS / "faults.json").read_text())))


if __name__ == "__main__":
    main()
