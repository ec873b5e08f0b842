"""The first deployment: its stage is one that the program takes, beside those of the tree, and its steps come in an order that works."""

import re
import shutil
from pathlib import Path

from deploy.names import LIFECYCLES
from deploy.stage import STAGES, load_stage
from tests.architecture.pages import blocks, page

PAGE = page("docs/cloud/first-deployment.md")


def test_its_stage_is_whole_and_collides_with_none(tmp_path: Path) -> None:
    shutil.copytree(STAGES, tmp_path, dirs_exist_ok=True)
    (text,) = (block.text for block in blocks(PAGE) if block.language == "toml")
    name = re.findall(r"deploy/stages/(\w+)\.toml", text)[0]
    (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    stage = load_stage(name, tmp_path)
    # It can be taken away again, its hosts are those of the page's commands, and the names in the shell are its own.
    assert not stage.protected
    assert set(re.findall(r"https://([\w.]+)", PAGE)) == {stage.page_host}
    assert f"STAGE={name} " in PAGE
    assert f"AWS_REGION={stage.region}" in PAGE


def test_its_verbs_come_in_an_order_that_works() -> None:
    verbs = re.findall(r"^[$#] (?:\.venv/bin/)?python -m deploy (\w+)", PAGE, re.MULTILINE)
    assert list(dict.fromkeys(verbs)) == ["package", "synth", "prepare", "image", "deploy", "page", "tenant", "remove"]


def test_taking_it_away_takes_every_stack_those_that_stand_on_others_first() -> None:
    removed = " ".join(re.findall(r"^\$ python -m deploy remove .* --only (.+)$", PAGE, re.MULTILINE)).split()
    there = [one for one in LIFECYCLES if one in removed]
    assert sorted(removed) == sorted(there)
    assert set(LIFECYCLES) - set(removed) <= {"scanner", "downloads"}
    assert removed == there[::-1]
