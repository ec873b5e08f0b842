"""The one function that makes a blob's place out of ids: object keys and directories are built here and nowhere else.

Everything that reaches a store's name passes these patterns first, so neither ``..`` nor a slash, a NUL or a foreign
tenant's id can get into a path. A malformed part answers like an absent blob (``NotFound``).
"""

import re

from chalicelib.domain.errors import NotFound

_TENANT = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]\Z")
_ID = re.compile(r"[a-z]{2}_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}\Z")


def transfer_prefix(tenant: str, transfer: str) -> str:
    """``<tenant>/<transfer>``; raises NotFound."""
    if not _TENANT.match(tenant) or not _ID.match(transfer):
        raise NotFound
    return f"{tenant}/{transfer}"


def blob_key(tenant: str, transfer: str, blob: str) -> str:
    """``<tenant>/<transfer>/<blob>``; raises NotFound."""
    prefix = transfer_prefix(tenant, transfer)
    if not _ID.match(blob):
        raise NotFound
    return f"{prefix}/{blob}"
