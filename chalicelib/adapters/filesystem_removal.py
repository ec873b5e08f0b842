"""Emptying a transfer's directory, and looking what is left in it.

The lock file goes last: whoever waits for it finds its name gone and answers ``not_found`` (filesystem_lock.py). A kill in the
middle leaves the lock in place, so the repeated destroy goes on where this one ended.
"""

import errno
import os
import shutil

from chalicelib.adapters.filesystem_errors import is_directory
from chalicelib.adapters.filesystem_lock import transfer_lock
from chalicelib.domain.errors import NotFound


def remove_transfer(directory: str, lock: str) -> None:
    """Remove everything under the transfer; may leave the directory when another process is just beginning an upload."""
    try:
        with transfer_lock(lock, exclusive=True, create=True):
            for entry in list(os.scandir(directory)):
                if entry.path == lock:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
            os.unlink(lock)
            os.rmdir(directory)
    except (NotFound, FileNotFoundError):
        return  # another destroy was faster
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise


def left_under(directory: str) -> list[str]:
    """Every file below the directory and the directory itself; nothing where it is absent. OSErrors pass up."""
    if not is_directory(directory):
        return []
    found = [directory]
    for folder, folders, files in os.walk(directory, onerror=_unless_absent):
        found.extend(f"{folder}/{name}" for name in (*folders, *files))
    return found


def _unless_absent(error: OSError) -> None:
    # os.walk swallows errors by default; an unreadable directory must never look like an empty one.
    if not isinstance(error, FileNotFoundError):
        raise error
