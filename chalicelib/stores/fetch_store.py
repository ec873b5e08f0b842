"""Addresses of the compatible download as records, by the SHA-256 of their token: ``<tenant>#fetch#<sha256>``.

Beside the transfer stands ``sent#<sha256>`` while it is still to be seen whether what was sent also arrived (settle_sent).
"""

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any, Final

from chalicelib.domain.errors import NotFound
from chalicelib.domain.fetch_address import IDLE, FetchAddress
from chalicelib.domain.link import split_token
from chalicelib.ports.record_store import ANY, Delete, Key, Put, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation
from chalicelib.stores.link_store import token_hash

_FIELDS: Final = frozenset(field.name for field in fields(FetchAddress)) - {"sha256", "tenant", "version"}
_MANY: Final = 100


def fetch_put(address: FetchAddress) -> Put:
    """Write an address against the version that was read."""
    body: dict[str, Any] = {name: value for name, value in asdict(address).items() if name in _FIELDS}
    body |= {"files": list(address.files), "sent": [list(span) for span in address.sent]}
    # Twice its life: who comes late is told that it is over, not that it never was.
    purge = address.used_at + 2 * IDLE
    return Put(_key(address.tenant, address.sha256), body, expectation(address.version), purge_after=purge)


def get_fetch(records: RecordStore, token: str) -> FetchAddress:
    """The address of a token. Raises NotFound, for a malformed and an absent one alike."""
    tenant, _ = split_token(token)
    return get_fetch_by_hash(records, tenant, token_hash(token))


def get_fetch_by_hash(records: RecordStore, tenant: str, sha256: str) -> FetchAddress:
    """The address under its token's hash. Raises NotFound."""
    record = records.get(_key(tenant, sha256))
    if record is None:
        raise NotFound
    body = {name: value for name, value in record.body.items() if name in _FIELDS}
    body |= {"files": tuple(body["files"]), "sent": tuple((first, last) for first, last in body["sent"])}
    return FetchAddress(sha256=sha256, tenant=tenant, version=record.version, **body)


def sent_put(address: FetchAddress) -> Put:
    """Remember that this address has sent everything."""
    return Put(_sent_key(address.tenant, address.transfer, address.sha256), {}, ANY)


def sent_delete(tenant: str, transfer: str, sha256: str) -> Delete:
    """It was told as arrived, or nothing is left to tell; repeating it is no error."""
    return Delete(_sent_key(tenant, transfer, sha256), ANY)


def sent_hashes(records: RecordStore, tenant: str, transfer: str) -> Iterator[str]:
    """Hashes of the addresses of a transfer that have sent everything and were not told as arrived."""
    cursor: str | None = None
    while True:
        page = records.query(aggregate_pk(tenant, transfer), prefix="sent#", limit=_MANY, cursor=cursor)
        yield from (record.key.sk.removeprefix("sent#") for record in page.records)
        cursor = page.cursor
        if cursor is None:
            return


def _key(tenant: str, sha256: str) -> Key:
    return Key(f"{tenant}#fetch#{sha256}", "fetch")


def _sent_key(tenant: str, transfer: str, sha256: str) -> Key:
    return Key(aggregate_pk(tenant, transfer), f"sent#{sha256}")
