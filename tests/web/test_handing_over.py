"""Begun by the page's engine, finished by the command (spec/resume.md): what arrived is not sent again, nothing is mixed up."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.middle import Middle
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for
from tests.e2e.test_resume import AfterParts, staff_through
from tests.web.engine import Engine, engine
from tests.web.test_engine_resume import killed_in_the_middle, parts_in, through
from tests.web.test_engine_stories import address_of, sha256, task_of

__all__ = ["company", "engine"]
pytestmark = pytest.mark.slow
MIB = 1 << 20


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.bin"
    path.write_bytes(os.urandom(70 * MIB))
    return path


def handed_over(company: Company, engine: Engine, middle: Middle, task: dict[str, Any], tmp_path: Path) -> Path:
    """The record of an upload that was killed after two parts."""
    killed_in_the_middle(engine.start(**task), middle)
    wait_for(lambda: len(middle.of("PUT", "/")) == 2, "two parts have arrived")
    middle.hold = lambda method, path: False
    middle.go_on.set()
    record = tmp_path / "upload.fumibako"
    engine.run(what="record", url=middle.url, journals=task["journals"], into=str(record))
    assert list((tmp_path / "journals").iterdir()) == []
    return record


def folder_of(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "plans"
    folder.mkdir()
    files = {}
    for name in ("b.txt", "a.txt"):
        (folder / name).write_bytes(os.urandom(1000))
        files[f"plans/{name}"] = folder / name
    return files


@pytest.mark.parametrize("transfer_class", ["managed", "plain", "sealed"])
def test_the_command_goes_on_where_the_page_stopped(
    company: Company, engine: Engine, tmp_path: Path, film: Path, transfer_class: str
) -> None:
    files = {"film.bin": film, **folder_of(tmp_path)}
    with Middle(company.url, hold=AfterParts("PUT", "/", 2)) as middle:
        task = through(middle, task_of(company, tmp_path, files, **{"class": transfer_class}))
        record = handed_over(company, engine, middle, task, tmp_path)
        staff = staff_through(company, middle, tmp_path)
        # The command sorts a folder; the record's own order holds.
        sent = staff.json("send", "--resume", str(record), str(tmp_path / "plans"), str(film))
        arrived = parts_in(middle)
    assert sent["resumed"]
    assert len(arrived) == len({path for path, _ in arrived})
    assert not record.exists()
    link = company.link_for(address_of(task)) + (f".{sent['link_key']}" if sent["link_key"] else "")
    got = company.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"))["files"]
    assert {one["sha256"] for one in got} == {sha256(path) for path in files.values()}


def test_a_second_run_goes_on_with_what_the_first_one_took_in(
    company: Company, engine: Engine, tmp_path: Path, film: Path
) -> None:
    with Middle(company.url, hold=AfterParts("PUT", "/", 2)) as middle:
        task = through(middle, task_of(company, tmp_path, {"film.bin": film}))
        record = handed_over(company, engine, middle, task, tmp_path)
        staff = staff_through(company, middle, tmp_path)
        send = ("send", "--resume", str(record), str(film), "--parallel", "1")
        middle.held.clear()
        middle.go_on.clear()
        middle.hold = AfterParts("PUT", "/", 1)
        killed_in_the_middle(staff.start(*send), middle)
        middle.hold = lambda method, path: False
        middle.go_on.set()
        assert staff.json(*send)["resumed"]
        arrived = parts_in(middle)
    assert len(arrived) - len({path for path, _ in arrived}) <= 1


def test_another_content_is_refused(company: Company, engine: Engine, tmp_path: Path, film: Path) -> None:
    with Middle(company.url, hold=AfterParts("PUT", "/", 2)) as middle:
        task = through(middle, task_of(company, tmp_path, {"film.bin": film}))
        record = handed_over(company, engine, middle, task, tmp_path)
        with film.open("r+b") as stream:
            stream.seek(100)
            stream.write(b"another content")
        staff = staff_through(company, middle, tmp_path)
        before = len(middle.of("PUT", "/"))
        refused(staff.attempt("send", "--resume", str(record), str(film)), 2, "file_changed")
        assert len(middle.of("PUT", "/")) == before
        # Nothing of it may be used again.
        assert not record.exists()


def record_at(tmp_path: Path, company: Company, **start: Any) -> Path:
    """A made-up record of one file."""
    first = {"k": "start", "v": 1, "key": "k" * 32, "begun": 0, "origin": company.url, "class": "managed"}
    first |= {"fields": {}, "files": [{"name": "a.txt", "size": 3}], "transfer_key": None, **start}
    lines = [
        {"k": "fumibako-upload", "v": 1},
        first,
        {"k": "created", "answer": {"id": "x", "files": []}, "headers": {}},
    ]
    path = tmp_path / "made.fumibako"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("files_differ", "four"),
        ("files_differ", "other name"),
        ("record_elsewhere", "elsewhere"),
        ("record_wrong", "newer"),
        ("record_wrong", "no record"),
        ("usage", "with options"),
        ("usage", "dry run"),
    ],
)
def test_what_does_not_fit_is_refused(company: Company, tmp_path: Path, code: str, content: str) -> None:
    staff: Person = company.staff(tmp_path)
    path = tmp_path / ("b.txt" if content == "other name" else "a.txt")
    path.write_text("four" if content == "four" else "one")
    odd: dict[str, dict[str, Any]] = {"elsewhere": {"origin": "https://elsewhere.example"}, "newer": {"v": 2}}
    start = odd.get(content, {})
    record = record_at(tmp_path, company, **start)
    if content == "no record":
        record.write_text("hello\n")
    more = {"with options": ("--to", "a@x.example"), "dry run": ("--dry-run",)}.get(content, ())
    refused(staff.attempt("send", "--resume", str(record), str(path), *more), 2, code)
    assert record.exists()
