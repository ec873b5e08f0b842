"""The schema: what the steps make is what the code expects, and two processes may make it at once."""

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from chalicelib.adapters.sql_engine import make_engine, reading
from chalicelib.adapters.sql_schema import expected_version, metadata, schema_version, upgrade

ROOT = Path(__file__).parents[3]
UPGRADE = """
import sys
from chalicelib.adapters.sql_engine import make_engine
from chalicelib.adapters.sql_schema import upgrade
engine = make_engine(sys.argv[1])
sys.stdin.read()
upgrade(engine)
"""


def start_upgrade(url: str) -> "subprocess.Popen[bytes]":
    """A process that upgrades as soon as its stdin ends."""
    return subprocess.Popen(
        [sys.executable, "-c", UPGRADE, url], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_an_empty_database_has_no_version(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    assert schema_version(engine) is None
    engine.dispose()


def test_upgrade_brings_it_to_the_expected_version(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    assert schema_version(engine) == expected_version()
    upgrade(engine)
    assert schema_version(engine) == expected_version()
    engine.dispose()


def test_the_steps_make_what_the_tables_say(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_two_processes_upgrade_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    processes = [start_upgrade(url) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        assert process.stderr is not None
        problems = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait(timeout=60) == 0, problems
    engine = make_engine(url)
    assert schema_version(engine) == expected_version()
    engine.dispose()


def test_reads_and_queues_use_their_indexes(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    upgrade(engine)
    statements = [
        "SELECT * FROM records WHERE pk = 'a' AND sk >= 'b' AND sk < 'c' ORDER BY sk LIMIT 3",
        "SELECT * FROM records WHERE pk = 'a' AND sk >= 'b' ORDER BY sk DESC LIMIT 3",
        "SELECT pk, sk FROM records WHERE purge_after < 5 ORDER BY purge_after LIMIT 3",
        "SELECT event_id FROM deliveries WHERE consumer = 'x' AND dead = 0 AND visible_at <= 5 LIMIT 3",
    ]
    with reading(engine) as connection:
        for statement in statements:
            plan = " ".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}")))
            assert "SEARCH" in plan, plan
            assert "SCAN" not in plan, plan
            assert "TEMP B-TREE" not in plan, plan
    engine.dispose()
