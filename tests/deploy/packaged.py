"""The packages of this run, where the stacks look for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from filelock import FileLock

from tests.deploy.packaging.conftest import made_in, shared_folder


@contextmanager
def packaged(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stacks that are built inside include these packages; whoever comes first makes them."""
    build = shared_folder(factory) / "packages-of-this-run"
    with FileLock(f"{build}.lock", timeout=240):
        if not (build / "packages" / "manifest.json").exists():
            made_in(build)
    with mock.patch("deploy.stacks.services.PACKAGES", build / "packages"):
        yield
