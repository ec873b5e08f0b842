"""Records, the outbox and the deliveries of events.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

# Byte order of keys on every database: PostgreSQL's default collation would sort by language.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "records",
        sa.Column("pk", _TEXT, nullable=False),
        sa.Column("sk", _TEXT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("purge_after", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("pk", "sk"),
    )
    due = sa.text("purge_after IS NOT NULL")
    op.create_index("records_due", "records", ["purge_after"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "outbox",
        sa.Column("position", _POSITION, sa.Identity(), primary_key=True),
        sa.Column("event_id", _TEXT, nullable=False, unique=True),
        sa.Column("event", sa.Text, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("consumer", _TEXT, nullable=False),
        sa.Column("event_id", _TEXT, nullable=False),
        sa.Column("dead", sa.Integer, nullable=False),
        sa.Column("visible_at", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id"),
    )
    op.create_index("deliveries_visible", "deliveries", ["consumer", "dead", "visible_at"])


def downgrade() -> None:
    """Drop them with all they hold."""
    for table in ("deliveries", "outbox", "records"):
        op.drop_table(table)
