"""What the documents say stays true."""

import re
import subprocess
from functools import cache
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
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page} -> {target}"
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), f"{page} -> {target}"


@cache
def anchors(path: Path) -> frozenset[str]:
    """Where links into a page may lead: its headings, as the web shows them (small letters, no punctuation, hyphens for spaces)."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    shown = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", one).replace("`", "") for one in headings]
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in shown)


def test_anchors_are_made_as_the_web_makes_them(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("# The front's secret\n## 1. Names, and `SES` (5 minutes)\n```\n# no heading\n```\n", "utf-8")
    assert anchors(file) == {"the-fronts-secret", "1-names-and-ses-5-minutes"}


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
