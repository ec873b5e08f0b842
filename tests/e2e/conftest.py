"""The end of a run tells the figures that tests measured on the way."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Properties travel with the reports, so this holds under xdist too."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "memory" and report.when == "call":
                    terminalreporter.write_line(f"memory: {value}: {outcome}")
