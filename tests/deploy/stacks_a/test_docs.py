"""The pages of the cloud channel tell every setting, stack, code and verb of these rooms."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from deploy.names import LIFECYCLES
from deploy.stage import Stage

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "cloud" / "README.md").read_text("utf-8")
ROWS = {row.split("|")[1].strip() for row in PAGE.splitlines() if row.startswith("|")}
# The other verbs have pages of their own.
VERBS = ("deploy", "diff", "hold", "page", "prepare", "release", "remove", "settle", "synth")
ROOMS = ("preparing", "recovery", "stilling")
CODES = sorted(
    {
        code
        for path in [
            *(ROOT / "deploy").glob("*.py"),
            *(path for room in ROOMS for path in (ROOT / "deploy" / room).glob("*.py")),
            *(ROOT / f"deploy/verbs/{verb}.py" for verb in VERBS),
        ]
        for code in re.findall(r'Refused\(\s*"([a-z_]+)"', path.read_text("utf-8"))
    }
)


@pytest.mark.parametrize("name", sorted(each.name for each in fields(Stage) if each.name != "name"))
def test_every_setting_of_a_stage_has_its_row(name: str) -> None:
    assert f"`{name}`" in ROWS


def test_every_stack_has_its_row_in_the_order_of_deployment() -> None:
    found = [row.split("|")[1].strip() for row in PAGE.splitlines() if row.startswith("|")]
    assert [name for name in found if name in LIFECYCLES] == list(LIFECYCLES)


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_is_told(code: str) -> None:
    assert f"`{code}`" in PAGE


def test_every_verb_of_these_rooms_has_its_row() -> None:
    assert {row.split(" ")[0].strip("`") for row in ROWS} >= set(VERBS)


def test_every_page_of_the_cloud_channel_is_in_the_index() -> None:
    for path in sorted((ROOT / "docs" / "cloud").glob("*.md")):
        assert path.name == "README.md" or f"({path.name})" in PAGE, path.name
