"""The rule for versions, the same in every document: a reader refuses one it does not know."""

from collections.abc import Mapping
from typing import Any

from fumibako_format.errors import VersionUnknown

VERSION = 1


def check_version(members: Mapping[str, Any], what: str) -> None:
    """Raise VersionUnknown unless ``v`` is the integer 1; ``what`` names the document in the message."""
    version = members.get("v")
    # True equals 1 in Python, and no other reader would take it.
    if isinstance(version, bool) or version != VERSION:
        raise VersionUnknown(f"The {what} has a version this program does not know.")
