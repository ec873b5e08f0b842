"""Parametrises the contract suites by adapter and hooks the table of cells."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract import table
from tests.contract.harness import Adapter, Scene, registry
from tests.postgresql import postgresql_cluster, postgresql_url

__all__ = ["postgresql_cluster", "postgresql_url"]


def pytest_configure(config: pytest.Config) -> None:
    """Also loaded by tests/conftest.py where there is one; the plugin registers once."""
    table.register(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``test_x[adapter]`` for each selected adapter of the module's PORT."""
    if "subject" not in metafunc.fixturenames:
        return
    adapters: list[Adapter | None] = [*registry().selected(metafunc.module.PORT)] or [None]
    names = [adapter.name if adapter else "none-selected" for adapter in adapters]
    metafunc.parametrize("subject", adapters, ids=names, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the suites of ports of which no adapter is selected; pytest itself would call them skipped."""
    idle = [item for item in items if isinstance(item, pytest.Function) and _is_idle(item)]
    if idle:
        config.hook.pytest_deselected(items=idle)
        items[:] = [item for item in items if item not in idle]


def _is_idle(item: pytest.Function) -> bool:
    return hasattr(item, "callspec") and item.callspec.params.get("subject", item) is None


@pytest.fixture
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """What the adapter's factory yields."""
    adapter: Adapter = request.param
    request.node.user_properties.append((table.PROPERTY, f"{adapter.port}/{adapter.name}"))
    with adapter.factory(Scene(tmp_path, request)) as built:
        yield built
