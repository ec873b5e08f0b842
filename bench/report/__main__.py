"""``python -m bench.report [--take]``: write docs/performance.md and its charts from bench/results.

With ``--take`` what ``python -m bench NAME --json`` printed is read from stdin and recorded first.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.processes import ROOT
from bench.report.charts import goals, rates
from bench.report.page import page
from bench.report.records import Record, keep, records


def files(found: Sequence[Record]) -> dict[Path, str]:
    """What is written, by path below docs/."""
    return {
        Path("performance.md"): page(found),
        Path("performance/goals.svg"): goals(found),
        Path("performance/rates.svg"): rates([one for one in found if one.said["unit"] == "MB/s"]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write it; gives 0, or 1 where no result is recorded."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--take", action="store_true", help="record the results that come in on stdin")
    if parser.parse_args(arguments).take:
        print(f"recorded: {', '.join(keep(sys.stdin))}")
    found = records()
    if not found:
        print("bench: no results are recorded; `make performance` takes them", file=sys.stderr)
        return 1
    for path, text in files(found).items():
        target = ROOT / "docs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
