"""What every test run shares: the table of the contract suites, registered here so that xdist's controller has it too."""

import pytest

from tests.contract import table


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin."""
    table.register(config)
