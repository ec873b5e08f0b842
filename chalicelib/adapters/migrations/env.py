"""What Alembic runs for each command: the steps, over the connection and inside the transaction that ``sql_schema.upgrade`` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
