"""The file format: Google Tink's streaming AEAD AES256_GCM_HKDF_1MB, segment by segment.

Header: one byte 40, 32 bytes of salt, 7 bytes of nonce prefix. Segment key: HKDF-SHA256(file key, salt, associated
data, 32 bytes). A ciphertext segment is 1,048,576 bytes, the header counting as the start of segment 0; its nonce is
prefix || index (4 bytes, big endian) || 1 if last else 0. Segments are independent, so any number of threads may seal
and open at once. Source: https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming

One header, one plaintext: sealing other bytes under the same header and key gives away both. A Sealer cannot see that;
its caller keeps the digest of every segment it sealed and refuses to seal a different one (spec/format.md).
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fumibako_format.errors import HeaderError, IntegrityError, LengthError
from fumibako_format.hkdf import hkdf_sha256

HEADER_BYTES = 40
SALT_BYTES = 32
PREFIX_BYTES = 7
KEY_BYTES = 32
SEGMENT_BYTES = 1 << 20
TAG_BYTES = 16
FIRST_PLAINTEXT = 1_048_520
NEXT_PLAINTEXT = 1_048_560
MAX_SEGMENTS = 1 << 32
MAX_PLAINTEXT = FIRST_PLAINTEXT + (MAX_SEGMENTS - 1) * NEXT_PLAINTEXT

Buffer = bytes | bytearray | memoryview


def segment_count(plaintext_size: int) -> int:
    """Return how many segments a plaintext of so many bytes takes (1 for the empty file); raises LengthError."""
    if not 0 <= plaintext_size <= MAX_PLAINTEXT:
        raise LengthError(f"A file holds 0 to {MAX_PLAINTEXT} bytes.", "Check the size that was given.")
    return 1 + max(0, -(-(plaintext_size - FIRST_PLAINTEXT) // NEXT_PLAINTEXT))


def ciphertext_size(plaintext_size: int) -> int:
    """Return the bytes of ciphertext, header included, of a plaintext; raises LengthError."""
    return HEADER_BYTES + plaintext_size + TAG_BYTES * segment_count(plaintext_size)


def plaintext_size(ciphertext_size: int) -> int:
    """Return the bytes of plaintext of a ciphertext; raises LengthError where no plaintext has that ciphertext."""
    segments = max(1, -(-ciphertext_size // SEGMENT_BYTES))
    last = ciphertext_size - (segments - 1) * SEGMENT_BYTES
    least = HEADER_BYTES + TAG_BYTES if segments == 1 else TAG_BYTES + 1
    if last < least or segments > MAX_SEGMENTS:
        raise LengthError(f"No file has a ciphertext of {ciphertext_size} bytes.")
    return ciphertext_size - HEADER_BYTES - TAG_BYTES * segments


def segment_plaintext_range(index: int, plaintext_size: int) -> tuple[int, int]:
    """Return the first and the end offset of segment ``index`` in the plaintext; raises LengthError."""
    if not 0 <= index < segment_count(plaintext_size):
        raise LengthError(f"This file has no segment {index}.", "Count segments from 0.")
    start = 0 if index == 0 else FIRST_PLAINTEXT + (index - 1) * NEXT_PLAINTEXT
    return start, min(plaintext_size, FIRST_PLAINTEXT + index * NEXT_PLAINTEXT)


def segment_ciphertext_range(index: int, plaintext_size: int) -> tuple[int, int]:
    """Return the first and the end offset of segment ``index`` in the ciphertext; raises LengthError.

    Segment 0 begins at 0 and contains the 40 bytes of the header, which an Opener does not want.
    """
    if not 0 <= index < segment_count(plaintext_size):
        raise LengthError(f"This file has no segment {index}.", "Count segments from 0.")
    return index * SEGMENT_BYTES, min(ciphertext_size(plaintext_size), (index + 1) * SEGMENT_BYTES)


@dataclass(frozen=True)
class Header:
    """The random start of a file: 32 bytes of salt and 7 bytes of nonce prefix. One header serves one plaintext."""

    salt: bytes
    prefix: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES or len(self.prefix) != PREFIX_BYTES:
            raise HeaderError("A header has 32 bytes of salt and 7 of prefix.")

    def to_bytes(self) -> bytes:
        """Return the 40 bytes that stand before segment 0."""
        return bytes([HEADER_BYTES]) + self.salt + self.prefix

    @classmethod
    def parse(cls, data: Buffer) -> "Header":
        """Read exactly 40 bytes; raises HeaderError on another length or first byte."""
        if len(data) != HEADER_BYTES or data[0] != HEADER_BYTES:
            raise HeaderError("A file begins with a header of 40 bytes whose first byte is 40.")
        return cls(bytes(data[1 : 1 + SALT_BYTES]), bytes(data[1 + SALT_BYTES :]))

    @classmethod
    def generate(cls, random: Callable[[int], bytes]) -> "Header":
        """Draw a new header; ``random(n)`` must return n bytes fit for keys (os.urandom)."""
        return cls(random(SALT_BYTES), random(PREFIX_BYTES))


class _SegmentCipher:
    """What Sealer and Opener share. Safe to use from several threads: AESGCM keeps no state between calls."""

    def __init__(self, key: bytes, aad: bytes, header: Header) -> None:
        """Derive the segment key; ``aad`` is ``keys.associated_data``. Raises LengthError on a key not of 32 bytes."""
        if len(key) != KEY_BYTES:
            raise LengthError("A file key is 32 bytes.", "Derive it with keys.file_key.")
        self.header = header
        self._cipher = AESGCM(hkdf_sha256(key, info=aad, salt=header.salt))

    def _nonce(self, index: int, *, last: bool) -> bytes:
        if not 0 <= index < MAX_SEGMENTS:
            raise LengthError(f"Segments are numbered 0 to {MAX_SEGMENTS - 1}.", "Count segments from 0.")
        return self.header.prefix + index.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


class Sealer(_SegmentCipher):
    """Seals segments of one file, in any order and from any thread."""

    def seal(self, index: int, plaintext: Buffer, *, last: bool) -> bytes:
        """Return the ciphertext of one segment; for index 0 it starts with the header.

        Raises LengthError where the plaintext is not of the length the segment must have.
        """
        nonce = self._nonce(index, last=last)
        _check_plaintext(index, len(plaintext), last=last)
        sealed = self._cipher.encrypt(nonce, plaintext, None)
        return self.header.to_bytes() + sealed if index == 0 else sealed

    def seal_into(self, index: int, plaintext: Buffer, target: bytearray | memoryview, *, last: bool) -> int:
        """``seal`` into the start of ``target`` (up to 1 MiB), which allocates nothing; returns the bytes that were written.

        ``target`` must not overlap ``plaintext``. Raises LengthError as ``seal`` does, and where ``target`` is too small.
        """
        nonce = self._nonce(index, last=last)
        _check_plaintext(index, len(plaintext), last=last)
        start = HEADER_BYTES if index == 0 else 0
        size = start + len(plaintext) + TAG_BYTES
        if len(target) < size:
            raise LengthError(f"Segment {index} takes {size} bytes.", "Give a buffer of 1 MiB.")
        view = memoryview(target)
        view[:start] = self.header.to_bytes()[:start]
        self._cipher.encrypt_into(nonce, plaintext, None, view[start:size])
        return size


class Opener(_SegmentCipher):
    """Opens segments of one file, in any order and from any thread."""

    def open(self, index: int, ciphertext: Buffer, *, last: bool) -> bytes:
        """Return the plaintext of one segment; for index 0 ``ciphertext`` is what follows the header.

        ``last`` comes from the plan's length, never from the data. Raises LengthError where the ciphertext is not of
        the length the segment must have and IntegrityError where its tag does not hold.
        """
        nonce = self._nonce(index, last=last)
        _check_plaintext(index, len(ciphertext) - TAG_BYTES, last=last)
        try:
            return self._cipher.decrypt(nonce, ciphertext, None)
        except InvalidTag as error:
            raise IntegrityError(
                f"Segment {index} does not hold: damaged, moved, or sealed with another key."
            ) from error

    def open_into(self, index: int, ciphertext: Buffer, target: bytearray | memoryview, *, last: bool) -> int:
        """``open`` into the start of ``target`` (up to 1 MiB), which allocates nothing; returns the bytes of plaintext.

        ``target`` must not overlap ``ciphertext``. Where this raises (as ``open`` does) its content is of no use and MUST NOT be shown.
        """
        nonce = self._nonce(index, last=last)
        size = len(ciphertext) - TAG_BYTES
        _check_plaintext(index, size, last=last)
        if len(target) < size:
            raise LengthError(f"Segment {index} takes {size} bytes.", "Give a buffer of 1 MiB.")
        view = memoryview(target)[:size]
        try:
            self._cipher.decrypt_into(nonce, ciphertext, None, view)
        except InvalidTag as error:
            view[:] = bytes(size)
            raise IntegrityError(
                f"Segment {index} does not hold: damaged, moved, or sealed with another key."
            ) from error
        return size


def _check_plaintext(index: int, length: int, *, last: bool) -> None:
    full = FIRST_PLAINTEXT if index == 0 else NEXT_PLAINTEXT
    # Only the empty file may end in an empty segment. Tink reads one anywhere, so two ciphertexts could mean one file.
    least = full if not last else min(index, 1)
    if not least <= length <= full:
        raise LengthError(f"Segment {index} cannot hold {length} bytes.")


def seal_stream(
    read: Callable[[int], bytes], write: Callable[[bytes], object], *, key: bytes, aad: bytes, header: Header
) -> int:
    """Seal a whole stream until ``read`` returns nothing; returns the bytes of plaintext.

    ``read(n)`` may return fewer than n bytes; ``write`` takes all it is given. One segment is read ahead, because only
    the end of the stream says which segment is the last.
    """
    sealer = Sealer(key, aad, header)
    index, size = 0, 0
    segment = _read_fully(read, FIRST_PLAINTEXT)
    while True:
        following = _read_fully(read, NEXT_PLAINTEXT) if len(segment) else b""
        write(sealer.seal(index, segment, last=not following))
        size += len(segment)
        if not following:
            return size
        segment, index = following, index + 1


def open_stream(
    read: Callable[[int], bytes], write: Callable[[bytes], object], *, key: bytes, aad: bytes, ciphertext_size: int
) -> int:
    """Open a whole stream of exactly ``ciphertext_size`` bytes; returns the bytes of plaintext.

    No byte is written before its segment's tag held, and the last segment is not written where bytes follow it. Raises
    LengthError (impossible size, cut short, trailing bytes), HeaderError, IntegrityError. What was written before an
    error is true but not the whole file: the caller discards it.
    """
    total = plaintext_size(ciphertext_size)
    opener = Opener(key, aad, Header.parse(_read_exactly(read, HEADER_BYTES)))
    segments = segment_count(total)
    for index in range(segments):
        start, end = segment_ciphertext_range(index, total)
        ciphertext = _read_exactly(read, end - start - (HEADER_BYTES if index == 0 else 0))
        last = index == segments - 1
        if last and read(1):
            raise LengthError(f"Bytes follow the {ciphertext_size} bytes of the file.")
        write(opener.open(index, ciphertext, last=last))
    return total


def _read_exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = _read_fully(read, size)
    if len(data) < size:
        raise LengthError("The file ends before its planned length.")
    return data


def _read_fully(read: Callable[[int], bytes], size: int) -> bytes:
    """Read until ``size`` bytes are there or the stream ends."""
    data = read(size)
    if len(data) == size or not data:
        return data
    pieces, length = [data], len(data)
    while length < size and (data := read(size - length)):
        pieces.append(data)
        length += len(data)
    return b"".join(pieces)
