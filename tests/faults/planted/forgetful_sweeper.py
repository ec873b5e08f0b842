"""A sweeper that leaves one part behind where its own listing does not look, as one that forgets a version of an object would."""

import os
import sys
from pathlib import Path

from chalicelib.adapters import filesystem_blob_store
from chalicelib.adapters.filesystem_removal import remove_transfer
from onprem.runtime.__main__ import main


def forget_one(directory: str, lock: str) -> None:
    parts = sorted(Path(directory).rglob("p.*"))
    if parts:
        parts[-1].rename(Path(directory).parent / f"forgotten-{os.urandom(4).hex()}")
    remove_transfer(directory, lock)


if __name__ == "__main__":
    filesystem_blob_store.remove_transfer = forget_one
    sys.exit(main())
