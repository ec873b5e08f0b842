import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from fumibako.errors import UsageError
from fumibako.uploads import journal as journal_module
from fumibako.uploads.journal import Journal, fingerprint
from fumibako.uploads.local_files import LocalFile

A, B = b"a" * 32, b"b" * 32


def test_what_was_written_is_there_after_a_crash(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j")
    first.write({"k": "start", "key": "k1", "transfer_key": None})
    first.write({"k": "created", "answer": {"id": "tr_1"}}, {"k": "header", "file": "fi_1", "header": "28" * 40})
    first.promise("fi_1", 0, [A, B])
    first.close()
    again = Journal(tmp_path / "j")
    assert again.start == {"k": "start", "key": "k1", "transfer_key": None}
    assert again.created == [{"id": "tr_1"}]
    assert again.headers == {"fi_1": b"\x28" * 40}
    assert list(again.digests("fi_1")) == [A, B]


def test_a_line_cut_short_is_dropped_and_written_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.promise("fi_1", 0, [A])
    journal.close()
    with (tmp_path / "j").open("ab") as stream:
        stream.write(b'{"k": "part", "file": "fi_1", "fir')
    again = Journal(tmp_path / "j")
    assert list(again.digests("fi_1")) == [A]
    again.promise("fi_1", 1, [B])
    again.close()
    assert list(Journal(tmp_path / "j").digests("fi_1")) == [A, B]


def test_the_same_promise_again_writes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.promise("fi_1", 3, [A, B])
    size = (tmp_path / "j").stat().st_size
    journal.promise("fi_1", 3, [A, B])
    assert (tmp_path / "j").stat().st_size == size


def test_other_bytes_under_the_same_header_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.promise("fi_1", 0, [A, A])
    with pytest.raises(UsageError) as caught:
        journal.promise("fi_1", 0, [A, B])
    assert caught.value.code == "file_changed"
    assert list(journal.digests("fi_1")) == [A, A]


def test_two_runs_of_one_upload_exclude_each_other(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j")
    with pytest.raises(UsageError) as caught:
        Journal(tmp_path / "j")
    assert caught.value.code == "upload_running"
    first.close()
    Journal(tmp_path / "j").close()


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    Journal(tmp_path / "deep/j").close()
    assert (tmp_path / "deep/j").stat().st_mode & 0o777 == 0o600


def test_a_finished_upload_leaves_nothing(tmp_path: Path) -> None:
    Journal(tmp_path / "j").finish()
    assert not (tmp_path / "j").exists()


def test_the_fingerprint_tells_uploads_apart() -> None:
    def of(name: str, size: int = 1, to: str = "a@b", url: str = "https://x") -> str:
        return fingerprint(url, [LocalFile(Path("/d") / name, name, size, 5, "t")], {"recipients": to})

    assert of("a") == of("a")
    assert len({of("a"), of("b"), of("a", size=2), of("a", to="c@d"), of("a", url="https://y")}) == 5


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.write({"k": "start", "key": "k1", "transfer_key": None})
    journal.promise("fi_1", 0, [A])
    journal.close()
    (tmp_path / "j").write_bytes(b"\0\0\0\n" + (tmp_path / "j").read_bytes())
    again = Journal(tmp_path / "j")
    assert (again.start, again.created, again.promises("fi_1")) == (None, [], [])
    assert (tmp_path / "j").read_bytes() == b""


def test_memory_does_not_grow_with_the_digests(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.promise("fi_1", 0, [A] * 5000)
    tracemalloc.start()
    for n in range(1, 20):
        journal.promise("fi_1", n * 5000, [B] * 5000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 20_000
    assert journal.promises("fi_1") == [n * 5000 for n in range(20)]
    assert sum(1 for _ in journal.digests("fi_1")) == 100_000


def test_promises_of_several_threads_are_all_durable_and_share_their_syncs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    first = threading.Event()

    def slow(descriptor: int) -> None:
        syncs.append(descriptor)
        first.wait(10)

    monkeypatch.setattr(journal_module, "sync_data", slow)
    journal = Journal(tmp_path / "j")
    threads = [threading.Thread(target=journal.promise, args=(f"fi_{n}", 0, [A])) for n in range(8)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while (tmp_path / "j").read_bytes().count(b"\n") < 8 and time.monotonic() < deadline:
        pass
    first.set()
    for thread in threads:
        thread.join(10)
    assert 1 <= len(syncs) <= 2
    journal.close()
    again = Journal(tmp_path / "j")
    assert [list(again.digests(f"fi_{n}")) for n in range(8)] == [[A]] * 8
