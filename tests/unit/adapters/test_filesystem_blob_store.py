"""What a directory adds to the contract of blob stores: mounts, modes, damage, kills and other processes."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
from chalicelib.adapters.filesystem_errors import exists, is_directory, translated
from chalicelib.adapters.filesystem_sink import FilesystemPartSink
from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull
from chalicelib.ports.blob_store import BlobRef
from chalicelib.ports.byte_path import ByteGrant

REF = BlobRef("acme", "tr_0" + "a" * 25, "bl_0" + "b" * 25)
SECRET = b"s" * 32
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> FilesystemBlobStore:
    made = FilesystemBlobStore(str(tmp_path / "blobs"), SECRET)
    made.prepare()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs" / "acme" / REF.transfer / REF.blob


def grant(size: int, number: int = 1) -> ByteGrant:
    return ByteGrant("PUT", REF, number, size, None, 1)


def put(store: FilesystemBlobStore, data: bytes, number: int = 1) -> str:
    sink = store.sink(grant(len(data), number))
    sink.write(data)
    return sink.commit()


def test_building_it_does_no_io(tmp_path: Path) -> None:
    FilesystemBlobStore(str(tmp_path / "blobs"), SECRET)
    assert list(tmp_path.iterdir()) == []


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32"):
        FilesystemBlobStore(str(tmp_path), b"short")


def test_a_root_without_marker_is_a_store_that_is_not_mounted(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for root in ("empty", "absent"):
        store = FilesystemBlobStore(str(tmp_path / root), SECRET)
        for call in (
            lambda store=store: store.remaining("acme", REF.transfer),
            lambda store=store: store.destroy("acme", REF.transfer),
            lambda store=store: store.begin(REF, single=True),
            lambda store=store: store.sink(grant(1)),
            store.free_bytes,
        ):
            with pytest.raises(StoreAway):
                call()
    assert list((tmp_path / "empty").iterdir()) == []


def test_directories_are_0700_and_files_0600(store: FilesystemBlobStore, folder: Path) -> None:
    store.begin(REF, single=False)
    put(store, b"x")
    store.complete(REF, "parts", sizes=[1])
    for path in [*folder.parents[2].rglob("*"), folder.parents[2]]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


def test_an_etag_tells_the_bytes_from_others_and_each_put_from_the_next(store: FilesystemBlobStore) -> None:
    store.begin(REF, single=False)
    first, second, other = put(store, b"123456789"), put(store, b"123456789"), put(store, b"12345678x")
    assert first.startswith("cbf43926-9-")  # the check value of CRC-32 (ISO-HDLC)
    assert first != second
    assert not other.startswith("cbf43926")


def test_a_damaged_part_is_not_listed(store: FilesystemBlobStore, folder: Path) -> None:
    store.begin(REF, single=False)
    for number in (1, 2, 3, 4):
        put(store, b"some bytes", number)
    os.truncate(folder / "p.000001", 20)
    os.truncate(folder / "p.000002", 5)
    (folder / "p.000003").write_bytes((folder / "p.000003").read_bytes() + b"more")
    assert [part.number for part in store.parts(REF, "parts")] == [4]


def test_complete_copies_nothing_and_removes_what_killed_processes_left(
    store: FilesystemBlobStore, folder: Path
) -> None:
    store.begin(REF, single=False)
    put(store, b"some bytes")
    (folder / "t.0123456789abcdef").write_bytes(b"half")
    inode = (folder / "p.000001").stat().st_ino
    version = store.complete(REF, "parts", sizes=[10]).version
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "p.000001"]
    assert (folder / "p.000001").stat().st_ino == inode
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["version"] == version
    assert manifest["sizes"] == [10]


def test_a_manifest_of_an_unknown_format_is_not_guessed_at(store: FilesystemBlobStore, folder: Path) -> None:
    store.begin(REF, single=False)
    (folder / "manifest.json").write_text('{"format": 2}')
    with pytest.raises(ValueError, match="format"):
        list(store.read(REF, "0" * 32, offset=0, length=1))


def test_a_read_that_is_overtaken_by_destroy_ends_in_not_found(store: FilesystemBlobStore) -> None:
    store.begin(REF, single=False)
    put(store, b"a" * 10, 1)
    put(store, b"b" * 10, 2)
    version = store.complete(REF, "parts", sizes=[10, 10]).version
    chunks = store.read(REF, version, offset=0, length=20)
    assert next(chunks) == b"a" * 10
    store.destroy("acme", REF.transfer)
    with pytest.raises(NotFound):
        next(chunks)


def test_files_without_o_tmpfile_work_alike(
    store: FilesystemBlobStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def no_tmpfile(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        # What NFS answers: such files are the one thing no directory of this host can be made to lack.
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not on NFS")
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", no_tmpfile)
    store.begin(REF, single=False)
    sink = store.sink(grant(4))
    sink.write(b"some")
    assert [path.name[:2] for path in folder.iterdir()] == ["t."]
    assert store.parts(REF, "parts") == []
    sink.commit()
    aborted = store.sink(grant(4))
    aborted.write(b"so")
    aborted.abort()
    assert [path.name for path in folder.iterdir()] == ["p.000001"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EIO, StoreAway),
        (errno.ESTALE, StoreAway),
        (errno.EROFS, StoreAway),
        (errno.EACCES, PermissionError),
        (errno.EMFILE, OSError),
    ],
)
def test_known_errors_become_ours_and_others_pass_up(number: int, kind: type[Exception]) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(kind) as raised, translated():
        fail()
    assert isinstance(raised.value, Refused) == (kind in (StoreFull, StoreAway))


def test_only_absence_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for question in (exists, is_directory):
        assert not question(str(tmp_path / "nothing"))
        with pytest.raises(NotADirectoryError):
            question(str(tmp_path / "file" / "below"))


def test_room_is_kept_for_others_and_asked_before_the_bytes_come(tmp_path: Path) -> None:
    plain = FilesystemBlobStore(str(tmp_path), SECRET)
    plain.prepare()
    free = plain.free_bytes()
    assert free is not None
    keeping = FilesystemBlobStore(str(tmp_path), SECRET, reserve=free // 2)
    keeping.begin(REF, single=False)
    with pytest.raises(StoreFull):
        keeping.sink(grant(free * 3 // 4))
    plain.sink(grant(1)).abort()


def test_an_interrupted_destroy_is_finished_by_the_next(store: FilesystemBlobStore, folder: Path) -> None:
    for lost in ("p.000001", "../lock", "manifest.json"):
        store.begin(REF, single=False)
        put(store, b"some bytes")
        version = store.complete(REF, "parts", sizes=[10]).version
        (folder / lost).unlink()
        if lost != "../lock":
            with pytest.raises(NotFound):
                list(store.read(REF, version, offset=0, length=10))
        assert store.remaining("acme", REF.transfer) != []
        store.destroy("acme", REF.transfer)
        assert store.remaining("acme", REF.transfer) == []


def test_an_unreadable_directory_never_looks_empty(store: FilesystemBlobStore, folder: Path) -> None:
    store.begin(REF, single=False)
    put(store, b"some bytes")
    folder.rename(folder.with_name("aside"))
    folder.symlink_to(folder)
    with pytest.raises(OSError, match="symbolic links"):
        store.parts(REF, "parts")
    assert any("aside" in name for name in store.remaining("acme", REF.transfer))


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[2])
from tests.unit.adapters.test_filesystem_blob_store import *
store = FilesystemBlobStore(sys.argv[1], SECRET)
sink = store.sink(grant(2_000_000))
sink.write(b"x" * 1_000_000)
print("half", flush=True)
sys.stdin.read()
sink.write(b"x" * 1_000_000)
try:
    sink.commit()
except Refused as refused:
    print(refused.code, flush=True)
"""


def child(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root), str(ROOT)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    return process


def test_kill_9_in_the_middle_of_a_part_leaves_nothing(
    store: FilesystemBlobStore, folder: Path, tmp_path: Path
) -> None:
    store.begin(REF, single=False)
    process = child(tmp_path / "blobs")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert store.parts(REF, "parts") == []
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("act", "code"), [("complete", "upload_closed"), ("destroy", "not_found")])
def test_another_processs_late_commit_is_refused(
    store: FilesystemBlobStore, tmp_path: Path, act: str, code: str
) -> None:
    store.begin(REF, single=False)
    process = child(tmp_path / "blobs")
    put(store, b"first")
    if act == "complete":
        store.complete(REF, "parts", sizes=[5])
    else:
        store.destroy("acme", REF.transfer)
    printed, _ = process.communicate("", timeout=30)
    assert printed == f"{code}\n"


def test_a_dropped_sink_gives_its_descriptors_back(store: FilesystemBlobStore) -> None:
    store.begin(REF, single=False)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        store.sink(grant(5)).write(b"so")
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2


def test_a_number_no_upload_has_is_not_found(store: FilesystemBlobStore) -> None:
    store.begin(REF, single=False)
    for number in (0, -1, 10_001):
        with pytest.raises(NotFound):
            store.sink(grant(1, number))


def test_ten_thousand_addresses_in_less_than_150_ms(store: FilesystemBlobStore) -> None:
    def signed(number: int) -> str:
        return store.put_url(REF, "parts", number=number, size=1, expires_at=9, base_url="https://h.example").url

    assert best_of_three(signed) < 0.15


def best_of_three(work: Callable[[int], object]) -> float:
    """Processor time of this thread, because the host is shared."""
    rounds = []
    for _ in range(3):
        start = time.thread_time()
        for number in range(1, 10_001):
            work(number)
        rounds.append(time.thread_time() - start)
    return min(rounds)


def test_a_query_in_another_order_is_the_same_address(store: FilesystemBlobStore) -> None:
    signed = store.put_url(REF, "parts", number=3, size=7, expires_at=99, base_url="https://h.example")
    parts = urlsplit(signed.url)
    query = dict(reversed(parse_qsl(parts.query)))
    assert store.authorize("PUT", parts.path, query, now=98).number == 3


def test_a_sink_is_of_this_store(store: FilesystemBlobStore) -> None:
    store.begin(REF, single=False)
    assert isinstance(store.sink(grant(1)), FilesystemPartSink)
