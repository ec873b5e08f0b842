import hashlib
import os
from pathlib import Path

import pytest
from fumibako.downloads.present import sha256_if_whole

from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.record import FileRecord
from fumibako_format.streaming import FIRST_PLAINTEXT, segment_count, segment_plaintext_range


def record_of(content: bytes) -> FileRecord:
    spans = [segment_plaintext_range(index, len(content)) for index in range(segment_count(len(content)))]
    digest = file_digest(segment_digest(content[start:end]) for start, end in spans)
    return FileRecord("f", "", len(content), digest)


@pytest.mark.parametrize("size", [0, 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1])
def test_a_file_with_the_record_s_content_is_whole(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "f").write_bytes(content)
    assert sha256_if_whole(tmp_path / "f", record_of(content)) == hashlib.sha256(content).hexdigest()


def test_other_bytes_another_length_and_no_file_are_not(tmp_path: Path) -> None:
    record = record_of(b"abcd")
    assert sha256_if_whole(tmp_path / "f", record) is None
    for content in (b"abce", b"abc", b"abcde"):
        (tmp_path / "f").write_bytes(content)
        assert sha256_if_whole(tmp_path / "f", record) is None


def test_a_link_to_the_content_and_a_plain_file_are_not(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abcd")
    (tmp_path / "link").symlink_to(tmp_path / "f")
    assert sha256_if_whole(tmp_path / "link", record_of(b"abcd")) is None
    assert sha256_if_whole(tmp_path / "f", FileRecord("f", "", 4, None)) is None
