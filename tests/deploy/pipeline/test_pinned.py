"""Pinned everything: whatever a build takes in is named by a digest that somebody wrote down."""

import json
import re
from pathlib import Path

import pytest

from deploy.cdk_command import PINNED

ROOT = Path(__file__).resolve().parents[3]
PYTHON_LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NODE_LOCKS = sorted(ROOT / name for name in ("requirements/cdk", "tests/sign_in_service", "web"))
RECIPES = sorted(path for place in ("deploy", "onprem") for path in (ROOT / place).rglob("Containerfile"))


@pytest.mark.parametrize("path", PYTHON_LOCKS, ids=lambda path: path.name)
def test_every_distribution_has_a_version_and_hashes(path: Path) -> None:
    text = path.read_text("utf-8").replace("\\\n", " ")
    rows = [row for row in text.splitlines() if row.strip()]
    assert rows
    for row in rows:
        assert re.fullmatch(
            r"[A-Za-z0-9._-]+(\[[a-z,0-9-]+\])?==\S+( ;[^-]*)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", row
        ), row[:90]


@pytest.mark.parametrize("folder", NODE_LOCKS, ids=lambda path: path.name)
def test_every_package_of_npm_has_its_integrity_and_no_address(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    named = {name: one for name, one in lock["packages"].items() if name and not one.get("link")}
    assert named
    for name, one in named.items():
        assert one["integrity"].startswith("sha512-"), name
        assert "resolved" not in one, name
    told = json.loads((folder / "package.json").read_text("utf-8"))
    for wanted in (told.get("dependencies", {}) | told.get("devDependencies", {})).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", wanted), wanted
    assert "omit-lockfile-registry-resolved=true" in (folder / ".npmrc").read_text("utf-8")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.relative_to(ROOT).as_posix().replace("/", "-"))
def test_an_image_begins_with_what_we_built_or_with_a_digest(path: Path) -> None:
    text = path.read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases
    for base in bases:
        assert base == "${BASE_IMAGE}" or "@sha256:" in base
    # No default: whoever builds says which base, and ours is made by mmdebstrap on this machine.
    assert not re.search(r"^ARG BASE_IMAGE=", text, re.MULTILINE)


def test_there_is_something_to_hold() -> None:
    assert len(PYTHON_LOCKS) >= 6
    assert len(RECIPES) == 2


def test_installing_asks_for_the_hashes() -> None:
    made = (ROOT / "Makefile").read_text("utf-8")
    for line in made.splitlines():
        if "pip install" in line and "-r requirements" in line:
            assert "--require-hashes" in line
        assert not re.search(r"npm (install|i)\b(?!,)", line) or "apt-get" in line
    assert "requirements/cdk && npm ci" in made
    assert PINNED.parent == ROOT / "requirements/cdk/node_modules/.bin"
