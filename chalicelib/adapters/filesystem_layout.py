"""Where a blob lies below the store's root. No other module joins a path.

::

    <root>/.fumibako-blobs                             says that this is a blob store and that it is mounted
    <root>/<tenant>/<transfer>/lock                    taken shared by a PUT, exclusively by complete and destroy
    <root>/<tenant>/<transfer>/<blob>/p.000001         a part: its bytes and a footer of 24 bytes (filesystem_part.py)
    <root>/<tenant>/<transfer>/<blob>/t.<16 hex>       being written; never read
    <root>/<tenant>/<transfer>/<blob>/manifest.json    finished: version, sizes, etags

Directories are 0700 and files 0600. The names hold ids only: no file name of a user ever becomes a name here.
"""

import re
from dataclasses import dataclass

from chalicelib.domain.blob_key import blob_key, transfer_prefix
from chalicelib.domain.errors import NotFound
from chalicelib.ports.blob_store import BlobRef

MARKER = ".fumibako-blobs"
LOCK = "lock"
MANIFEST = "manifest.json"
TEMPORARY = "t."
MAX_PARTS = 10_000

_PART = re.compile(r"p\.([0-9]{6})\Z")


@dataclass(frozen=True)
class FilesystemLayout:
    """Names below one root; every id is checked by the domain's patterns before it becomes part of a path."""

    root: str

    @property
    def marker(self) -> str:
        """The file whose absence means: not mounted, or not a store."""
        return f"{self.root}/{MARKER}"

    def tenant(self, tenant: str, transfer: str) -> str:
        """The tenant's directory; both ids are checked."""
        return f"{self.root}/{transfer_prefix(tenant, transfer).partition('/')[0]}"

    def transfer(self, tenant: str, transfer: str) -> str:
        """The transfer's directory."""
        return f"{self.root}/{transfer_prefix(tenant, transfer)}"

    def lock(self, tenant: str, transfer: str) -> str:
        """The transfer's lock file."""
        return f"{self.transfer(tenant, transfer)}/{LOCK}"

    def blob(self, ref: BlobRef) -> str:
        """The blob's directory."""
        return f"{self.root}/{blob_key(ref.tenant, ref.transfer, ref.blob)}"

    def part(self, ref: BlobRef, number: int) -> str:
        """One part's file."""
        return f"{self.blob(ref)}/{part_name(number)}"


def part_name(number: int) -> str:
    """``p.000001`` to ``p.010000``; raises NotFound for a number no upload has."""
    if not 1 <= number <= MAX_PARTS:
        raise NotFound
    return f"p.{number:06d}"


def part_number(name: str) -> int | None:
    """The number of a part's file name, None for any other name."""
    match = _PART.match(name)
    return int(match[1]) if match else None
