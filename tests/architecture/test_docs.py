"""What the documents say stays true."""

import re
import subprocess
from pathlib import Path

import pytest

from tools.generate_docs import PAGES

ROOT = Path(__file__).resolve().parent.parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split("\n")
MARKDOWN = sorted(name for name in TRACKED if name.endswith(".md") and (ROOT / name).exists())
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", sorted(PAGES))
def test_generated_pages_are_what_would_be_written(page: str) -> None:
    assert (ROOT / page).read_text("utf-8") == PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("page", MARKDOWN)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    for target in _LINK.findall(text):
        if not target.startswith(("http://", "https://", "#", "mailto:")):
            assert (ROOT / page).parent.joinpath(target.split("#")[0]).exists(), f"{page} -> {target}"


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
        assert path.name in listed
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. ")


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in shown.splitlines()} == phony


def test_ci_calls_the_test_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    script = (ROOT / ".ci/run").read_text("utf-8")
    for command in ("make demo", "make test", "make check"):
        assert f"`{command}`" in readme
    assert re.search(r"^make test$", script, re.MULTILINE)


# A version alone on its line with its hashes below, or both in one.
_LOCKED = re.compile(
    r"([a-z0-9._-]+==[^ ]+ ((; .*)?)(\\|--hash=sha256:[0-9a-f]{64})|    --hash=sha256:[0-9a-f]{64}( \\)?)$"
)


def test_lock_files_carry_versions_and_hashes_but_no_address() -> None:
    for path in sorted([*(ROOT / "requirements").glob("*.lock"), *(ROOT / "bench").rglob("*.lock")]):
        text = path.read_text("utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
        for line in text.splitlines():
            assert _LOCKED.match(line), line
