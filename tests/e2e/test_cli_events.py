"""``events``: JSON Lines from a cursor on. However a reader ends, going on with the last cursor misses nothing and doubles nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.office import admin_of
from tests.cli.test_exit_codes import interruptible
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company", "interruptible"]
pytestmark = pytest.mark.slow


def all_of(admin: Person, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in admin.run("events", *words).splitlines()]


def sent(company: Company, folder: Path) -> str:
    (folder / "f.txt").write_text("x")
    made = company.staff(folder).json("send", str(folder / "f.txt"), "--to", someone(), "--hold", "0")
    return str(made["id"])


def until(lines: Iterator[str], subject: str, kind: str) -> list[dict[str, Any]]:
    """Lines as they come, to the one that is waited for."""
    seen = []
    for line in lines:
        seen.append(json.loads(line))
        if seen[-1]["subject"] == subject and seen[-1]["type"].endswith(kind):
            return seen
    raise AssertionError(f"ended before {kind} of {subject}")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_a_reader_that_ends_goes_on_where_it_was(
    company: Company, tmp_path: Path, interruptible: None, ending: signal.Signals
) -> None:
    admin = admin_of(company, tmp_path)
    begin = (all_of(admin) or [{"cursor": "0"}])[-1]["cursor"]
    follow = admin.start("events", "--follow", "--since", begin)
    assert follow.stdout is not None
    first = sent(company, tmp_path)
    seen = until(iter(follow.stdout.readline, ""), first, "transfer.ready.v1")
    follow.send_signal(ending)
    out, error = follow.stdout.read(), follow.stderr.read() if follow.stderr else ""
    follow.wait(20)
    seen += [json.loads(line) for line in out.splitlines()]
    if ending is not signal.SIGKILL:
        assert (follow.returncode, error) == (
            0,
            f"fumibako: Go on with: fumibako events --since {seen[-1]['cursor']}\n",
        )
    second = sent(company, tmp_path)
    wait_for(lambda: _ready(admin, begin, second), "the second transfer", pause=0.3)
    seen += all_of(admin, "--since", seen[-1]["cursor"])
    whole = all_of(admin, "--since", begin)
    assert [one["id"] for one in seen] == [one["id"] for one in whole][: len(seen)]
    assert {first, second} <= {one["subject"] for one in seen if one["type"].endswith("transfer.ready.v1")}


def _ready(admin: Person, begin: str, subject: str) -> bool:
    found = all_of(admin, "--since", begin, "--type", "transfer.ready.v1")
    assert {one["type"] for one in found} <= {"com.fumibako.transfer.ready.v1"}
    return subject in {one["subject"] for one in found}


def test_it_ends_by_itself_without_follow_and_when_its_reader_goes(company: Company, tmp_path: Path) -> None:
    admin = admin_of(company, tmp_path)
    sent(company, tmp_path)
    wait_for(lambda: len(all_of(admin)) > 3, "events", pause=0.3)
    command = ["bash", "-c", '"$0" -m fumibako.cli events --quiet | head -n 1', sys.executable]
    done = subprocess.run(command, env=admin.environment(), capture_output=True, text=True, timeout=60)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_cursors_that_are_none_and_people_who_may_not(company: Company, tmp_path: Path) -> None:
    admin = admin_of(company, tmp_path)
    refused(admin.attempt("events", "--since", "x"), 2, "cursor_invalid", r"Go on with: .+")
    refused(company.staff(tmp_path).attempt("events"), 3, "scope_missing")
    # A cursor from beyond the end is not an error: nothing is there yet.
    assert all_of(admin, "--since", "999999999") == []
