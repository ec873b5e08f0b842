"""A lock per transfer that holds between threads, processes and (by NFS 4) hosts: flock(2) on the transfer's ``lock`` file.

The one subtle case is a lock file that is removed while somebody waits for it::

    PUT                                destroy
    open lock (inode 7)
                                       flock 7 exclusive, remove everything, unlink lock
    flock 7 shared: granted, but 7 has no name any more
    -> compare inode 7 with the path: gone -> NotFound

So the name is looked at again after the lock is held, and only then is it a lock on this transfer.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.errors import NotFound


@contextmanager
def transfer_lock(path: str, *, exclusive: bool, create: bool = False) -> Iterator[None]:
    """Hold the lock; raises NotFound when the transfer's directory is absent or goes away while waiting."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        lock = os.open(path, flags, 0o600)
    except FileNotFoundError as error:
        raise NotFound from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        if not _still_named(lock, path):
            raise NotFound
        yield
    finally:
        os.close(lock)


def _still_named(lock: int, path: str) -> bool:
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    held = os.fstat(lock)
    return (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)
