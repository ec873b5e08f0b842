"""The page of the pipeline tells every code of these rooms, and its lines are taken by the real parser."""

import re
import shlex
from pathlib import Path

import pytest

from deploy.__main__ import parser

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "cloud" / "pipeline.md").read_text("utf-8")
SOURCES = [*(ROOT / "deploy" / "pipeline").rglob("*.py"), *(ROOT / "deploy" / "supply").glob("*.py")]
SOURCES += [
    ROOT / f"deploy/verbs/{verb}.py" for verb in ("pipeline", "preview", "sbom", "sign", "sleep", "verify", "wake")
]
CODES = sorted({code for path in SOURCES for code in re.findall(r'Refused\(\s*"([a-z_]+)"', path.read_text("utf-8"))})
LINES = sorted(set(re.findall(r"^python -m deploy [^#\n`]+|(?<=`)python -m deploy [^`]+(?=`)", PAGE, re.MULTILINE)))


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_is_told(code: str) -> None:
    assert f"`{code}`" in PAGE


def test_there_are_codes_and_lines() -> None:
    assert len(CODES) > 25
    assert len(LINES) > 12


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_taken(line: str) -> None:
    words = shlex.split(line)
    parser().parse_args(words[3:])


def test_every_verb_of_these_rooms_is_shown() -> None:
    for verb in (
        "pipeline bring",
        "pipeline bake",
        "pipeline back",
        "pipeline show",
        "pipeline synth",
        "pipeline key",
        "preview open",
        "preview close",
        "preview sweep",
        "sleep",
        "wake",
        "sbom",
        "sign",
        "verify",
    ):
        assert f"python -m deploy {verb}" in PAGE, verb
