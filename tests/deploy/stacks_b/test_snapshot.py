"""What the stacks that come and go are made of, as a page that a person reads in a review: a changed line is a changed deployment."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.deploy.assemblies import Assembly, Template
from tests.deploy.stacks_b.conftest import LIFECYCLES

pytestmark = pytest.mark.slow
SNAPSHOT = Path(__file__).with_name("snapshot.txt")


def told(prod: Assembly, services: Mapping[str, Template]) -> str:
    """``<stack> <type> <how many>``, sorted."""
    templates = {lifecycle: prod.template(lifecycle) for lifecycle in LIFECYCLES}
    templates |= {f"services/{name}": template for name, template in services.items()}
    lines = []
    for stack, template in sorted(templates.items()):
        counted = Counter(one["Type"].removeprefix("AWS::") for one in template["Resources"].values())
        lines += [f"{stack:<24}{kind:<44}{number:>3}" for kind, number in sorted(counted.items())]
    return "\n".join(lines) + "\n"


def test_the_stacks_are_those_of_the_page(prod: Assembly, services: Mapping[str, Template]) -> None:
    """``WRITE_SNAPSHOT=1`` writes it anew; read the difference before you keep it."""
    found = told(prod, services)
    if os.environ.get("WRITE_SNAPSHOT"):
        SNAPSHOT.write_text(found, "utf-8")
    assert SNAPSHOT.read_text("utf-8") == found
