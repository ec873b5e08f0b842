"""The file format: sizes, ranges, segments in any order and thread, streams of awkward reads, every flipped bit."""

import io
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fumibako_format.errors import HeaderError, IntegrityError, LengthError
from fumibako_format.streaming import (
    FIRST_PLAINTEXT,
    HEADER_BYTES,
    MAX_PLAINTEXT,
    MAX_SEGMENTS,
    NEXT_PLAINTEXT,
    SEGMENT_BYTES,
    TAG_BYTES,
    Header,
    Opener,
    Sealer,
    ciphertext_size,
    open_stream,
    plaintext_size,
    seal_stream,
    segment_ciphertext_range,
    segment_count,
    segment_plaintext_range,
)

KEY, AAD = bytes(range(32)), b"tr_x/fi_y"
HEADER = Header(bytes(range(100, 132)), bytes(range(7)))
BOUNDARIES = [0, 1, FIRST_PLAINTEXT - 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1]
BOUNDARIES += [FIRST_PLAINTEXT + NEXT_PLAINTEXT, FIRST_PLAINTEXT + NEXT_PLAINTEXT + 1]


def sealed(plaintext: bytes) -> bytes:
    out = io.BytesIO()
    seal_stream(io.BytesIO(plaintext).read, out.write, key=KEY, aad=AAD, header=HEADER)
    return out.getvalue()


def opened(ciphertext: bytes, planned: int | None = None) -> tuple[bytes, Exception | None]:
    out = io.BytesIO()
    size = len(ciphertext) if planned is None else planned
    try:
        open_stream(io.BytesIO(ciphertext).read, out.write, key=KEY, aad=AAD, ciphertext_size=size)
    except (IntegrityError, LengthError, HeaderError) as error:
        return out.getvalue(), error
    return out.getvalue(), None


def test_the_figures_of_the_format() -> None:
    assert (HEADER_BYTES, SEGMENT_BYTES, TAG_BYTES) == (40, 1_048_576, 16)
    assert (FIRST_PLAINTEXT, NEXT_PLAINTEXT) == (1_048_520, 1_048_560)
    assert (MAX_SEGMENTS, MAX_PLAINTEXT) == (2**32, 2**32 * 1_048_560 - 40)


@pytest.mark.parametrize(
    ("plain", "cipher", "segments"),
    [
        (0, 56, 1),
        (1, 57, 1),
        (1_048_520, 1_048_576, 1),
        (1_048_521, 1_048_576 + 17, 2),
        (2_097_080, 2_097_152, 2),
        (2_097_081, 2_097_152 + 17, 3),
        (10 * 2**30, 10_737_582_136, 10_241),
        (MAX_PLAINTEXT, 2**52, 2**32),
    ],
)
def test_sizes_both_ways(plain: int, cipher: int, segments: int) -> None:
    assert ciphertext_size(plain) == cipher
    assert plaintext_size(cipher) == plain
    assert segment_count(plain) == segments


@pytest.mark.parametrize("size", [-1, 0, 55, 2**20 + 1, 2**20 + 16, 2**21 + 16, 2**52 + 1, 2**52 + 17])
def test_a_ciphertext_of_no_file_is_refused(size: int) -> None:
    with pytest.raises(LengthError, match=f"No file has a ciphertext of {size} bytes"):
        plaintext_size(size)


@pytest.mark.parametrize("size", [-1, MAX_PLAINTEXT + 1])
def test_a_plaintext_beyond_the_format_is_refused(size: int) -> None:
    with pytest.raises(LengthError, match=f"A file holds 0 to {MAX_PLAINTEXT} bytes") as caught:
        ciphertext_size(size)
    assert caught.value.hint == "Check the size that was given."


@given(st.integers(0, MAX_PLAINTEXT))
def test_every_size_comes_back(size: int) -> None:
    assert plaintext_size(ciphertext_size(size)) == size


@given(st.integers(0, 20 * SEGMENT_BYTES))
def test_ranges_join_without_gap_and_fill_their_segments(size: int) -> None:
    count = segment_count(size)
    plain = [segment_plaintext_range(index, size) for index in range(count)]
    cipher = [segment_ciphertext_range(index, size) for index in range(count)]
    assert (plain[0][0], plain[-1][1]) == (0, size)
    assert (cipher[0][0], cipher[-1][1]) == (0, ciphertext_size(size))
    for index in range(1, count):
        assert plain[index][0] == plain[index - 1][1]
        assert cipher[index][0] == cipher[index - 1][1] == index * SEGMENT_BYTES
    for index, (start, end) in enumerate(cipher):
        overhead = TAG_BYTES + (HEADER_BYTES if index == 0 else 0)
        assert end - start - overhead == plain[index][1] - plain[index][0]


@pytest.mark.parametrize("ranges", [segment_plaintext_range, segment_ciphertext_range])
@pytest.mark.parametrize("index", [-1, 2])
def test_a_segment_the_file_lacks_is_refused(ranges: Callable[[int, int], tuple[int, int]], index: int) -> None:
    with pytest.raises(LengthError, match=f"This file has no segment {index}") as caught:
        ranges(index, FIRST_PLAINTEXT + 1)
    assert caught.value.hint == "Count segments from 0."


def test_a_header_is_40_salt_prefix() -> None:
    assert HEADER.to_bytes() == bytes([40, *range(100, 132), *range(7)])
    assert Header.parse(HEADER.to_bytes()) == HEADER
    assert Header.parse(memoryview(HEADER.to_bytes())) == HEADER
    drawn = Header.generate(io.BytesIO(bytes(range(39))).read)
    assert drawn == Header(bytes(range(32)), bytes(range(32, 39)))


@pytest.mark.parametrize("data", [b"", bytes([40]) + bytes(38), bytes([40]) + bytes(40), bytes([41]) + bytes(39)])
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(HeaderError, match="header of 40 bytes whose first byte is 40"):
        Header.parse(data)


@pytest.mark.parametrize(("salt", "prefix"), [(31, 7), (33, 7), (32, 6), (32, 8)])
def test_a_header_of_other_lengths_is_refused(salt: int, prefix: int) -> None:
    with pytest.raises(HeaderError, match="32 bytes of salt and 7 of prefix"):
        Header(bytes(salt), bytes(prefix))


@pytest.mark.parametrize("cipher", [Sealer, Opener])
@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_is_32_bytes(cipher: type, length: int) -> None:
    with pytest.raises(LengthError, match="A file key is 32 bytes") as caught:
        cipher(bytes(length), AAD, HEADER)
    assert caught.value.hint == "Derive it with keys.file_key."


def test_a_cipher_does_not_show_its_key() -> None:
    assert KEY.hex() not in repr(Sealer(KEY, AAD, HEADER)) + repr(vars(Sealer(KEY, AAD, HEADER)))


@pytest.mark.parametrize(
    ("index", "length", "last"),
    [
        (0, FIRST_PLAINTEXT - 1, False),
        (0, FIRST_PLAINTEXT + 1, False),
        (0, FIRST_PLAINTEXT + 1, True),
        (1, NEXT_PLAINTEXT - 1, False),
        (1, NEXT_PLAINTEXT + 1, False),
        (1, NEXT_PLAINTEXT + 1, True),
        (1, 0, True),
        (2, 0, True),
        (1, 0, False),
    ],
)
def test_a_segment_of_another_length_is_neither_sealed_nor_opened(index: int, length: int, last: bool) -> None:
    message = f"Segment {index} cannot hold {length} bytes"
    with pytest.raises(LengthError, match=message):
        Sealer(KEY, AAD, HEADER).seal(index, bytes(length), last=last)
    with pytest.raises(LengthError, match=message):
        Opener(KEY, AAD, HEADER).open(index, bytes(length + TAG_BYTES), last=last)


@pytest.mark.parametrize("index", [-1, 2**32])
def test_an_index_beyond_four_bytes_is_refused(index: int) -> None:
    with pytest.raises(LengthError, match="Segments are numbered 0 to 4294967295") as caught:
        Sealer(KEY, AAD, HEADER).seal(index, b"x", last=True)
    assert caught.value.hint == "Count segments from 0."


def test_the_last_index_of_all_is_sealed_and_opened() -> None:
    text = Sealer(KEY, AAD, HEADER).seal(2**32 - 1, memoryview(b"end"), last=True)
    assert Opener(KEY, AAD, HEADER).open(2**32 - 1, memoryview(text), last=True) == b"end"
    for index, last in ((2**32 - 2, True), (1, True)):
        with pytest.raises(IntegrityError, match=f"Segment {index} does not hold"):
            Opener(KEY, AAD, HEADER).open(index, text, last=last)


def test_segments_are_sealed_and_opened_in_any_order_by_many_threads() -> None:
    plaintext = random.Random(1).randbytes(FIRST_PLAINTEXT + 5 * NEXT_PLAINTEXT + 7)
    view, size, count = memoryview(plaintext), len(plaintext), segment_count(len(plaintext))
    sealer, opener = Sealer(KEY, AAD, HEADER), Opener(KEY, AAD, HEADER)

    def there_and_back(index: int) -> bytes:
        start, end = segment_plaintext_range(index, size)
        text = sealer.seal(index, view[start:end], last=index == count - 1)
        ranged = segment_ciphertext_range(index, size)
        assert len(text) == ranged[1] - ranged[0]
        return opener.open(index, text[HEADER_BYTES:] if index == 0 else text, last=index == count - 1)

    with ThreadPoolExecutor(4) as pool:
        pieces = dict(zip(range(count - 1, -1, -1), pool.map(there_and_back, range(count - 1, -1, -1)), strict=True))
    assert b"".join(pieces[index] for index in range(count)) == plaintext


@pytest.mark.parametrize("size", BOUNDARIES)
def test_streams_read_in_awkward_pieces(size: int) -> None:
    plaintext, chunks = random.Random(size).randbytes(size), random.Random(2)

    def awkward(source: io.BytesIO) -> Callable[[int], bytes]:
        return lambda n: source.read(min(n, chunks.choice([1, 13, 65_536, n])) if n > 100_000 else n)

    out, back = io.BytesIO(), io.BytesIO()
    read = awkward(io.BytesIO(plaintext))
    assert seal_stream(read, out.write, key=KEY, aad=AAD, header=HEADER) == size
    assert len(out.getvalue()) == ciphertext_size(size)
    read = awkward(io.BytesIO(out.getvalue()))
    assert open_stream(read, back.write, key=KEY, aad=AAD, ciphertext_size=len(out.getvalue())) == size
    assert back.getvalue() == plaintext


def test_a_stream_is_never_asked_for_more_than_a_segment() -> None:
    asked: list[int] = []
    source = io.BytesIO(sealed(bytes(FIRST_PLAINTEXT + 5)))

    def read(size: int) -> bytes:
        asked.append(size)
        return source.read(size)

    size = ciphertext_size(FIRST_PLAINTEXT + 5)
    open_stream(read, io.BytesIO().write, key=KEY, aad=AAD, ciphertext_size=size)
    assert asked == [40, SEGMENT_BYTES - 40, 21, 1]


def test_every_bit_of_header_and_tag_flipped_is_refused_with_nothing_written() -> None:
    plaintext = os.urandom(300)
    good = sealed(plaintext)
    assert opened(good) == (plaintext, None)
    bits = [*range(HEADER_BYTES * 8), *range((len(good) - TAG_BYTES) * 8, len(good) * 8)]
    for bit in bits:
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        written, error = opened(bytes(flipped))
        assert written == b""
        assert isinstance(error, HeaderError if bit < 8 else IntegrityError)


def test_random_bits_of_a_longer_file_flipped_never_let_a_wrong_byte_out() -> None:
    plaintext = random.Random(3).randbytes(FIRST_PLAINTEXT + 1000)
    good = sealed(plaintext)
    for seed in range(25):
        flipped, bit = bytearray(good), random.Random(seed).randrange(8, len(good) * 8)
        flipped[bit // 8] ^= 1 << bit % 8
        written, error = opened(bytes(flipped))
        assert isinstance(error, IntegrityError)
        assert written == (b"" if bit < SEGMENT_BYTES * 8 else plaintext[:FIRST_PLAINTEXT])


@settings(max_examples=60)
@given(st.binary(max_size=400), st.data())
def test_any_change_of_a_small_file_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    good = sealed(plaintext)
    changed = data.draw(st.binary(max_size=500) | st.integers(0, len(good) - 1).map(lambda cut: good[:cut]))
    if changed != good:
        for planned in (len(good), len(changed)):
            written, error = opened(changed, planned)
            assert written == b""
            assert error is not None


def test_trailing_bytes_hold_back_the_last_segment() -> None:
    good = sealed(bytes(FIRST_PLAINTEXT + 10))
    written, error = opened(good + b"x", len(good))
    assert written == bytes(FIRST_PLAINTEXT)
    assert isinstance(error, LengthError)
    assert error.message == f"Bytes follow the {len(good)} bytes of the file."


def test_a_stream_that_ends_early_says_so() -> None:
    good = sealed(b"abc")
    written, error = opened(good[:-1], len(good))
    assert (written, str(error)) == (b"", "The file ends before its planned length.")
    assert isinstance(error, LengthError)


@pytest.mark.parametrize("size", [0, 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1])
def test_into_buffers_the_bytes_are_the_same(size: int) -> None:
    content, sealer = os.urandom(size), Sealer(KEY, AAD, HEADER)
    opener, count = Opener(KEY, AAD, HEADER), segment_count(size)
    room, out = bytearray(SEGMENT_BYTES), bytearray(SEGMENT_BYTES)
    for index in range(count):
        start, end = segment_plaintext_range(index, size)
        last = index == count - 1
        length = sealer.seal_into(index, content[start:end], room, last=last)
        assert bytes(room[:length]) == sealer.seal(index, content[start:end], last=last)
        ciphertext = memoryview(room)[HEADER_BYTES if index == 0 else 0 : length]
        assert opener.open_into(index, ciphertext, out, last=last) == end - start
        assert out[: end - start] == content[start:end]


def test_into_a_buffer_that_is_too_small_nothing_goes() -> None:
    sealer, opener = Sealer(KEY, AAD, HEADER), Opener(KEY, AAD, HEADER)
    with pytest.raises(LengthError):
        sealer.seal_into(0, b"abc", bytearray(HEADER_BYTES + 3 + 15), last=True)
    with pytest.raises(LengthError):
        opener.open_into(1, bytes(19), bytearray(2), last=True)
    with pytest.raises(LengthError):
        sealer.seal_into(1, b"", bytearray(100), last=True)


def test_what_does_not_hold_leaves_no_plaintext_in_the_buffer() -> None:
    sealed = bytearray(Sealer(KEY, AAD, HEADER).seal(1, b"secret words", last=True))
    sealed[-1] ^= 1
    out = bytearray(b"x" * 20)
    with pytest.raises(IntegrityError):
        Opener(KEY, AAD, HEADER).open_into(1, sealed, out, last=True)
    assert out == bytes(12) + b"x" * 8
