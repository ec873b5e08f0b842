"""A disk that is really full: a small memory disk in a mount namespace of its own, so that nothing else sees it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.root

STORY = """
import os
from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
from chalicelib.domain.errors import StoreFull
from chalicelib.ports.blob_store import BlobRef
from chalicelib.ports.byte_path import ByteGrant

store = FilesystemBlobStore("/mnt/blobs", b"s" * 32)
store.prepare()
ref = BlobRef("acme", "tr_0" + "a" * 25, "bl_0" + "b" * 25)
store.begin(ref, single=False)
first = store.sink(ByteGrant("PUT", ref, 1, 1_000_000, None, 1))
first.write(b"x" * 1_000_000)
first.commit()
second = store.sink(ByteGrant("PUT", ref, 2, 1_500_000, None, 1))
second.write(b"y" * 1_000_000)
with open("/mnt/filler", "wb", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError:
        pass
try:
    second.write(b"y" * 500_000)
    second.commit()
except StoreFull as full:
    print(full.code)
os.unlink("/mnt/filler")
print([(part.number, part.size) for part in store.parts(ref, "parts")], store.free_bytes() > 2_000_000)
"""


def test_a_full_disk_is_store_full_and_leaves_nothing_of_the_part() -> None:
    script = f"mount -t tmpfs -o size=4m tmpfs /mnt && exec {sys.executable} -c '{STORY}'"
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "store_full\n[(1, 1000000)] True\n", done.stderr
