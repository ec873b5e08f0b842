"""The store of each test of several runtimes: SQLite in its folder, or two databases of an own PostgreSQL."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import postgresql_cluster
from tests.service.runtime.processes import Install

__all__ = ["postgresql_cluster"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.root)])
def shared_install(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Install]:
    """An install that two runtimes share."""
    if request.param == "sqlite":
        yield Install(tmp_path)
        return
    cluster = request.getfixturevalue("postgresql_cluster")
    names = [f"{kind}_{uuid.uuid4().hex[:12]}" for kind in ("records", "keys")]
    records, keys = [cluster.create_database(name) for name in names]
    yield Install(tmp_path, {"STORE": "postgresql", "DATABASE_URL": records, "WRAPPED_KEYS_URL": keys})
    for name in names:
        cluster.drop_database(name)
