"""sync_file_range(2): let the disk begin with what was just written, so that the sync at the end finds little left.

Python has no name for it, so it is called through the C library; where there is none, nothing is begun early and all is as durable.
``posix_fadvise(DONTNEED)`` begins writing too, but then walks the pages it could not drop and empties the per-processor lists of all cores.
"""

import ctypes
from functools import cache
from typing import Any, Final

_WRITE: Final = 2  # SYNC_FILE_RANGE_WRITE: begin, do not wait


def begin_writing_back(file: int, start: int, length: int) -> None:
    """Begin to write ``length`` bytes from ``start``, 0 for all behind it. It promises nothing and so raises nothing."""
    call = _sync_file_range()
    if call is not None:
        call(file, start, length, _WRITE)


@cache
def _sync_file_range() -> Any:
    call = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return call
