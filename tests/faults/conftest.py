"""The end of a run says what the rounds came to, and by which seed they can be had again; FAULT_RESULTS names a file that gets the same."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.faults.results import merged, table

# Kinds of property that tests hand over: rounds of one kind, and journeys over a bad line.
KEPT = ("faults", "journey")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Properties travel with the reports, so this holds under xdist too."""
    found: dict[str, list[Any]] = {name: [] for name in KEPT}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name in KEPT and report.when == "call":
                    found[name].append(value)
    for line in table(found):
        terminalreporter.write_line(line)
    if os.environ.get("FAULT_RESULTS") and any(found.values()):
        path = Path(os.environ["FAULT_RESULTS"])
        known = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(merged(known, found), indent=1, sort_keys=True) + "\n")
