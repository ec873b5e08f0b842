"""File names as senders give them, and what becomes of them on a disk: the one place that decides either.

A name is a relative path with ``/`` between segments, in NFC. ``check_name`` decides what is a name at all. What only
one system dislikes (reserved names of Windows, trailing dots, long segments) is kept and shown; ``safe_path`` makes a
path of it that is safe on Linux, macOS and Windows alike, so that a folder can be copied between them. A segment that
had to change carries the first 8 hex digits of the SHA-256 of what it was, so different names stay different.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from fumibako_format.errors import NameInvalid
from fumibako_format.normal_form import normal_form

NAME_LIMIT = 4096
SEGMENT_LIMIT = 255
PATH_LIMIT = 2048
EXTENSION_LIMIT = 32
REASONS = ("empty", "too_long", "separator", "dot_segment", "nul", "control", "bidi", "surrogate")

# No text of so many characters can come down to 4,096 bytes in NFC: a letter of two bytes is made of three characters at most.
_RAW_LIMIT = 2 * NAME_LIMIT
_SURROGATE = re.compile("[\ud800-\udfff]")
# C0, DEL and C1, and the two separators that end a line in a terminal or a log.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Marks, embeddings, overrides and isolates of UAX #9, and the deprecated format characters beside them: they show
# "exe.fdp" as "pdf.exe".
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]")
_DRIVE = re.compile("[A-Za-z]:")
_FORBIDDEN = re.compile('[<>:"|?*]')
# Devices of Windows, with or without an extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(?:\..*)?", re.IGNORECASE
)
_REPLACEMENT = "\ufffd"
# Most names: nothing in them that the checks below could refuse or change. With 10,000 files it is seen how often they are asked.
_PLAIN = re.compile(r"(?:[\w -][\w. -]*/)*[\w -][\w. -]*", re.ASCII)


def check_name(name: str) -> str:
    """Return the name in NFC; raises NameInvalid whose ``reason`` is the first that applies, in this order.

    empty, surrogate, too_long (4,096 bytes of UTF-8 in NFC), nul, control, bidi, separator (backslash, leading or
    trailing slash, empty segment, drive letter), dot_segment.
    """
    if len(name) <= NAME_LIMIT and _PLAIN.fullmatch(name):
        return name
    if not name:
        raise _refused("empty", "A file needs a name.")
    if _SURROGATE.search(name):
        raise _refused("surrogate", "The name is not valid Unicode text.")
    if len(name) > _RAW_LIMIT:
        raise _refused("too_long", f"The name is longer than {NAME_LIMIT} bytes.")
    checked = normal_form("NFC", name)
    if len(checked.encode("utf-8")) > NAME_LIMIT:
        raise _refused("too_long", f"The name is longer than {NAME_LIMIT} bytes.")
    _check_characters(checked)
    _check_segments(checked)
    return checked


def same_name_key(name: str) -> str:
    """Two names with one key would meet on a disk that ignores case or normalizes (NFC, case folded)."""
    return normal_form("NFC", normal_form("NFC", name).casefold())


def display_name(name: str) -> str:
    """Return any text fit for a terminal or a log line: what could move, hide or reorder is shown as U+FFFD."""
    for pattern in (_SURROGATE, _CONTROL, _BIDI):
        name = pattern.sub(_REPLACEMENT, name)
    return name


def safe_path(name: str) -> tuple[str, ...]:
    """Return the segments of a relative path for a name; raises NameInvalid only where check_name does.

    Each segment is 1 to 255 bytes of UTF-8, the path at most 2,048 bytes: of a longer one the folders in the middle
    become one folder named by their hash.
    """
    return _safe_path(name, {})


def safe_paths(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a path for each name, in order, no two the same and none a folder of another.

    "The same" is judged as the most forgetful file system would: without case, composition, compatibility forms and
    invisible characters. The first of several keeps its path, later ones get ``~2``, ``~3`` ... before the extension.
    """
    known: dict[str, str] = {}
    paths = [_safe_path(name, known) for name in names]
    folded = [_folded(path) for path in paths]
    folders = {key[:depth] for key in {key[:-1] for key in folded} for depth in range(1, len(key) + 1)}
    taken: set[tuple[str, ...]] = set()
    turns: dict[tuple[str, ...], int] = {}
    unique = []
    for path, first in zip(paths, folded, strict=True):
        candidate, key = path, first
        while key in taken or key in folders:
            turns[first] = turns.get(first, 1) + 1
            candidate = (*path[:-1], _tagged(path[-1], f"~{turns[first]}"))
            key = _folded(candidate)
        taken.add(key)
        unique.append(candidate)
    return unique


def _safe_path(name: str, known: dict[str, str]) -> tuple[str, ...]:
    """``known``: segments that were met before, since most files share their folders."""
    original = check_name(name).split("/")
    for segment in original[:-1]:
        if segment not in known:
            known[segment] = _safe_segment(segment)
    segments = (*[known[segment] for segment in original[:-1]], _safe_segment(original[-1]))
    if len("/".join(segments).encode("utf-8")) <= PATH_LIMIT:
        return segments
    return segments[0], "_" + _mark("/".join(original[1:-1])), segments[-1]


def _check_characters(name: str) -> None:
    if "\x00" in name:
        raise _refused("nul", "The name has a NUL in it.")
    if _CONTROL.search(name):
        raise _refused("control", "The name has a control character in it.")
    if _BIDI.search(name):
        raise _refused("bidi", "The name has a character in it that changes the direction of text.")


def _check_segments(name: str) -> None:
    segments = name.split("/")
    if "\\" in name or "" in segments or _DRIVE.match(name):
        raise _refused("separator", "The name is not a relative path with single slashes.")
    if "." in segments or ".." in segments:
        raise _refused("dot_segment", "The name has a segment . or .. in it.")


def _refused(reason: str, message: str) -> NameInvalid:
    return NameInvalid(message, reason=reason)


def _safe_segment(segment: str) -> str:
    safe = _FORBIDDEN.sub("_", segment).rstrip(". ") or "_"
    if _RESERVED.fullmatch(safe):
        safe = "_" + safe
    if safe == segment and len(safe.encode("utf-8")) <= SEGMENT_LIMIT:
        return safe
    return _tagged(safe, _mark(segment))


def _mark(original: str) -> str:
    return "~" + hashlib.sha256(original.encode("utf-8")).hexdigest()[:8]


def _tagged(segment: str, tag: str) -> str:
    """Put ``tag`` before the extension and cut the stem, by whole characters, so that all fits in a segment."""
    stem, dot, extension = segment.rpartition(".")
    if not stem or len(extension.encode("utf-8")) > EXTENSION_LIMIT:
        stem, dot, extension = segment, "", ""
    ending = tag + dot + extension
    room = SEGMENT_LIMIT - len(ending.encode("utf-8"))
    return stem.encode("utf-8")[:room].decode("utf-8", "ignore") + ending


def _folded(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_fold(segment) for segment in path)


def _fold(segment: str) -> str:
    if segment.isascii():
        return segment.lower()
    folded = normal_form("NFKD", normal_form("NFKD", segment).casefold())
    return "".join(character for character in folded if unicodedata.category(character) != "Cf")
