"""Sizes as people write them."""

import re
from typing import Final

from deploy.errors import Refused

_FORM: Final = re.compile(r"(\d{1,15})(?:\s?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB))?")
_BYTES: Final = {
    "B": 1,
    **{name: 1_000**power for power, name in enumerate(("kB", "MB", "GB", "TB"), start=1)},
    **{name: 1_024**power for power, name in enumerate(("KiB", "MiB", "GiB", "TiB"), start=1)},
}


def bytes_of(text: str) -> int:
    """``100MB`` is 100,000,000, ``100MiB`` 104,857,600; a number alone is bytes. Raises Refused("size_wrong")."""
    found = _FORM.fullmatch(text)
    size = int(found[1]) * _BYTES[found[2] or "B"] if found else 0
    if not size:
        raise Refused(
            "size_wrong", f"`{text}` is no size of a file.", "Write a number with a unit, such as 100MB or 2GiB."
        )
    return size
