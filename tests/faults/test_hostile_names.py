"""Names of a lying server or sender: whatever they are, nothing is written outside the folder that was asked for, and nothing under a name that
leads anywhere else."""

import json
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fumibako_format.base64url import decode, encode
from fumibako_format.canonical import canonical_json
from fumibako_format.keys import id_bytes, record_key
from tests.cli.middle import Change, Middle, Passed
from tests.e2e.support.company import Company, company
from tests.faults.forked_commands import ForkedPerson

__all__ = ["company"]
pytestmark = pytest.mark.slow
INTEGRITY = 6
# No writer may use them: refused, and nothing is written.
REFUSED = {
    "parent": "../evil.txt",
    "parent inside": "a/../../evil.txt",
    "parent with backslashes": "..\\..\\evil.txt",
    "absolute": "/tmp/evil.txt",
    "drive": "C:\\Windows\\evil.txt",
    "drive, relative": "C:evil.txt",
    "share": "\\\\server\\share\\evil.txt",
    "NUL": "good.txt\x00.exe",
    "line feed": "good\n.txt",
    "escape": "\x1b[2Jgood.txt",
    "5,000 bytes": "n" * 5000,
    "right to left": "invoice\u202efdp.exe",
    "isolate": "a\u2066b.txt",
    "dot": ".",
    "dots": "..",
    "empty": "",
    "empty folder": "a//b",
    "trailing slash": "folder/",
    "lone surrogate": "a\udc80b",
}
# Odd, and no danger once they are made fit for every disk (spec/format.md, names).
MADE_FIT = {
    "reserved": "CON",
    "reserved with extension": "nul.txt",
    "printer": "LPT1",
    "trailing dots": "good.txt...",
    "trailing space": "good.txt ",
    "stream": "good.txt:hidden",
    "4,096 bytes": "n" * 4096,
    "4,096 bytes of folders": "/".join(["d" * 100] * 40) + "/f",
    "home": "~/.ssh/authorized_keys",
    "hidden": ".bashrc",
    "option": "-rf",
    "tag": "\u200bgood.txt",
}


def forged(entry: dict[str, object], name: str, size: int) -> None:
    """The server of a managed transfer has the key and can seal a record with any name; of a plain one it just says the name."""
    if entry.get("record") is None:
        entry["name"] = name
        return
    file_id = str(entry["id"])
    key = decode(str(entry["key"]))
    fields = {"v": 1, "name": name, "type": "text/plain", "size": size, "digest": None}
    plain = json.dumps(fields).encode() if "\udc80" in name else canonical_json(fields)
    nonce = os.urandom(12)
    sealed = AESGCM(record_key(key, file_id)).encrypt(nonce, plain, id_bytes(file_id, "fi"))
    entry["record"] = encode(nonce + sealed)


def naming(*names: str) -> Change:
    """Gives the files of a download these names."""

    def change(passed: Passed) -> None:
        if passed.method == "POST" and passed.path.endswith("/downloads"):
            answer = json.loads(passed.body)
            for entry, name in zip(answer["files"], names, strict=False):
                forged(entry, name, entry["size"])
            passed.body = json.dumps(answer).encode()

    return change


@contextmanager
def nothing_outside(root: Path, folder: Path) -> Iterator[None]:
    """Whatever happens within the block, only what lies in ``folder`` may differ."""

    def outside() -> dict[str, bytes]:
        found = (path for path in root.rglob("*") if not path.is_relative_to(folder))
        return {str(path): path.read_bytes() for path in found if path.is_file()}

    before = outside()
    yield
    assert outside() == before


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where files are fetched to: deep enough that a climb of a few folders stays where the test can see it."""
    canary = tmp_path / "a" / "evil.txt"
    canary.parent.mkdir()
    canary.write_text("mine")
    return tmp_path / "a" / "b" / "c" / "out"


def get(company: Company, tmp_path: Path, out: Path, kind: str, *names: str) -> tuple[int, str]:
    for index in range(len(names)):
        (tmp_path / f"{index}.txt").write_text(f"content {index}")
    files = [str(tmp_path / f"{index}.txt") for index in range(len(names))]
    _, link = company.sent(company.staff(tmp_path), *files, "--class", kind)
    with (
        Middle(company.url, change=naming(*names)) as middle,
        ForkedPerson(tmp_path / "outsider") as outsider,
        nothing_outside(tmp_path / "a", out),
    ):
        ended = outsider.attempt("get", link.replace(company.url, middle.url), "-o", str(out))
    assert "Traceback" not in ended.stderr
    assert "\x1b" not in ended.stderr + ended.stdout
    assert "\u202e" not in ended.stderr + ended.stdout
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("kind", ["managed", "plain"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_no_writer_may_use_is_refused(
    company: Company, tmp_path: Path, out: Path, name: str, kind: str
) -> None:
    code, error = get(company, tmp_path, out, kind, REFUSED[name])
    assert code == INTEGRITY, error
    assert not [path for path in out.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", MADE_FIT)
def test_an_odd_name_stays_in_the_folder(company: Company, tmp_path: Path, out: Path, name: str) -> None:
    code, error = get(company, tmp_path, out, "plain", MADE_FIT[name])
    assert code == 0, error
    [path] = [path for path in out.rglob("*") if path.is_file()]
    assert path.read_text() == "content 0"
    assert path.resolve().is_relative_to(out.resolve())
    assert not path.name.endswith((".", " "))


@pytest.mark.parametrize(
    "names",
    [
        ("Readme.TXT", "README.txt"),
        (unicodedata.normalize("NFC", "がか.txt"), unicodedata.normalize("NFD", "がか.txt")),
        ("a", "a/b"),
        ("same.txt", "same.txt", "SAME.txt"),
        ("ﬁle", "file"),
    ],
    ids=["case", "NFC and NFD", "file and folder", "same", "ligature"],
)
def test_names_that_clash_become_files_of_their_own(
    company: Company, tmp_path: Path, out: Path, names: tuple[str, ...]
) -> None:
    code, error = get(company, tmp_path, out, "plain", *names)
    assert code == 0, error
    found = sorted(path.read_text() for path in out.rglob("*") if path.is_file())
    assert found == [f"content {index}" for index in range(len(names))]
