"""The examples of docs/recipes work: each is written into a copy of the tree, checked for style, and its command is run there."""

import re
from pathlib import Path

import pytest

from tests.architecture.examples.overlay import recipe
from tests.architecture.pages import ROOT, page

NAMES = sorted(path.name for path in (ROOT / "docs/recipes").glob("add-*.md"))


def test_the_index_names_every_recipe() -> None:
    assert sorted(re.findall(r"\((add-[a-z-]+\.md)\)", page("docs/recipes/README.md"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_step_names_is_there(name: str) -> None:
    text = page(f"docs/recipes/{name}").split("## The finished example")[0]
    for path in re.findall(r"`((?:chalicelib|onprem|spec|tests|services|docs)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists(), path


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_finished_example_works(name: str, tmp_path: Path) -> None:
    overlay, commands = recipe(name, tmp_path)
    for arguments in (("check", "--quiet"), ("format", "--check", "--quiet")):
        judged = overlay.ruff(*arguments)
        assert judged.returncode == 0, judged.stdout + judged.stderr
    assert commands
    for command in commands:
        ended = overlay.run(command)
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]
        assert re.search(r"\d+ passed", ended.stdout), ended.stdout
