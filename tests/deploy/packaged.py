"""The packages of this run, where the stacks look for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from tests.deploy.packaging.conftest import packages_of


@contextmanager
def packaged(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stacks that are built inside include these packages; whoever comes first makes them."""
    with mock.patch("deploy.stacks.services.PACKAGES", packages_of(factory).build / "packages"):
        yield
