"""The stacks that keep things, of a protected stage, synthesized once a run."""

import pytest

from tests.deploy.assemblies import Assembly, assembly_of

LIFECYCLES = ("keys", "network", "blobs", "identity", "data", "messaging")


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage prod."""
    return assembly_of("prod", tmp_path_factory)


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage box, which is there to be thrown away and has no scanner."""
    return assembly_of("box", tmp_path_factory)
