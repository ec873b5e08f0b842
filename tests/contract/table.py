"""The table port x adapter at the end of a run: how many contract tests passed in each cell.

The run fails when a cell is missing, zero or unequal to the others of its port, or when a contract test was skipped. That is demanded
only where the whole folder was asked for, without ``-k`` or deselection. Works under xdist: reports reach the controller.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.contract.harness import Registry, registry

PROPERTY = "contract-cell"
_NAME = "fumibako-contract-table"


def register(config: pytest.Config) -> None:
    """Register the plugin once."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(ContractTable(config), _NAME)


def faults(passed: Counter[str], skipped: list[str], adapters: Registry) -> list[str]:
    """What is wrong with a whole run, in sentences; nothing when all is well. Keys of ``passed`` are ``port/adapter``."""
    found = [f"{nodeid} was skipped" for nodeid in skipped]
    for port in adapters.ports:
        names = [adapter.name for adapter in adapters.selected(port)]
        counts = {name: passed[f"{port}/{name}"] for name in names}
        found += [f"{port}/{name} has no passed test" for name, count in counts.items() if not count]
        if len(set(counts.values())) > 1:
            found.append(f"the adapters of {port} passed unequal numbers of tests: {counts}")
    return found


def lines(passed: Counter[str], adapters: Registry) -> list[str]:
    """The table as text, one line per port."""
    rows = []
    for port in sorted(adapters.ports):
        cells = [f"{adapter.name} {passed[f'{port}/{adapter.name}']}" for adapter in adapters.selected(port)]
        if cells:
            rows.append(f"{port:<14} " + "  ".join(cells))
    return rows


class ContractTable:
    """Counts reports where they arrive, which under xdist is the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._passed: Counter[str] = Counter()
        self._skipped: list[str] = []
        self._faults: list[str] = []

    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def _is_whole(self) -> bool:
        """Whether every contract test was asked for."""
        folder = Path(__file__).parent
        option = self._config.option
        if option.keyword or getattr(option, "deselect", None) or option.collectonly:
            return False
        if getattr(option, "lf", False) or getattr(option, "maxfail", 0):
            return False
        asked = [(self._config.invocation_params.dir / arg) for arg in self._config.args]
        return any(folder == path or path in folder.parents for path in (one.resolve() for one in asked))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        cell = dict(report.user_properties).get(PROPERTY)
        if report.skipped and (cell or "tests/contract/" in report.nodeid):
            self._skipped.append(report.nodeid)
        elif report.when == "call" and report.passed and isinstance(cell, str):
            self._passed[cell] += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._is_worker() or not self._is_whole():
            return
        self._faults = faults(self._passed, self._skipped, registry())
        if self._faults and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._is_worker() or not self._passed:
            return
        terminalreporter.section("contract tests passed, port x adapter")
        for line in lines(self._passed, registry()):
            terminalreporter.write_line(line)
        for fault in self._faults:
            terminalreporter.write_line(f"contract: {fault}", red=True)
