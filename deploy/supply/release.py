"""A release: a folder of everything that is deployed, and one signed file in it that names every other file by its digest.

``release.jws`` is a compact JWS (RFC 7515) of ES256 or Ed25519 (RFC 9864). Its payload is `Release` as JSON; its ``typ`` keeps a signature that the same key
made for something else from being taken for one of ours (RFC 8725, 3.11).
"""

import hashlib
import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from deploy.errors import Refused
from deploy.version import ordered

FILE: Final = "release.jws"
TYPE: Final = "fumibako-release+jws"
ALGORITHMS: Final = ("ES256", "Ed25519")


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is signed.

    ``commit`` is the source's, 40 hexadecimal digits; ``committed`` its time in seconds since 1970. ``files``: path below the folder -> SHA-256 in
    hexadecimal. ``images``: name -> digest of the OCI manifest, ``sha256:<hex>``, that the registry must show.
    """

    format: Literal["fumibako-release/1"] = "fumibako-release/1"
    version: str
    commit: str
    committed: int
    files: dict[str, str]
    images: dict[str, str]

    @property
    def name(self) -> str:
        """Version and source, as a name of a file or an object."""
        return f"{self.version}-{self.commit[:12]}"

    @property
    def age(self) -> tuple[tuple[int, int, int], int]:
        """The greater, the newer. Raises Refused("version_unreadable")."""
        return ordered(self.version), self.committed


def inventory(folder: Path) -> dict[str, str]:
    """Path -> SHA-256 of every file below ``folder`` but the signed one, in order.

    Raises Refused("release_odd_file") for what is neither a file nor a folder: a link could show something else to whoever reads it next.
    """
    found: dict[str, str] = {}
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(place, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise Refused(
                    "release_odd_file",
                    f"{path.relative_to(folder)} is no plain file.",
                    "A release holds plain files alone; make it anew with `python -m deploy sign`.",
                )
        for name in names:
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = _digest(path)
    found.pop(FILE, None)
    return dict(sorted(found.items()))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
