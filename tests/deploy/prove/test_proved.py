"""The dated record and the page: what was proved, and plainly what was not."""

from datetime import date
from pathlib import Path

import pytest

from deploy.errors import Refused
from deploy.prove import page
from deploy.prove.proved import Record, latest
from tests.deploy.prove.replay import CHECKS

ROW = """
[[record]]
id = "vault-locked"
date = 2026-11-20
state = "proved"
region = "ap-northeast-1"
version = "1.0.0"
evidence = "locked"
"""
LATER = ROW.replace("2026-11-20", "2026-12-01").replace('"proved"', '"failed"')


@pytest.fixture(scope="module")
def written() -> str:
    return page.prove_page()


def _latest(tmp_path: Path, text: str) -> dict[str, Record]:
    path = tmp_path / "proved.toml"
    path.write_text(text, "utf-8")
    return dict(latest(CHECKS, path))


def test_the_last_record_of_a_check_counts(tmp_path: Path) -> None:
    found = _latest(tmp_path, LATER + ROW)
    assert found == {
        "vault-locked": Record("vault-locked", date(2026, 12, 1), "failed", "ap-northeast-1", "1.0.0", "locked")
    }


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        ROW.replace("vault-locked", "no-such-check"),
        ROW.replace('"proved"', '"perhaps"'),
        ROW.replace("date = 2026-11-20", 'date = "2026-11-20"'),
        ROW.replace('evidence = "locked"\n', ""),
        ROW + 'more = "x"\n',
        "other = 1\n",
    ],
)
def test_a_wrong_record_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused) as refused:
        _latest(tmp_path, text)
    assert refused.value.code == "proved_wrong"


def test_the_page_says_what_was_proved_and_what_was_not(written: str) -> None:
    known = latest(CHECKS)
    assert ("**Nothing has been proved in a real account yet.**" in written) == (not known)
    assert written.count("| not proved yet |") == len(CHECKS) - len(known)


def test_the_page_shows_what_was_proved_and_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    records = _latest(tmp_path, ROW)
    monkeypatch.setattr(page, "latest", lambda known: records)
    text = page.prove_page()
    assert "**1 checks have been proved in a real account, 0 failed there" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| `vault-locked` |")]
    assert row.endswith("| proved 2026-11-20 (ap-northeast-1) |")
    assert "[README.md](README.md)" in row


def test_every_check_has_its_row(written: str) -> None:
    rows = {line.split("`")[1]: line for line in written.splitlines() if line.startswith("| `") and "](" in line}
    assert sorted(rows) == sorted(CHECKS)
    for name, row in rows.items():
        assert CHECKS[name].question in row
        assert ("*probe*" in row) == CHECKS[name].probe
        assert ("*management*" in row) == (CHECKS[name].of == "management")


def test_every_room_has_its_title() -> None:
    from deploy.prove.checks import room_of

    assert {room_of(check) for check in CHECKS.values()} == set(page._ROOMS)
