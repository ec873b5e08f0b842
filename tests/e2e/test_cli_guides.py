"""The automation guides: every example is run, in order, as a reader would type it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.pages import blocks, page
from tests.e2e.support.company import Company, company
from tests.e2e.support.people import Person

__all__ = ["company"]
pytestmark = pytest.mark.slow
GUIDES = ("docs/guides/automation.en.md", "docs/guides/automation.ja.md")


def examples(guide: str) -> str:
    return "\n".join(block.text for block in blocks(page(guide)) if block.language == "sh")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_example_runs(company: Company, tmp_path: Path, language: str) -> None:
    (tmp_path / "drawings").mkdir()
    (tmp_path / "drawings" / "plan.dxf").write_text("a plan")
    (tmp_path / "report.pdf").write_text("a report")
    command = tmp_path / "bin" / "fumibako"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fumibako.cli "$@"\n')
    command.chmod(0o755)
    admin = Person(tmp_path / "home", FUMIBAKO_LANG=language, PATH=f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    password = company.first["password"] + "\n"
    admin.run("login", company.url, "--email", company.first["email"], "--password-file", "-", given=password)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", examples(f"docs/guides/automation.{language}.md")],
        env=admin.environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drawings/plan.dxf\n" in done.stdout
    assert "no such transfer\nsato@partner.example\t" in done.stdout
    assert "\nnot_found\n" in done.stdout
    # Created, sent again under a key, and from a pipe: three transfers of this run, each told once.
    assert len(re.findall(r"(?m)^\S+Z\ttr_\w{26}$", done.stdout)) >= 3
    assert (tmp_path / "link.txt").read_text().startswith(f"{company.url}/l#")
    assert (tmp_path / "cursor").read_text().strip().isdigit()


def test_both_languages_show_the_same_examples() -> None:
    english, japanese = (examples(guide) for guide in GUIDES)
    assert english == japanese
    assert len(re.findall(r"(?m)^## ", page(GUIDES[0]))) == len(re.findall(r"(?m)^## ", page(GUIDES[1])))
