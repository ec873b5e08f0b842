"""``python -m bench NAME [--json] [--size N] [--runs K]``: one figure, or ``all`` of them one after another."""

import argparse
import importlib
import json
import pkgutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bench.figures
from bench.figure import Figure, Plan, result_of
from bench.machine import machine


def names() -> list[str]:
    """The figures that there are."""
    return sorted(one.name for one in pkgutil.iter_modules(bench.figures.__path__))


def figure_of(name: str) -> Figure:
    """The figure of a name, read in only now: each brings its own tools."""
    found: Figure = importlib.import_module(f"bench.figures.{name}").FIGURE
    return found


def take(figure: Figure, *, size: int | None, runs: int | None, seed: int, folder: Path | None) -> dict[str, Any]:
    """Measure one figure in a scratch folder that is gone afterwards; gives its JSON object."""
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="fumibako-bench-", dir=folder) as scratch:
        plan = Plan(size or figure.size, runs or figure.runs, Path(scratch), seed)
        return {**result_of(figure, plan, figure.measure(plan)), "machine": seen}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; gives 0 where every one reached its goal, 1 where one did not, 2 for a name that is none."""
    options = _parser().parse_args(arguments)
    # A run that is cut must still stop the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = names() if options.name == "all" else [options.name]
    if not set(wanted) <= set(names()):
        print(f"bench: no figure {options.name!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    reached = True
    for name in wanted:
        figure = figure_of(name)
        size = figure.smallest if options.smallest else options.size
        result = take(figure, size=size, runs=options.runs, seed=options.seed, folder=options.folder)
        print(json.dumps(result, ensure_ascii=False) if options.json else _line(result), flush=True)
        reached = reached and bool(result["reached"])
    return 0 if reached or options.smallest else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", metavar="NAME", help=f"all, or one of: {', '.join(names())}")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--size", type=int, help="how much, in the figure's own unit")
    parser.add_argument("--smallest", action="store_true", help="only see whether it runs")
    parser.add_argument("--runs", type=int, help="how many pairs")
    parser.add_argument("--seed", type=int, default=1, help="of the bytes that are sent")
    parser.add_argument("--folder", type=Path, help="where the scratch folder is made")
    return parser


def _line(result: dict[str, Any]) -> str:
    peers = result["peer"] if isinstance(result["peer"], list) else [result["peer"]]
    beside = ", ".join(f"{one['name']} {one['value']}" for one in peers)
    bound = "or less" if result["kind"] == "share" else "or more"
    verdict = "reached" if result["reached"] else "NOT reached"
    return (
        f"{result['figure']}: {result['ours']} {result['unit']} beside {beside}: "
        f"ratio {result['ratio']}, goal {result['goal']} {bound}: {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
