"""Steps of the SQL schema, oldest first, run by Alembic through ``sql_schema.upgrade``."""
