"""Lists by time: ids only, never trusted for a decision. The head is read strongly behind each of them.

``<tenant>#sent#<owner>``, ``<tenant>#received#<address>`` (lower case), ``<tenant>#all``, and the same for file requests
(``<tenant>#requests#<owner>``); sort key ``<created, 13 digits>#<id>``.
"""

from dataclasses import dataclass

from chalicelib.domain.recipients import same_address_key
from chalicelib.ports.record_store import ANY, Delete, Key, Put, RecordStore
from chalicelib.stores.keys import time_key


@dataclass(frozen=True)
class Listed:
    """One line of a list."""

    created_at: int
    id: str


def sent_pk(tenant: str, owner: str) -> str:
    """What one owner sent."""
    return f"{tenant}#sent#{owner}"


def received_pk(tenant: str, address: str) -> str:
    """What came for one address."""
    return f"{tenant}#received#{same_address_key(address)}"


def all_pk(tenant: str) -> str:
    """Everything of a tenant, for admins and auditors."""
    return f"{tenant}#all"


def requests_pk(tenant: str, owner: str) -> str:
    """One owner's file requests."""
    return f"{tenant}#requests#{owner}"


def index_put(pk: str, created_at: int, subject: str) -> Put:
    """Add a line; adding it twice is no error."""
    return Put(Key(pk, time_key(created_at, subject)), {}, ANY)


def index_delete(pk: str, created_at: int, subject: str) -> Delete:
    """Take a line out."""
    return Delete(Key(pk, time_key(created_at, subject)), ANY)


def newest(
    records: RecordStore, pk: str, *, limit: int, cursor: str | None, prefix: str = ""
) -> tuple[list[Listed], str | None]:
    """Lines from the newest on, and the cursor to go on."""
    page = records.query(pk, prefix=prefix, limit=limit, cursor=cursor, reverse=True)
    lines = [record.key.sk.split("#") for record in page.records]
    return [Listed(int(at), subject) for at, subject in lines], page.cursor
