"""The file of the story, and the marker by which any trace of it would be found."""

import base64
import hashlib
import mmap
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from demo.settings import DemoSettings

_CHUNK = 1 << 24


@dataclass(frozen=True)
class Marker:
    """``content``: 32 bytes that stand in the file (None where it is too short or too plain to hold any); ``name``: 64 hex digits."""

    path: Path
    sha256: str
    content: bytes | None
    name: str

    def found_in(self, path: Path) -> str:
        """What of it stands in a file, raw or in a usual disguise; empty text where nothing does."""
        needles = {f"the name ({how})": form for how, form in _forms(self.name.encode()).items()}
        if self.content is not None:
            needles |= {f"the content ({how})": form for how, form in _forms(self.content).items()}
        if any(needle in os.fsencode(path) for needle in needles.values()):
            return "the name (as a file's name)"
        try:
            if path.stat().st_size == 0:
                return ""
            with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return next((what for what, needle in needles.items() if view.find(needle) >= 0), "")
        except FileNotFoundError:  # a mail or a journal that moved on meanwhile
            return ""


def _forms(value: bytes) -> dict[str, bytes]:
    # Base64 of a longer text holds the value at one of three alignments; the middle of each is what to look for.
    shifts = {f"base64 at {n}": base64.b64encode(b"\0" * n + value)[4:-4] for n in range(3)}
    return {"raw": value, "hex": value.hex().encode(), "hex upper": value.hex().upper().encode(), **shifts}


def make_file(settings: DemoSettings) -> Marker:
    """A file of random bytes with a marker in it and in its name; or a person's own, under a name with a marker."""
    name_marker = secrets.token_bytes(32).hex()
    if settings.file is not None:
        path = settings.folder / f"{name_marker}-{settings.file.name}"
        path.symlink_to(settings.file)
        return Marker(path, sha256_of(path), _slice_of(path), name_marker)
    path = settings.folder / f"demo-{name_marker}.bin"
    content = secrets.token_bytes(32) if settings.size >= 32 else None
    with path.open("wb") as stream:
        left = settings.size
        while left:
            stream.write(os.urandom(min(_CHUNK, left)))
            left -= min(_CHUNK, left)
        if content is not None:
            stream.seek((settings.size - 32) // 2)
            stream.write(content)
    return Marker(path, sha256_of(path), content, name_marker)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file, as sha256sum prints it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _slice_of(path: Path) -> bytes | None:
    """32 bytes from the middle that are varied enough to be the file's own."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        for place in (size // 2, size // 3, size // 5, 0):
            stream.seek(place)
            piece = stream.read(32)
            if len(set(piece)) >= 16:
                return piece
    return None
