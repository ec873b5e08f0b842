"""What every test run shares, registered here so that xdist's controller has it too: the table of the contract suites, and the run's verdict."""

import sys
from collections.abc import Iterator

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


@pytest.fixture(scope="module", autouse=True)
def no_session_of_another_module() -> Iterator[None]:
    """boto3's default session keeps the credentials that it found first; the next module's environment may have others."""
    yield
    if "boto3" in sys.modules:
        vars(sys.modules["boto3"])["DEFAULT_SESSION"] = None
