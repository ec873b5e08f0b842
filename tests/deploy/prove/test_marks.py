"""Every mark of the documents has its check, and every check a mark; no mark is without a name."""

from collections import Counter
from pathlib import Path

import pytest

from deploy.prove.marks import Mark, bare, marks
from tests.deploy.prove.replay import CHECKS

MARKED = {mark.check for mark in marks()}


def test_every_mark_names_a_check() -> None:
    assert [mark for mark in marks() if mark.check not in CHECKS] == []


def test_every_check_has_its_claim() -> None:
    assert sorted(set(CHECKS) - MARKED) == []


def test_no_mark_is_without_a_name() -> None:
    assert bare() == []


def test_ids_are_unique() -> None:
    from deploy.prove.checks import all_checks

    assert [name for name, count in Counter(check.id for check in all_checks()).items() if count > 1] == []


def test_marks_are_found_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(
        "One.\nTwo [P some-check], three [P other-one].\nA [link](x).\n", "utf-8"
    )
    assert marks(tmp_path) == [Mark("other-one", "docs/page.md", 2), Mark("some-check", "docs/page.md", 2)]
    assert bare(tmp_path) == []


@pytest.mark.parametrize("text", ["[P]", "[P Some-Check]", "[P one]", "[P two words]"])
def test_marks_without_a_name_are_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(f"First.\nIt is so {text}.\n", "utf-8")
    assert bare(tmp_path) == ["README.md:2"]
    assert marks(tmp_path) == []


def test_this_room_and_its_own_page_are_no_claims(tmp_path: Path) -> None:
    for name in ("deploy/prove/check.py", "docs/cloud/prove.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[P some-check] [P]\n", "utf-8")
    assert marks(tmp_path) == []
    assert bare(tmp_path) == []
