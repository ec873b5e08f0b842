"""What every test run shares, registered here so that xdist's controller has it too: the table of the contract suites, and the run's verdict."""

import pytest

from tests import verdicts
from tests.contract import table


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    verdicts.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugins."""
    table.register(config)
    verdicts.register(config)
