"""The registry of adapters under contract, by port.

To put an adapter under contract, write ``tests/contract/adapters_<technology>.py`` with

    def register(registry: Registry) -> None:
        registry.add("mail", "smtp", smtp_subject)

where ``smtp_subject(scene)`` is a context manager that builds the adapter over fresh state and yields the subject that the suite of
the port asks for (its Protocol stands in ``tests/contract/subjects.py`` or in the suite). Build it inside the function: importing the
module starts nothing. ``scene.tmp_path`` is a fresh folder, ``scene.fixture(name)`` gives any pytest fixture.

To write a suite, make ``tests/contract/test_<port>.py`` with ``PORT = "<port>"`` and tests that take the fixture ``subject``; each test
then runs once per adapter as ``test_x[adapter]``. A test that needs no adapter belongs elsewhere.

``group`` tells what a host must have: ``local`` (Python alone), ``moto``, ``postgresql``, ``clamd``. ``FUMIBAKO_ADAPTERS=fake,sqlite,moto``
restricts a run to these names or groups; the table at the end of the run (``table.py``) then demands only those.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Scene:
    """What a factory may use to build its subject."""

    tmp_path: Path
    request: pytest.FixtureRequest

    def fixture(self, name: str) -> Any:
        """The value of a pytest fixture, started only now."""
        return self.request.getfixturevalue(name)


Factory = Callable[[Scene], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Adapter:
    """One adapter of one port."""

    port: str
    name: str
    factory: Factory
    group: str


@dataclass
class Registry:
    """Port -> adapter name -> adapter, in the order of registration."""

    ports: dict[str, dict[str, Adapter]] = field(default_factory=dict)

    def add(self, port: str, name: str, factory: Factory, *, group: str = "local") -> None:
        """Put an adapter under the contract of a port. Raises ValueError for a name that is taken."""
        adapters = self.ports.setdefault(port, {})
        if name in adapters:
            raise ValueError(f"{port} has an adapter {name} already")
        adapters[name] = Adapter(port, name, factory, group)

    def selected(self, port: str) -> list[Adapter]:
        """The adapters of a port that this run asks for."""
        wanted = {name.strip() for name in os.environ.get("FUMIBAKO_ADAPTERS", "").split(",")} - {""}
        adapters = list(self.ports.get(port, {}).values())
        return [one for one in adapters if not wanted or one.name in wanted or one.group in wanted]


@cache
def registry() -> Registry:
    """Every adapter of every ``adapters_*.py`` in this folder."""
    built = Registry()
    folder = str(Path(__file__).parent)
    for module in sorted(pkgutil.iter_modules([folder]), key=lambda found: found.name):
        if module.name.startswith("adapters_"):
            importlib.import_module(f"tests.contract.{module.name}").register(built)
    return built
