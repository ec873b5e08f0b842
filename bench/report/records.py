"""Recorded results: one file a figure, ``bench/results/NAME.json``, as ``python -m bench NAME --json`` printed it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import ROOT

RESULTS = ROOT / "bench" / "results"


@dataclass(frozen=True)
class Beside:
    """One peer: medians of both in the figure's unit, the ratio, and the smallest and largest ratio of a pair."""

    name: str
    value: float
    ours: float
    ratio: float
    spread: tuple[float, float]


@dataclass(frozen=True)
class Record:
    """One figure as it was measured. ``said`` is the whole JSON object (spec/bench.schema.json)."""

    said: dict[str, Any]

    @property
    def name(self) -> str:
        """The figure's."""
        return str(self.said["figure"])

    @property
    def peers(self) -> list[Beside]:
        """All of them, the first measured first."""
        found = self.said["peer"]
        return [
            Beside(one["name"], one["value"], one.get("ours", self.said["ours"]), one["ratio"], tuple(one["spread"]))
            for one in (found if isinstance(found, list) else [found])
        ]

    @property
    def times_goal(self) -> float:
        """How far beyond its goal it is: 1 is the goal itself, and more is better for every kind."""
        goal, ratio = float(self.said["goal"]), float(self.said["ratio"])
        return goal / max(ratio, 1e-9) if self.said["kind"] == "share" else ratio / goal


def records(folder: Path = RESULTS) -> list[Record]:
    """All that are recorded, by name."""
    return [Record(json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))]


def keep(lines: Iterable[str], folder: Path = RESULTS) -> list[str]:
    """Record what ``python -m bench --json`` printed, each in place of that figure's last one; gives the names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for line in lines:
        if line.strip():
            said = json.loads(line)
            text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
            (folder / f"{said['figure']}.json").write_text(text, "utf-8")
            names.append(str(said["figure"]))
    return names
