"""Wrapped transfer keys, in a store of their own that no backup keeps: ``<tenant>#key#<transfer>`` / ``key``.

Deleting this record is what makes a managed transfer unreadable for ever.
"""

from typing import Protocol

from chalicelib.domain.errors import NotFound
from chalicelib.ports.key_store import KeyStore
from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Put, RecordStore
from chalicelib.stores.stored_bytes import from_text, to_text

PURPOSE = "transfer-key"


class HasKeys(Protocol):
    """Where keys are wrapped and kept; every ``Context`` is one."""

    @property
    def keys(self) -> KeyStore: ...
    @property
    def wrapped_keys(self) -> RecordStore: ...


def wrapped_key(tenant: str, transfer: str) -> Key:
    """Its place in ``ctx.wrapped_keys``."""
    return Key(f"{tenant}#key#{transfer}", "key")


def keep_transfer_key(ctx: HasKeys, tenant: str, transfer: str, key: bytes) -> None:
    """Wrap and store the 32-byte key of a new transfer. Raises Conflict where it has one."""
    sealed = ctx.keys.seal(key, tenant=tenant, purpose=PURPOSE, context=transfer)
    ctx.wrapped_keys.transact([Put(wrapped_key(tenant, transfer), {"sealed": to_text(sealed)}, ABSENT)])


def open_transfer_key(ctx: HasKeys, tenant: str, transfer: str) -> bytes:
    """The transfer key. Raises NotFound once it was destroyed, Refused("key_wrong") where it was changed."""
    record = ctx.wrapped_keys.get(wrapped_key(tenant, transfer))
    if record is None:
        raise NotFound("The key of this transfer was destroyed.")
    sealed = from_text(record.body["sealed"])
    return ctx.keys.open(sealed, tenant=tenant, purpose=PURPOSE, context=transfer)


def destroy_transfer_key(ctx: HasKeys, tenant: str, transfer: str) -> None:
    """Delete the wrapped key; repeating it is no error."""
    ctx.wrapped_keys.transact([Delete(wrapped_key(tenant, transfer), ANY)])
