"""What a figure is: ours and its peers, measured in turn, judged by the median ratio of the pairs.

An absolute time says nothing on a shared machine; a pair taken one after the other does. So the result of a figure is a ratio, and more is
better, unless ``kind`` is "share".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

# "rate": ours/peer of rates. "time": peer/ours of times. "share": ours/peer, where the goal is "or less".
Kind = Literal["rate", "time", "share"]
Pairs = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Plan:
    """How much to measure. ``size`` in the figure's own unit; ``scratch`` is an empty folder on the disk that is measured."""

    size: int
    runs: int
    scratch: Path
    seed: int


@dataclass(frozen=True)
class Measured:
    """``pairs``: name of the peer -> (ours, peer) of each run, in ``Figure.unit``. ``checked``: the outputs were compared, byte for byte.

    ``versions`` and ``flags`` are those of every program that took part. ``more`` holds what else was seen (p99, CPU seconds).
    """

    pairs: Mapping[str, Pairs]
    checked: bool
    notes: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    # What the goal asks besides the ratio, such as a limit in MB; a note says which.
    held: bool = True


@dataclass(frozen=True)
class Figure:
    """``measure`` does the work. ``smallest`` is the size at which tests only see whether it still runs."""

    name: str
    title: str
    unit: str
    goal: float
    kind: Kind
    ours: str
    measure: Callable[[Plan], Measured]
    size: int
    size_unit: str
    smallest: int
    runs: int = 3


def ratio_of(figure: Figure, pair: tuple[float, float]) -> float:
    """The ratio of one pair, as the figure's kind has it."""
    ours, peer = pair
    return peer / ours if figure.kind == "time" else ours / peer


def result_of(figure: Figure, plan: Plan, measured: Measured) -> dict[str, Any]:
    """The one JSON object of a run. The ratio is that of the peer we do worst against."""
    peers = [_beside(figure, name, pairs) for name, pairs in measured.pairs.items()]
    worst = (max if figure.kind == "share" else min)(peers, key=lambda one: float(one["ratio"]))
    ratio = float(worst["ratio"])
    reached = measured.held and (ratio <= figure.goal if figure.kind == "share" else ratio >= figure.goal)
    return {
        "figure": figure.name,
        "title": figure.title,
        "ours": worst.pop("ours"),
        "ours_is": figure.ours,
        "peer": peers[0] if len(peers) == 1 else peers,
        "ratio": ratio,
        "goal": figure.goal,
        "kind": figure.kind,
        "reached": reached,
        "unit": figure.unit,
        "size": plan.size,
        "size_unit": figure.size_unit,
        "runs": plan.runs,
        "seed": plan.seed,
        "checked": measured.checked,
        "notes": list(measured.notes),
        "versions": dict(measured.versions),
        "flags": dict(measured.flags),
        "more": dict(measured.more),
    }


def _beside(figure: Figure, name: str, pairs: Pairs) -> dict[str, Any]:
    ratios = sorted(ratio_of(figure, pair) for pair in pairs)
    return {
        "name": name,
        "value": _short(median(peer for _, peer in pairs)),
        "ours": _short(median(ours for ours, _ in pairs)),
        "ratio": _short(median(ratios)),
        "spread": [_short(ratios[0]), _short(ratios[-1])],
        "pairs": [[_short(ours), _short(peer)] for ours, peer in pairs],
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")
