"""A sweeper that destroys all parts but the last one it finds, and whose listing does not see it either: "gone" is said of what is there."""

import os
import sys
from pathlib import Path

from chalicelib.adapters import filesystem_blob_store
from chalicelib.adapters.filesystem_removal import left_under, remove_transfer
from onprem.runtime.__main__ import main


def forget_one(directory: str, lock: str) -> None:
    parts = sorted(Path(directory).rglob("p.*"))
    if parts:
        kept = Path(directory).parent / f"forgotten-{os.urandom(4).hex()}"
        parts[-1].rename(kept)
    remove_transfer(directory, lock)


if __name__ == "__main__":
    filesystem_blob_store.remove_transfer = forget_one
    filesystem_blob_store.left_under = left_under
    sys.exit(main())
