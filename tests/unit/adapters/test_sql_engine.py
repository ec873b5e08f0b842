"""Engines: lazy, private, safe to fork, patient for so long."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from chalicelib.adapters import sql_sqlite
from chalicelib.adapters.sql_engine import make_engine, reading, writing
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.adapters.sql_schema import upgrade
from chalicelib.adapters.sql_sqlite import Turn
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.record_store import Key, Put


def test_making_an_engine_opens_nothing(tmp_path: Path) -> None:
    make_engine(f"sqlite:///{tmp_path}/a.db")
    make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"SQLite|sqlite"):
        make_engine(url)


def test_the_files_of_sqlite_are_for_their_owner_only(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("busy_timeout", 2_500), ("temp_store", 2)],
)
def test_every_connection_is_set_up_for_durability(tmp_path: Path, pragma: str, value: object) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db", patience=2.5)
    with reading(engine) as first, reading(engine) as second:
        for connection in (first, second):
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
    engine.dispose()


def test_a_writer_takes_the_lock_at_begin(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    holder, other = make_engine(url), make_engine(url, patience=0.05)
    upgrade(holder)
    with writing(holder), pytest.raises(StoreAway), writing(other):
        raise AssertionError("two writers at once")
    with writing(holder), reading(other) as connection:
        assert connection.execute(text("SELECT count(*) FROM records")).scalar_one() == 0
    holder.dispose()
    other.dispose()


def test_a_turn_that_does_not_come_raises_store_away() -> None:
    turn = Turn(0.01)
    with turn.taken(), pytest.raises(StoreAway), turn.taken():
        raise AssertionError("two turns at once")
    with turn.taken():
        pass


def test_writers_of_one_process_wait_for_each_other(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    store = SQLRecordStore(engine)

    def work(name: int) -> None:
        for n in range(10):
            store.transact([Put(Key("acme#box", f"{name}-{n}"), {})])

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(store.query("acme#box", limit=100).records) == 80
    engine.dispose()


TAKE_ALL = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
"""


def test_a_further_connection_drops_no_lock_of_the_others(tmp_path: Path) -> None:
    """Opening and closing the file by hand would: POSIX locks belong to the process. Then another process could take the whole file."""
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    with reading(engine) as first, reading(engine) as second:
        for connection in (first, second):
            connection.execute(text("SELECT count(*) FROM records")).scalar_one()
        command = [sys.executable, "-c", TAKE_ALL, f"{tmp_path}/a.db"]
        done = subprocess.run(command, capture_output=True, check=False)
    assert b"database is locked" in done.stderr
    engine.dispose()


def test_a_forked_child_begins_with_connections_of_its_own(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    store = SQLRecordStore(engine)
    store.transact([Put(Key("acme#box", "parent"), {})])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.transact([Put(Key("acme#box", "child"), {})])
            code = 0 if store.get(Key("acme#box", "parent")) else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert store.get(Key("acme#box", "child")) is not None
    store.transact([Put(Key("acme#box", "parent"), {}, expect=1)])
    engine.dispose()


def test_a_fork_while_another_thread_writes_leaves_the_child_free(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    with writing(engine):
        child = os.fork()
        if child == 0:
            os._exit(0 if _turn_is_free(engine) else 1)
    assert os.waitpid(child, 0)[1] == 0
    engine.dispose()


def _turn_is_free(engine: object) -> bool:
    turn: Turn = engine.get_execution_options()["fumibako_turn"]  # type: ignore[attr-defined]
    return not turn.lock.locked()


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv rw,relatime shared:1 - nfs4 server:/export rw,vers=4.2
31 30 254:1 / /srv/local rw - xfs /dev/vdb rw
32 22 0:41 / /mnt/a\\040b rw - cifs //host/share rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x.db", "ext4"),
        ("/srv/x.db", "nfs4"),
        ("/srv/local/x.db", "xfs"),
        ("/srvx/a", "ext4"),
        ("/mnt/a b/c", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_found(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert sql_sqlite._file_system(Path(path), mounts) == kind


def test_a_host_that_does_not_tell_is_trusted(tmp_path: Path) -> None:
    assert sql_sqlite._file_system(tmp_path, tmp_path / "absent") == ""


def test_sqlite_on_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_sqlite, "_file_system", lambda *_: "nfs4")
    with pytest.raises(Refused) as caught:
        upgrade(make_engine(f"sqlite:///{tmp_path}/a.db"))
    assert caught.value.code == "sqlite_on_network"
    assert list(tmp_path.iterdir()) == []
