"""The stacks that come and go, of the stage prod, synthesized once a run with the packages of this run."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.names import SERVICES
from tests.deploy.assemblies import Assembly, Template, assembly_of

LIFECYCLES = ("front", "services", "web", "reporting", "scanner", "downloads", "observability")


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage prod."""
    return assembly_of("prod", tmp_path_factory)


@pytest.fixture(scope="session")
def services(prod: Assembly) -> Mapping[str, Template]:
    """Service -> its nested template."""
    found = {}
    for service in SERVICES:
        (path,) = prod.folder.glob(
            f"*Services{service.capitalize()}*.nested.template.json".replace("Services", "services")
        )
        found[service] = json.loads(path.read_text("utf-8"))
    return found


def flat(value: Any) -> str:
    """A value with its references, as one text to look into."""
    return json.dumps(value, sort_keys=True)
