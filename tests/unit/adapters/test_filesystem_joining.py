"""Many blobs at once: as durable as one after another, with few syncs; the early writing-out of a part keeps it readable."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.adapters import filesystem_part
from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.ports.blob_store import BlobRef, Joining
from chalicelib.ports.byte_path import ByteGrant

TRANSFER = "tr_0" + "a" * 25
REFS = [BlobRef("acme", TRANSFER, f"bl_0{'b' * 22}{n:03d}") for n in range(256)]


@pytest.fixture
def store(tmp_path: Path) -> FilesystemBlobStore:
    made = FilesystemBlobStore(str(tmp_path / "blobs"), b"s" * 32)
    made.prepare()
    return made


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were synced, in order."""
    found: list[str] = []

    def noting(real: Callable[[int], None]) -> Callable[[int], None]:
        def note(file: int) -> None:
            found.append(str(Path(f"/proc/self/fd/{file}").readlink()))
            real(file)

        return note

    monkeypatch.setattr(os, "fsync", noting(os.fsync))
    monkeypatch.setattr(os, "fdatasync", noting(os.fdatasync))
    return found


def put(store: FilesystemBlobStore, ref: BlobRef, data: bytes) -> None:
    sink = store.sink(ByteGrant("PUT", ref, 1, len(data), None, 1))
    sink.write(data)
    sink.commit()


def test_256_blobs_are_begun_with_three_syncs(store: FilesystemBlobStore, synced: list[str], tmp_path: Path) -> None:
    assert store.begin_all(REFS, single=True) == ["single"] * 256
    root = tmp_path / "blobs"
    assert synced == [str(root / "acme" / TRANSFER), str(root / "acme"), str(root)]
    assert sorted(path.name for path in (root / "acme" / TRANSFER).iterdir() if path.is_dir()) == sorted(
        ref.blob for ref in REFS
    )


def test_manifests_are_synced_before_the_first_is_named_and_then_their_directories(
    store: FilesystemBlobStore, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = REFS[:5]
    store.begin_all(refs, single=True)
    for ref in refs:
        put(store, ref, b"some bytes")
    synced.clear()
    rename = os.rename

    def noted(source: str, target: str) -> None:
        synced.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "rename", noted)
    store.complete_all([Joining(ref, "single", [10]) for ref in refs])
    assert [Path(path).name[:2] for path in synced[:5]] == ["t."] * 5
    assert synced[5:10] == ["rename"] * 5
    assert sorted(Path(path).name for path in synced[10:]) == [ref.blob for ref in refs]


def test_one_wrong_blob_keeps_all_of_the_call_from_being_written(store: FilesystemBlobStore) -> None:
    store.begin_all(REFS[:2], single=True)
    put(store, REFS[0], b"some bytes")
    put(store, REFS[1], b"other length")
    with pytest.raises(Refused, match="part_wrong"):
        store.complete_all([Joining(ref, "single", [10]) for ref in REFS[:2]])
    assert [part.size for part in store.parts(REFS[0], "single")] == [10]


def test_blobs_of_several_transfers_come_back_in_their_order(store: FilesystemBlobStore) -> None:
    other = BlobRef("acme", "tr_0" + "c" * 25, REFS[0].blob)
    refs = [REFS[1], other, REFS[0]]
    store.begin_all(refs, single=True)
    for size, ref in enumerate(refs, 1):
        put(store, ref, b"x" * size)
    stored = store.complete_all([Joining(ref, "single", [size]) for size, ref in enumerate(refs, 1)])
    assert [one.size for one in stored] == [1, 2, 3]


def test_a_begin_that_is_overtaken_by_destroy_every_time_says_so(
    store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = os.mkdir

    def taken_away(path: str, mode: int) -> None:
        mkdir(path, mode)
        if Path(path).name == TRANSFER:
            Path(path).rmdir()

    monkeypatch.setattr(os, "mkdir", taken_away)
    with pytest.raises((NotFound, FileNotFoundError)):
        store.begin(REFS[0], single=True)


def test_a_part_that_is_written_out_early_is_whole(store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    begin = filesystem_part.begin_writing_back

    def noted(file: int, start: int, length: int) -> None:
        told.append((start, length))
        begin(file, start, length)

    monkeypatch.setattr(filesystem_part, "begin_writing_back", noted)
    store.begin(REFS[0], single=False)
    data = os.urandom(9 * 1024**2)
    sink = store.sink(ByteGrant("PUT", REFS[0], 1, len(data), None, 1))
    for at in range(0, len(data), 1024**2):
        sink.write(memoryview(data)[at : at + 1024**2])
    sink.commit()
    version = store.complete(REFS[0], "parts", sizes=[len(data)]).version
    assert b"".join(store.read(REFS[0], version, offset=0, length=len(data))) == data
    assert told == [(0, 4 * 1024**2), (4 * 1024**2, 4 * 1024**2)]
