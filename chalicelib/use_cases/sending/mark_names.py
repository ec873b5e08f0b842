"""What tells two names of one transfer apart without keeping a name: HMAC-SHA256 under a key from the transfer key, cut to 96 bits.

With the transfer key gone a mark says nothing of its name (docs/decisions/0004-names-only-in-sealed-records.md). Two names with one mark: for
10,000 files one chance in 10^21, and then the name is refused as taken.
"""

import hmac
from collections.abc import Callable

from chalicelib.stores.name_marks_store import MARK_BYTES
from fumibako_format.hkdf import hkdf_sha256
from fumibako_format.names import same_name_key

Mark = Callable[[str], bytes]


def name_marker(transfer: str, key: bytes | None) -> Mark:
    """Gives the mark of a name. A plain transfer has no key, and its names stand in its records anyway."""
    own = hkdf_sha256(key or bytes(32), info=f"fumibako/names/v1/{transfer}".encode())
    return lambda name: hmac.digest(own, same_name_key(name).encode("utf-8"), "sha256")[:MARK_BYTES]
