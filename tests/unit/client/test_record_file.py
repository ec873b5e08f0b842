"""A record that another program handed over (spec/resume.md)."""

import json
from pathlib import Path
from typing import Any

import pytest
from fumibako.errors import UsageError
from fumibako.uploads.journal import Journal, journal_path
from fumibako.uploads.local_files import collect
from fumibako.uploads.record_file import MARK, in_order, read_record, take_in

from fumibako_format.base64url import encode

HEADER = bytes(range(40))
DIGEST = bytes(range(32))


def lines_of(**start: Any) -> list[dict[str, Any]]:
    files = [{"name": "b.txt", "size": 3}, {"name": "plans/a.txt", "size": 2}]
    first = {"k": "start", "v": 1, "key": "key-1", "begun": 0, "origin": "https://files.example", "class": "sealed"}
    ways = {"k": "ways", "slots": [{"kind": "link"}], "link_key": "abc", "passphrase_auth": None}
    created = {"k": "created", "answer": {"id": "tr_1", "files": []}, "headers": {"fi_1": encode(HEADER)}}
    part = {"k": "part", "file": "fi_1", "first": 2, "digests": [encode(DIGEST)]}
    return [
        dict(MARK),
        {**first, "fields": {"title": "T"}, "files": files, "transfer_key": encode(DIGEST), **start},
        created,
        ways,
        part,
    ]


def written(tmp_path: Path, lines: list[dict[str, Any]]) -> Path:
    path = tmp_path / "upload.fumibako"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_what_it_holds_becomes_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    record = read_record(written(tmp_path, lines_of()))
    assert (record.origin, record.transfer_class, record.fields) == ("https://files.example", "sealed", {"title": "T"})
    assert record.knows_ways
    take_in(record)
    journal = Journal(journal_path(record.name))
    try:
        assert journal.start == {"k": "start", "key": "key-1", "transfer_key": DIGEST.hex()}
        assert journal.headers == {"fi_1": HEADER}
        assert journal.recorded("fi_1", 2) == [DIGEST]
        assert journal.slots == {"k": "slots", "slots": [{"kind": "link"}], "link_key": "abc"}
        journal.promise("fi_1", 3, [DIGEST])
    finally:
        journal.close()
    # Taken in once more it stays as this computer left it.
    take_in(record)
    again = Journal(journal_path(record.name))
    assert again.promises("fi_1") == [2, 3]
    again.finish()


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [],
        lambda lines: lines[1:],
        lambda lines: [{**lines[0], "v": 2}, *lines[1:]],
        lambda lines: [lines[0], {**lines[1], "v": 2}, *lines[2:]],
        lambda lines: [*lines, {"k": "unheard"}],
        lambda lines: [*lines, {"k": "part", "file": "x"}],
        lambda lines: [*lines, ["k"]],
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [lines[0], {**lines[1], "files": [{"name": "../a", "size": 1}]}, *lines[2:]],
        lambda lines: [lines[0], {**lines[1], "transfer_key": "***"}, *lines[2:]],
    ],
    ids=[
        "empty",
        "no mark",
        "newer",
        "newer start",
        "unknown line",
        "cut line",
        "no object",
        "nothing created",
        "odd name",
        "odd key",
    ],
)
def test_anything_else_is_refused(tmp_path: Path, change: Any) -> None:
    with pytest.raises(UsageError) as caught:
        read_record(written(tmp_path, change(lines_of())))
    assert caught.value.code == "record_wrong"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    path.write_bytes(bytes(range(256)))
    for one in (path, tmp_path / "absent", tmp_path):
        with pytest.raises(UsageError, match="record"):
            read_record(one)


def test_the_files_come_in_the_record_s_order(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/a.txt").write_text("ab")
    (tmp_path / "b.txt").write_text("abc")
    record = read_record(written(tmp_path, lines_of()))
    named = collect([tmp_path / "plans", tmp_path / "b.txt"])
    assert [one.name for one in in_order(record, named)] == ["b.txt", "plans/a.txt"]
    for wrong in (named[:1], [*named, named[0]], []):
        with pytest.raises(UsageError) as caught:
            in_order(record, wrong)
        assert caught.value.code == "files_differ"
