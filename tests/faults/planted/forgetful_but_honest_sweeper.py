"""A sweeper that destroys all parts but one, with the product's own listing: it must never say that the transfer is destroyed."""

import sys
from pathlib import Path

from chalicelib.adapters import filesystem_blob_store
from onprem.runtime.__main__ import main


def forget_one(directory: str, lock: str) -> None:  # what it replaces takes both
    for part in sorted(Path(directory).rglob("p.*"))[:-1]:
        part.unlink()


if __name__ == "__main__":
    filesystem_blob_store.remove_transfer = forget_one
    sys.exit(main())
