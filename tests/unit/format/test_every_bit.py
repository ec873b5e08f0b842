"""No flipped bit gets through: every bit of a file's header, of each tag and of the record, and 10,000 random bits of the rest.

Opened segment by segment as receivers do, so that each flip costs one segment; and nothing of the segment it hit may come out.
"""

import io
import random
from collections.abc import Iterator

import pytest

from fumibako_format.errors import FormatError, HeaderError, IntegrityError, LengthError
from fumibako_format.record import FileRecord, open_record, seal_record
from fumibako_format.streaming import (
    FIRST_PLAINTEXT,
    HEADER_BYTES,
    NEXT_PLAINTEXT,
    SEGMENT_BYTES,
    TAG_BYTES,
    Header,
    Opener,
    open_stream,
    seal_stream,
    segment_ciphertext_range,
    segment_count,
)

KEY, AAD = bytes(range(32)), b"tr_x/fi_y"
FILE_ID = "fi_" + "0" * 26
# Three segments: the first holds the header, the last is short.
PLAINTEXT = random.Random(20261121).randbytes(FIRST_PLAINTEXT + NEXT_PLAINTEXT + 5000)
SEGMENTS = segment_count(len(PLAINTEXT))
RANDOM_BITS = 10_000


def sealed() -> bytes:
    out = io.BytesIO()
    header = Header(random.Random(1).randbytes(32), random.Random(2).randbytes(7))
    seal_stream(io.BytesIO(PLAINTEXT).read, out.write, key=KEY, aad=AAD, header=header)
    return out.getvalue()


CIPHERTEXT = sealed()


def segment_of(offset: int) -> int:
    return offset // SEGMENT_BYTES


def parts_of(index: int) -> tuple[int, int]:
    start, end = segment_ciphertext_range(index, len(PLAINTEXT))
    return (start + HEADER_BYTES if index == 0 else start), end


def bits(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Every bit of a stretch: offset and bit."""
    return ((offset, bit) for offset in range(start, end) for bit in range(8))


def flipped(data: bytearray, offset: int, bit: int) -> None:
    data[offset] ^= 1 << bit


def test_every_bit_of_the_header_is_refused_in_every_segment() -> None:
    """The header decides the key of every segment: with another one none of them opens."""
    for offset, bit in bits(0, HEADER_BYTES):
        header = bytearray(CIPHERTEXT[:HEADER_BYTES])
        flipped(header, offset, bit)
        if offset == 0:
            with pytest.raises(HeaderError):
                Header.parse(header)
            continue
        opener = Opener(KEY, AAD, Header.parse(header))
        for index in range(SEGMENTS):
            start, end = parts_of(index)
            with pytest.raises(IntegrityError):
                opener.open(index, CIPHERTEXT[start:end], last=index == SEGMENTS - 1)


def refused(opener: Opener, data: bytearray, offset: int, bit: int) -> None:
    """The segment with the flip raises, and what raises has given nothing."""
    index = segment_of(offset)
    start, end = parts_of(index)
    flipped(data, offset, bit)
    try:
        with pytest.raises(IntegrityError):
            opener.open(index, memoryview(data)[start:end], last=index == SEGMENTS - 1)
    finally:
        flipped(data, offset, bit)


def test_every_bit_of_every_tag_is_refused() -> None:
    opener, data = Opener(KEY, AAD, Header.parse(CIPHERTEXT[:HEADER_BYTES])), bytearray(CIPHERTEXT)
    for index in range(SEGMENTS):
        _, end = parts_of(index)
        for offset, bit in bits(end - TAG_BYTES, end):
            refused(opener, data, offset, bit)
    assert data == CIPHERTEXT


@pytest.mark.parametrize("quarter", range(4))
def test_ten_thousand_random_bits_are_refused(quarter: int) -> None:
    chance = random.Random(f"bits/{quarter}")
    opener, data = Opener(KEY, AAD, Header.parse(CIPHERTEXT[:HEADER_BYTES])), bytearray(CIPHERTEXT)
    for _ in range(RANDOM_BITS // 4):
        refused(opener, data, chance.randrange(HEADER_BYTES, len(data)), chance.randrange(8))


def opened(ciphertext: bytes, *, planned: int = len(CIPHERTEXT)) -> tuple[bytes, FormatError]:
    """What comes out before the refusal, and the refusal."""
    out = io.BytesIO()
    with pytest.raises((HeaderError, IntegrityError, LengthError)) as caught:
        open_stream(io.BytesIO(ciphertext).read, out.write, key=KEY, aad=AAD, ciphertext_size=planned)
    return out.getvalue(), caught.value


def test_a_stream_gives_what_stands_before_the_flip_and_nothing_of_its_segment() -> None:
    chance = random.Random("stream")
    for offset in [0, 20, 39, 40, *(chance.randrange(len(CIPHERTEXT)) for _ in range(60)), len(CIPHERTEXT) - 1]:
        data = bytearray(CIPHERTEXT)
        flipped(data, offset, chance.randrange(8))
        out, _ = opened(bytes(data))
        whole = segment_of(offset)
        assert out == PLAINTEXT[: FIRST_PLAINTEXT + (whole - 1) * NEXT_PLAINTEXT if whole else 0]


def test_segments_that_changed_places_are_refused() -> None:
    first, second, third = (CIPHERTEXT[a:b] for a, b in (parts_of(index) for index in range(SEGMENTS)))
    header = CIPHERTEXT[:HEADER_BYTES]
    # The second is 40 bytes longer than the first, so swapped ones are cut to fit as a liar would.
    for wrong in (
        header + second[: len(first)] + first + second[-40:] + third,
        header + first + first + bytes(HEADER_BYTES) + third,
        header + first + third + second,
    ):
        out, _ = opened(wrong, planned=len(CIPHERTEXT))
        assert PLAINTEXT.startswith(out)
        assert len(out) <= FIRST_PLAINTEXT


@pytest.mark.parametrize("segments", [1, 2])
def test_a_file_cut_at_a_segments_border_is_refused(segments: int) -> None:
    cut = CIPHERTEXT[: segments * SEGMENT_BYTES]
    out, _ = opened(cut)
    assert out == PLAINTEXT[: FIRST_PLAINTEXT + (segments - 1) * NEXT_PLAINTEXT]
    # And where the server lies about the length too: what would be the last segment was not sealed as the last.
    out, error = opened(cut, planned=len(cut))
    assert isinstance(error, IntegrityError)
    assert out == PLAINTEXT[: FIRST_PLAINTEXT + (segments - 2) * NEXT_PLAINTEXT if segments > 1 else 0]


@pytest.mark.parametrize("more", [1, TAG_BYTES, TAG_BYTES + 1, SEGMENT_BYTES])
def test_a_file_with_more_behind_it_is_refused(more: int) -> None:
    """Within the plan's length, and with a length that fits what is there."""
    longer = CIPHERTEXT + bytes(more)
    until_last = FIRST_PLAINTEXT + NEXT_PLAINTEXT
    for planned in (len(CIPHERTEXT), len(longer)):
        out, _ = opened(longer, planned=planned)
        assert out == PLAINTEXT[:until_last]


def test_every_bit_of_the_record_is_refused() -> None:
    record = FileRecord("図面/plan.pdf", "application/pdf", len(PLAINTEXT), bytes(32))
    whole = seal_record(record, file_key=KEY, file_id=FILE_ID, random=lambda count: bytes(range(count)))
    data = bytearray(whole)
    for offset, bit in bits(0, len(data)):
        flipped(data, offset, bit)
        with pytest.raises(IntegrityError):
            open_record(bytes(data), file_key=KEY, file_id=FILE_ID)
        flipped(data, offset, bit)
    assert open_record(bytes(data), file_key=KEY, file_id=FILE_ID) == record


@pytest.mark.parametrize("length", [0, 1, 28, 29, 100])
def test_a_record_cut_short_or_longer_is_refused(length: int) -> None:
    whole = seal_record(FileRecord("a.txt", "text/plain", 1, None), file_key=KEY, file_id=FILE_ID, random=bytes)
    for wrong in (whole[:length], whole + bytes(length + 1)):
        with pytest.raises((IntegrityError, LengthError)):
            open_record(wrong, file_key=KEY, file_id=FILE_ID)
