"""The self-review claims nothing without a file that makes it true and a test that is run; both languages claim the same."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from deploy.prove.checks import all_checks
from tests.architecture.pages import ROOT, page, rows

ENGLISH, JAPANESE = (f"docs/cloud/well-architected{language}.md" for language in ("", ".ja"))
PILLARS = 6
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)[^)]*\)")


def claims(name: str) -> list[list[str]]:
    """number, claim, files, test, checks of each row."""
    return [row for row in rows(page(name)) if re.fullmatch(r"\d\.\d+", row[0])]


def linked(cell: str) -> list[tuple[str, str]]:
    """(text, path from the root) of each link of a cell."""
    there = (ROOT / ENGLISH).parent
    return [(text, (there / target).resolve().relative_to(ROOT).as_posix()) for text, target in _LINK.findall(cell)]


ROWS = claims(ENGLISH)


def test_both_languages_claim_the_same() -> None:
    assert [(row[0], *row[2:]) for row in ROWS] == [(row[0], *row[2:]) for row in claims(JAPANESE)]
    assert all(re.search("[ぁ-んァ-ン]", row[1]) for row in claims(JAPANESE))
    assert len({row[1] for row in claims(JAPANESE)}) == len(ROWS)


@pytest.mark.parametrize("name", [ENGLISH, JAPANESE])
def test_a_pillar_is_its_table_and_nothing_is_claimed_beside_it(name: str) -> None:
    parts = re.split(r"^## ", page(name), flags=re.MULTILINE)[1:]
    pillars = [part for part in parts if re.match(r"\d\. ", part)]
    assert len(pillars) == PILLARS
    for number, part in enumerate(pillars, start=1):
        heading, *lines = [line for line in part.splitlines() if line]
        assert heading.startswith(f"{number}. ")
        assert all(line.startswith("|") for line in lines), heading
        numbers = [row[0] for row in rows(part)]
        assert numbers == [f"{number}.{one}" for one in range(1, len(numbers) + 1)]
    # What is weaker, what is not there, what was not proved: told in both.
    assert len(parts) == PILLARS + 2
    assert len(re.findall(r"\.\./weaknesses\.md#", page(name))) >= 8


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_claim_leads_to_what_makes_it_true(row: list[str]) -> None:
    _, claim, files, tests, checks = row
    assert claim.endswith(".")
    assert linked(files)
    for _, path in linked(files):
        assert (ROOT / path).exists(), path
        assert not path.startswith("tests/")
    ((text, path),) = linked(tests)
    assert is_run(ROOT / path, text), tests
    assert {one.strip("`") for one in checks.split(", ") if one != "-"} <= known_checks()


@cache
def known_checks() -> frozenset[str]:
    return frozenset(check.id for check in all_checks())


def is_run(path: Path, name: str) -> bool:
    """Whether the file has that test (or tests, where it is named itself), and nothing in it steps aside."""
    tree = ast.parse(path.read_text("utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    tests = [node for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")]
    wanted = tests if name == path.name else [node for node in tests if node.name == name]
    looked_at = [*wanted, *(node for node in tree.body if isinstance(node, ast.Assign))]
    steps_aside = any(re.search(r"\b(skip|skipif|xfail|importorskip)\b", ast.unparse(node)) for node in looked_at)
    return bool(wanted) and not steps_aside


def test_a_test_that_steps_aside_or_is_not_there_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "test_example.py"
    file.write_text("import pytest\n@pytest.mark.skip\ndef test_one() -> None: ...\ndef test_two() -> None: ...\n")
    assert is_run(file, "test_two")
    assert not is_run(file, "test_one")
    assert not is_run(file, "test_three")
    assert not is_run(file, "test_example.py")
