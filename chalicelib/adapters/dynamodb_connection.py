"""The connection of PynamoDB and the one table that everything lives in.

Table: keys ``pk`` (S) and ``sk`` (S); ``v`` (N) the version, ``b`` (S) the body as JSON text, ``p`` (N) purge_after in ms where there is one, and
``ttl`` (N) the same in whole seconds, rounded up, which is what DynamoDB's time to live reads. Outbox items have ``v`` and ``b`` too.
"""

import logging
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader, create_loader
from botocore.session import Session, get_session
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable

_KEYS: Final = (("pk", "HASH"), ("sk", "RANGE"))


def dynamodb_connection(
    table: str,
    *,
    region: str,
    endpoint: str | None = None,
    attempts: int = 4,
    connect_seconds: float = 2,
    read_seconds: float = 5,
    pool: int = 50,
    **credentials: Any,
) -> Connection:
    """A connection that knows the table's keys beforehand, so that it never asks. No I/O; the client is made at first use.

    ``credentials`` are boto3's own ``aws_...`` arguments where the environment's are not meant.
    """
    for name in ("pynamodb", "botocore"):
        # At DEBUG both write whole requests, and so bodies, into the log.
        logging.getLogger(name).setLevel(logging.WARNING)
    connection = _SharingConnection(
        region=region,
        host=endpoint,
        connect_timeout_seconds=connect_seconds,
        read_timeout_seconds=read_seconds,
        retry_configuration={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=pool,
        **credentials,
    )
    connection.add_meta_table(MetaTable(_description(table)))
    return connection


class _SharingConnection(Connection):
    """PynamoDB makes a botocore session for each connection, and each reads the models of the service anew: 50 ms and 20 MB, for every tenant too.

    Here they share what was read. Clients, pools and credentials stay each connection's own.
    """

    @property
    def session(self) -> Session:
        made = getattr(self._local, "session", None)
        if made is None:
            made = get_session()
            made.register_component("data_loader", _models())
            if self._aws_access_key_id and self._aws_secret_access_key:
                made.set_credentials(self._aws_access_key_id, self._aws_secret_access_key, self._aws_session_token)
            self._local.session = made
        return made


@cache
def _models() -> Loader:
    return create_loader()


def create_table(connection: Connection, table: str) -> None:
    """Make the table with its time to live: for tests and emulators; in an account the deployment does it, with backups and a stream."""
    connection.create_table(
        table,
        attribute_definitions=_description(table)["AttributeDefinitions"],
        key_schema=_description(table)["KeySchema"],
        billing_mode="PAY_PER_REQUEST",
    )
    connection.update_time_to_live(table, "ttl")


def _description(table: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in _KEYS],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in _KEYS],
    }
