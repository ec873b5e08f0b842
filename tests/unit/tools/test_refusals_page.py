"""The page of what deploy/ refuses: made from the source, whole, and what other pages say of codes is true."""

import re
from pathlib import Path

import pytest

from tools.refusals_page import ROOT, Refusal, refusals, refusals_page

_TABLE = re.compile(r"^\| (?:code|refusal) \| (?:when|what|why).*\n\| -.*\n((?:\|.*\n)+)", re.MULTILINE)


def source(folder: Path, text: str) -> Path:
    (folder / "one.py").write_text(text, "utf-8")
    return folder


def test_values_of_the_case_are_left_out_and_constants_are_not(tmp_path: Path) -> None:
    text = '_NEXT = "Run it again."\n_DAYS: int = 14\nraise Refused("odd", f"{x} ends in {_DAYS} days.", _NEXT)\n'
    assert refusals(source(tmp_path, text)) == [Refusal("odd", "… ends in 14 days.", "Run it again.")]


def test_the_same_words_stand_once_and_other_words_of_one_code_beside_them(tmp_path: Path) -> None:
    text = 'Refused("odd", "A.", "B.")\nRefused("odd", "A.", "B.")\nRefused("odd", "A.", "C.")\n'
    assert [one.next for one in refusals(source(tmp_path, text))] == ["B.", "C."]


def test_a_code_that_is_no_literal_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"one\.py:1"):
        refusals(source(tmp_path, 'raise Refused(code, "A.", "B.")\n'))


def test_a_bar_does_not_end_a_cell() -> None:
    lines = refusals_page().splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) > 100
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


@pytest.mark.parametrize("page", ["README.md", "pipeline.md", "tenants.md", "accounts.md"])
def test_codes_on_the_pages_of_the_cloud_are_refused_somewhere(page: str) -> None:
    known = {one.code for one in refusals(ROOT / "deploy")}
    tables = _TABLE.findall((ROOT / "docs/cloud" / page).read_text("utf-8"))
    named = {
        code for table in tables for row in table.splitlines() for code in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert named
    assert named - known == set()
