"""The end of a run says which rounds were played and by which seed they can be had again."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each victim. Properties travel with the reports, so this holds under xdist too."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "rounds" and report.when == "call":
                    terminalreporter.write_line(f"faults: {value}: {outcome}")
