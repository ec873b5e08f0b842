"""What a run writes down of itself with `--verdict FILE`: how it ended, how many passed, and which tests did not.

`tools/second_look.py` reads it. Under pytest-xdist the controller alone writes: it has every worker's reports.
"""

import json
from pathlib import Path
from typing import Final

import pytest

_NAME: Final = "verdict"


class _Verdict:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._passed: set[str] = set()
        self._failed: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed[report.nodeid] = None
        elif report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = {
            "exit": int(exitstatus),
            "passed": len(self._passed - self._failed.keys()),
            "failed": [*self._failed],
        }
        self._file.write_text(json.dumps(written, indent=1) + "\n", "utf-8")


def add_option(parser: pytest.Parser) -> None:
    """Register `--verdict`."""
    parser.addoption(
        "--verdict", metavar="FILE", default=None, help="write how the run ended, and what failed, to FILE"
    )


def register(config: pytest.Config) -> None:
    """Start writing down, in the controller and where there are no workers."""
    file = config.getoption("--verdict")
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Verdict(Path(file)), _NAME)
