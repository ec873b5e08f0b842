"""Zips as the engine writes them, opened by what people have: unzip, 7z, bsdtar and Python."""

import os
import subprocess
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.company import Company, company
from tests.web.engine import Engine, EngineFailed, engine

__all__ = ["company", "engine"]
pytestmark = [pytest.mark.slow, pytest.mark.root]
MIB = 1 << 20
GIB = 1 << 30
UNICODE = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def ran(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, env=UNICODE, timeout=300)
    assert ended.returncode == 0, (command, ended.stdout[-2000:], ended.stderr[-2000:])
    return ended.stdout


def extracted(tool: str, archive: Path, into: Path) -> dict[str, bytes]:
    into.mkdir()
    if tool == "unzip":
        ran("unzip", "-q", str(archive), "-d", str(into))
    elif tool == "7z":
        ran("7z", "x", f"-o{into}", str(archive))
    elif tool == "bsdtar":
        ran("bsdtar", "-xf", str(archive), "-C", str(into))
    elif tool == "bsdtar, as a stream":
        with archive.open("rb") as stream:
            subprocess.run(["bsdtar", "-xf", "-", "-C", str(into)], stdin=stream, env=UNICODE, check=True, timeout=300)
    else:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(into)
    return {str(one.relative_to(into)): one.read_bytes() for one in into.rglob("*") if one.is_file()}


TOOLS = ["unzip", "7z", "bsdtar", "bsdtar, as a stream", "python"]


def test_a_transfer_as_one_zip(company: Company, engine: Engine, tmp_path: Path) -> None:
    contents = {
        "見積書/だいじ.txt": b"Japanese, with a voiced mark",
        "empty.bin": b"",
        "folder/large.bin": os.urandom(9 * MIB),
        "folder/con.txt": b"a name that Windows has for itself",
        "z.bin": os.urandom(1_048_521),
    }
    folder = tmp_path / "out"
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    _, link = company.sent(company.staff(tmp_path), str(folder))
    archive = tmp_path / "all.zip"
    made = engine.run(what="zip", url=company.url, link=link, into=str(archive))
    assert made["length"] == archive.stat().st_size
    with zipfile.ZipFile(archive) as opened:
        for one in opened.infolist():
            assert one.filename == unicodedata.normalize("NFC", one.filename)
            assert one.flag_bits & 0x800
            assert one.date_time == (2026, 1, 31, 12, 30, 10)
            assert one.external_attr >> 16 == 0o100644
    for at, tool in enumerate(TOOLS):
        found = extracted(tool, archive, tmp_path / f"by-{at}")
        [safe] = [name for name in found if name.startswith("out/folder/_con~")]
        found["out/folder/con.txt"] = found.pop(safe)
        assert found == {f"out/{name}": content for name, content in contents.items()}, tool


def made_up(engine: Engine, archive: Path, *entries: dict[str, Any]) -> None:
    made = engine.run(what="entries", into=str(archive), entries=list(entries))
    assert made["length"] == made["expected"] == archive.stat().st_size


def test_more_entries_than_a_zip_once_took(engine: Engine, tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    made_up(engine, archive, {"name": "書類-#.txt", "count": 65_537, "size": 3})
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert len(opened.namelist()) == 65_537
    assert "65537 files" in ran("unzip", "-l", str(archive))
    assert "No errors detected" in ran("unzip", "-tq", str(archive))
    assert "Files: 65537" in ran("7z", "t", str(archive))
    assert len(ran("bsdtar", "-tf", str(archive)).splitlines()) == 65_537


@pytest.mark.parametrize("count", [65_534, 65_535])
def test_the_last_count_without_zip64(engine: Engine, tmp_path: Path, count: int) -> None:
    archive = tmp_path / "many.zip"
    made_up(engine, archive, {"name": "#", "count": count, "size": 0})
    assert f"{count} files" in ran("unzip", "-l", str(archive))
    assert f"Files: {count}" in ran("7z", "t", str(archive))


@pytest.mark.parametrize("size", [4 * GIB - 2, 4 * GIB - 1, 4 * GIB + 1])
def test_an_entry_of_four_gibibytes(engine: Engine, tmp_path: Path, size: int) -> None:
    archive = tmp_path / "large.zip"
    # The small one behind it has its place beyond 4 GiB.
    made_up(engine, archive, {"name": "大.bin", "count": 1, "size": size}, {"name": "後.txt", "count": 1, "size": 5})
    with zipfile.ZipFile(archive) as opened:
        assert [one.file_size for one in opened.infolist()] == [size, 5]
        assert opened.read("後.txt") == bytes(5)
    assert str(size) in ran("bsdtar", "-tvf", str(archive))
    # These read all of it and compare the CRCs; once is enough, where the fields are the largest.
    if size > 4 * GIB:
        assert "Everything is Ok" in ran("7z", "t", str(archive))
        assert "No errors detected" in ran("unzip", "-tq", str(archive))
    else:
        assert str(size) in ran("7z", "l", str(archive))
    # unzip 6.0 warns of a corrupt field where a size is the very mark of zip64, which no other way of writing it avoids.
    if size < 4 * GIB - 1:
        assert str(size) in ran("unzip", "-l", str(archive))
    archive.unlink()


def test_a_zip_of_a_damaged_file_is_not_whole(company: Company, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(os.urandom(3 * MIB))
    sent, link = company.sent(company.staff(tmp_path), str(tmp_path / "a.bin"))
    [stored] = list(company.data.glob(f"blobs/acme/{sent['id']}/*/p.000001"))
    with stored.open("r+b") as stream:
        stream.seek(2 * MIB)
        stream.write(b"damaged")
    with pytest.raises(EngineFailed) as caught:
        engine.run(what="zip", url=company.url, link=link, into=str(tmp_path / "a.zip"))
    assert caught.value.code == "integrity_failed"
    assert not zipfile.is_zipfile(tmp_path / "a.zip")
