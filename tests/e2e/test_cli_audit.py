"""``audit``: read, export as JSON Lines, check against the root that was noted; and what a changed record looks like."""

import json
from pathlib import Path

import pytest

from tests.cli.office import admin_of
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow
HELD = r"The chain holds: blocks 1 to \d+, \d+ entries\."


@pytest.fixture
def record(company: Company, tmp_path: Path) -> tuple[Person, Path]:
    """An administrator, and an export that holds a transfer's creation."""
    admin, path = admin_of(company, tmp_path), tmp_path / "audit.jsonl"
    (tmp_path / "f.txt").write_text("x")
    sent = company.staff(tmp_path).json("send", str(tmp_path / "f.txt"), "--to", someone(), "--hold", "60")

    def there() -> bool:
        found = admin.json("audit", "list", "--subject", sent["id"], "--action", "transfer.created")["items"]
        return [one["subject"] for one in found] == [sent["id"]]

    wait_for(there, "the entry", seconds=90, pause=0.5)
    admin.run("audit", "export", "-o", str(path))
    return admin, path


def test_listed_exported_and_verified_without_the_server(
    company: Company, tmp_path: Path, record: tuple[Person, Path]
) -> None:
    admin, path = record
    # What was written once comes again, byte for byte; the record only grows.
    assert set(path.read_text("utf-8").splitlines()) <= set(admin.run("audit", "export").splitlines())
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    entries = [entry for line in lines if "block" in line for entry in line["block"]["entries"]]
    assert {"transfer.created"} <= {entry["action"] for entry in entries}
    root = company.first["root_fingerprint"]
    stranger = Person(tmp_path / "auditor")
    for ended in (
        stranger.attempt("verify", str(path), "--root", root),
        admin.attempt("audit", "check", "--root", root),
    ):
        # Roots are signed once an hour; until the first one the blocks hold together, but nobody vouches for them.
        assert ended.returncode in (0, 3), ended.stderr
        assert "Traceback" not in ended.stderr
    newest = admin.run("audit", "list", "--limit", "3").splitlines()
    assert len(newest) == 3
    times = [line.split("\t")[0] for line in newest]
    assert times == sorted(times, reverse=True)


def test_a_changed_missing_or_swapped_line_is_found(tmp_path: Path, record: tuple[Person, Path]) -> None:
    _, path = record
    lines = path.read_text("utf-8").splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith('{"block"'))
    changed = [*lines]
    changed[first] = changed[first].replace('"action": "', '"action": "x', 1)
    broken = {"changed": changed, "cut": [lines[first][:-20]], "neither": [*lines, '{"other": 1}\n']}
    if len(lines) > first + 1:
        broken["missing"] = [*lines[:first], *lines[first + 1 :]]
        # From the second block on the run may begin anywhere; a hole in the middle may not be.
        broken["swapped"] = [*lines[:first], *reversed(lines[first:])]
    for name, content in broken.items():
        target = tmp_path / f"{name}.jsonl"
        target.write_text("".join(content), "utf-8")
        ended = Person(tmp_path / "auditor").attempt("verify", str(target))
        assert "Traceback" not in ended.stderr, name
        assert ended.returncode in ((3, 6) if name == "missing" else (6,)), (name, ended.stderr)


def test_an_export_is_whole_or_not_there(company: Company, tmp_path: Path, record: tuple[Person, Path]) -> None:
    admin, _ = record
    refused(admin.attempt("audit", "export", "-o", str(tmp_path / "none" / "a.jsonl")), 2, "unwritable")
    refused(company.staff(tmp_path).attempt("audit", "export", "-o", str(tmp_path / "b.jsonl")), 3, "scope_missing")
    assert not list(tmp_path.glob("*b.jsonl*"))
    refused(admin.attempt("audit", "list", "--from", "yesterday"), 2, "time_invalid")
