"""What only a real PostgreSQL shows."""

import uuid

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from chalicelib.adapters.sql_engine import make_engine, reading
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.adapters.sql_schema import expected_version, metadata, schema_version, upgrade
from chalicelib.domain.errors import StoreAway
from chalicelib.ports.record_store import Key, Put
from tests.postgresql import Cluster, postgresql_cluster
from tests.unit.adapters.test_sql_schema import start_upgrade

__all__ = ["postgresql_cluster"]
pytestmark = pytest.mark.root


def test_two_processes_upgrade_at_once(postgresql_cluster: Cluster) -> None:
    url = postgresql_cluster.create_database(f"upgrade_{uuid.uuid4().hex}")
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
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_session_that_was_ended_costs_one_store_away(postgresql_cluster: Cluster) -> None:
    """After a restart of the server, connections of the pool are dead; the store must come back by itself."""
    url = postgresql_cluster.create_database(f"ended_{uuid.uuid4().hex}")
    engine, admin = make_engine(url), make_engine(postgresql_cluster.url("postgres"))
    upgrade(engine)
    store = SQLRecordStore(engine)
    store.transact([Put(Key("acme#box", "a"), {})])
    with reading(admin) as connection:
        name = url.rpartition("/")[2]
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    with pytest.raises(StoreAway):
        store.get(Key("acme#box", "a"))
    assert store.get(Key("acme#box", "a")) is not None
    engine.dispose()
    admin.dispose()
