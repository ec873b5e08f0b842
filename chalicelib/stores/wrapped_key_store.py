"""Wrapped transfer keys, in a store of their own that no backup keeps: ``<tenant>#key#<transfer>`` / ``key``.

Deleting this record is what makes a managed transfer unreadable for ever.
"""

from chalicelib.domain.errors import NotFound
from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Put
from chalicelib.use_cases.context import Context
from fumibako_format import base64url

PURPOSE = "transfer-key"


def wrapped_key(tenant: str, transfer: str) -> Key:
    """Its place in ``ctx.wrapped_keys``."""
    return Key(f"{tenant}#key#{transfer}", "key")


def keep_transfer_key(ctx: Context, tenant: str, transfer: str, key: bytes) -> None:
    """Wrap and store the 32-byte key of a new transfer. Raises Conflict where it has one."""
    sealed = ctx.keys.seal(key, tenant=tenant, purpose=PURPOSE, context=transfer)
    ctx.wrapped_keys.transact([Put(wrapped_key(tenant, transfer), {"sealed": base64url.encode(sealed)}, ABSENT)])


def open_transfer_key(ctx: Context, tenant: str, transfer: str) -> bytes:
    """The transfer key. Raises NotFound once it was destroyed, Refused("key_wrong") where it was changed."""
    record = ctx.wrapped_keys.get(wrapped_key(tenant, transfer))
    if record is None:
        raise NotFound("The key of this transfer was destroyed.")
    sealed = base64url.decode(record.body["sealed"])
    return ctx.keys.open(sealed, tenant=tenant, purpose=PURPOSE, context=transfer)


def destroy_transfer_key(ctx: Context, tenant: str, transfer: str) -> None:
    """Delete the wrapped key; repeating it is no error."""
    ctx.wrapped_keys.transact([Delete(wrapped_key(tenant, transfer), ANY)])
