"""Reading what a blob's directory holds: the parts of an open upload, the bytes of a finished blob."""

import os
from collections.abc import Iterator, Sequence

from chalicelib.adapters.filesystem_errors import translated
from chalicelib.adapters.filesystem_layout import part_number
from chalicelib.adapters.filesystem_part import read_footer
from chalicelib.domain.errors import NotFound, StoreAway
from chalicelib.ports.blob_store import StoredPart
from chalicelib.ports.byte_path import FileSlice

CHUNK = 1024 * 1024


def held_parts(directory: str) -> list[StoredPart]:
    """The whole parts in a directory, in order; nothing where the directory is absent."""
    found = []
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    for name in names:
        number = part_number(name)
        footer = read_footer(f"{directory}/{name}") if number else None
        if number and footer:
            found.append(StoredPart(number, *footer))
    return sorted(found, key=lambda part: part.number)


def read_slices(pieces: Sequence[FileSlice]) -> Iterator[bytes]:
    """The bytes of the pieces in chunks of at most 1 MiB. Raises NotFound when they are destroyed meanwhile."""
    for piece in pieces:
        yield from _read(piece)


def _read(piece: FileSlice) -> Iterator[bytes]:
    with translated():
        try:
            file = os.open(piece.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound from error
    try:
        offset, end = piece.offset, piece.offset + piece.length
        while offset < end:
            with translated():
                chunk = os.pread(file, min(CHUNK, end - offset), offset)
            if not chunk:
                raise StoreAway("A part on the disk is shorter than it was when it was written.")
            yield chunk
            offset += len(chunk)
    finally:
        os.close(file)
