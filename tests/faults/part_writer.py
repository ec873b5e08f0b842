"""A process of its own for test_durability: it writes one part, then says so. Run under strace.

Usage: part_writer.py ROOT [FAULT]. A fault leaves out one step that durability needs, so that the test can be seen to notice.
"""

import os
import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.adapters import filesystem_part
from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
from chalicelib.ports.blob_store import BlobRef

REF = BlobRef("acme", "tr_0" + "a" * 25, "bl_0" + "b" * 25)
BODY = b"x" * 100_000
ACKNOWLEDGED = b"ACKNOWLEDGED"


def unsynced(fd: Any) -> None:
    """What a store that only hopes would call."""


def plant(fault: str) -> None:
    """Break the store in one way."""
    part = filesystem_part.PartFile
    publish = part.publish

    def early(self: filesystem_part.PartFile, name: str) -> None:
        os.write(1, ACKNOWLEDGED)
        publish(self, name)

    if fault == "acknowledged before rename":
        part.publish = early  # type: ignore[method-assign]
    if fault == "data not synced":
        os.fdatasync = unsynced
    if fault == "directory not synced":
        os.fsync = unsynced


def main() -> None:
    store = FilesystemBlobStore(sys.argv[1], b"k" * 32)
    if len(sys.argv) > 2:
        plant(sys.argv[2])
    store.prepare()
    upload = store.begin(REF, single=False)
    signed = store.put_url(REF, upload, number=1, size=len(BODY), expires_at=2, base_url="http://localhost")
    parts = urlsplit(signed.url)
    sink = store.sink(store.authorize("PUT", parts.path, dict(parse_qsl(parts.query)), now=1))
    sink.write(BODY)
    sink.commit()
    os.write(1, ACKNOWLEDGED)
    store.complete(REF, upload, sizes=[len(BODY)])
    os.write(1, b"COMPLETED")


if __name__ == "__main__":
    main()
