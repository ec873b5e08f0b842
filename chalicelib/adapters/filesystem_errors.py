"""What the operating system says about a disk, told in the words of the blob store's contract.

No room (ENOSPC, EDQUOT) becomes StoreFull. A disk or file server that fails or is gone becomes StoreAway. Every other OSError
passes up unchanged: it is a fault to be looked at, not an answer for a client.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.errors import StoreAway, StoreFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# EROFS is how ext4 and XFS go on after an I/O error; the others are how NFS tells that its server is gone.
AWAY = frozenset(
    {
        errno.EIO,
        errno.ESTALE,
        errno.EROFS,
        errno.ENODEV,
        errno.ENXIO,
        errno.ETIMEDOUT,
        errno.ENOTCONN,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ECONNREFUSED,
    }
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise StoreFull or StoreAway from the OSErrors that mean them."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull from error
        if error.errno in AWAY:
            raise StoreAway from error
        raise


def exists(path: str) -> bool:
    """Whether there is such a name. ``os.path.exists`` answers no on an I/O error too, and so would certify absence."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    return True


def is_directory(path: str) -> bool:
    """Whether there is such a directory; any OSError but absence passes up."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        return False
