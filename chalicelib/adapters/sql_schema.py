"""The tables of the SQL adapters and the way to their newest version.

``records`` holds record_store, ``outbox`` what was recorded and not yet handed on, ``deliveries`` one row per event and consumer.
A change here needs a step in ``migrations/versions``; a test compares the two.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from chalicelib.adapters.sql_engine import is_sqlite, reading, writing

# Keys sort by bytes everywhere; PostgreSQL's default collation would sort by language.
_BYTES: Final = Text().with_variant(Text(collation="C"), "postgresql")
_MIGRATION_LOCK: Final = 0x46756D69  # any number that no one else in this database uses

metadata: Final = MetaData()

records: Final = Table(
    "records",
    metadata,
    Column("pk", _BYTES, nullable=False),
    Column("sk", _BYTES, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("purge_after", BigInteger),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("pk", "sk"),
)
_DUE: Final = text("purge_after IS NOT NULL")
Index("records_due", records.c.purge_after, sqlite_where=_DUE, postgresql_where=_DUE)

outbox: Final = Table(
    "outbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True),
    Column("event_id", _BYTES, nullable=False, unique=True),
    Column("event", Text, nullable=False),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("consumer", _BYTES, nullable=False),
    Column("event_id", _BYTES, nullable=False),
    Column("dead", Integer, nullable=False),
    Column("visible_at", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("event", Text, nullable=False),
    PrimaryKeyConstraint("consumer", "event_id"),
)
Index("deliveries_visible", deliveries.c.consumer, deliveries.c.dead, deliveries.c.visible_at)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def expected_version() -> str:
    """The version that this code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("The package was built without its migrations.")
    return head


def schema_version(engine: Engine) -> str | None:
    """The version of the database; None where it is empty. Raises StoreAway."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> None:
    """Bring an empty or older database to the newest version. Two processes may do it at once; an up-to-date one is left as it is.

    One transaction under a lock::

        A: lock ---- read version ---- create ---- commit
        B:      lock ................................... read version, nothing to do
    """
    with writing(engine) as connection:
        if not is_sqlite(engine):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
