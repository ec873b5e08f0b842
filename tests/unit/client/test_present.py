import hashlib
import os
from pathlib import Path

import pytest
from fumibako.blocking import open_pool
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.present import sha256_if_whole
from fumibako.driving import run

from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.record import FileRecord
from fumibako_format.streaming import FIRST_PLAINTEXT, segment_count, segment_plaintext_range

LINE = open_pool().line


def found(path: Path, record: FileRecord, *, checksum: str | None = None) -> str | None:
    entry = {"id": "fi_1", "checksum": checksum}
    file = RemoteFile(entry, record, b"k" * 32 if record.digest else None, b"")
    return run(sha256_if_whole(path, file, LINE))


def record_of(content: bytes) -> FileRecord:
    spans = [segment_plaintext_range(index, len(content)) for index in range(segment_count(len(content)))]
    digest = file_digest(segment_digest(content[start:end]) for start, end in spans)
    return FileRecord("f", "", len(content), digest)


@pytest.mark.parametrize("size", [0, 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1])
def test_a_file_with_the_record_s_content_is_whole(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "f").write_bytes(content)
    assert found(tmp_path / "f", record_of(content)) == hashlib.sha256(content).hexdigest()


def test_other_bytes_another_length_and_no_file_are_not(tmp_path: Path) -> None:
    record = record_of(b"abcd")
    assert found(tmp_path / "f", record) is None
    for content in (b"abce", b"abc", b"abcde"):
        (tmp_path / "f").write_bytes(content)
        assert found(tmp_path / "f", record) is None


def test_a_link_to_the_content_and_a_plain_file_are_not(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abcd")
    (tmp_path / "link").symlink_to(tmp_path / "f")
    assert found(tmp_path / "link", record_of(b"abcd")) is None
    assert found(tmp_path / "f", FileRecord("f", "", 4, None)) is None


def test_a_plain_file_is_known_by_the_checksum_that_the_server_keeps(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abcd")
    plain, sha256 = FileRecord("f", "", 4, None), hashlib.sha256(b"abcd").hexdigest()
    assert found(tmp_path / "f", plain, checksum=f"sha256:{sha256}") == sha256
    assert found(tmp_path / "f", plain, checksum=f"sha256:{sha256[::-1]}") is None
    assert found(tmp_path / "f", plain, checksum="crc:1") is None
