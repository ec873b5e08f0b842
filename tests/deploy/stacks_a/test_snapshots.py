"""What stands in the stacks that keep things, on a page each. `UPDATE_SNAPSHOTS=1` writes the pages anew; read the difference before you commit it."""

import os
from pathlib import Path

import pytest

from tests.deploy.assemblies import Assembly
from tests.deploy.stacks_a.conftest import LIFECYCLES
from tests.deploy.stacks_a.facts import page

PAGES = Path(__file__).resolve().parent / "snapshots"


@pytest.mark.parametrize("lifecycle", sorted(LIFECYCLES))
def test_the_stack_is_what_its_page_says(prod: Assembly, lifecycle: str) -> None:
    path = PAGES / f"{lifecycle}.txt"
    found = page(prod.template(lifecycle))
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")
