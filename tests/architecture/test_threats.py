"""docs/threats.md names tests that exist and weaknesses that are told."""

import re

from tests.architecture.pages import headings, missing_tests, named_tests, page, rows

THREATS = page("docs/threats.md")
TABLES = [row for row in rows(THREATS) if len(row) == 3]


def test_every_named_test_exists() -> None:
    assert missing_tests(THREATS) == []


def test_every_threat_has_its_defence_and_a_test_or_a_told_weakness() -> None:
    assert len(TABLES) > 80
    for threat, defence, shown in TABLES:
        assert threat
        assert defence
        assert len(named_tests(shown)) == 1 or re.fullmatch(r"weakness \d+", shown), threat


def test_every_weakness_it_points_to_is_told() -> None:
    told = {int(heading.split(".")[0]) for heading in headings(page("docs/weaknesses.md"), 2) if heading[0].isdigit()}
    pointed = {int(number) for number in re.findall(r"weakness (\d+)", THREATS)}
    assert pointed <= told


def test_a_name_that_nobody_wrote_is_noticed() -> None:
    wrong = "`tests/architecture/test_threats.py::test_of_nobody` `tests/no_such_file.py::test_x`"
    assert missing_tests(wrong) == [
        "tests/architecture/test_threats.py::test_of_nobody",
        "tests/no_such_file.py::test_x",
    ]
