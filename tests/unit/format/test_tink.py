"""Google's Tink opens what we sealed and we open what Tink sealed: the format is what spec/format.md says it is."""

import io
import random

import pytest
import tink

from fumibako_format.keys import associated_data, file_key
from fumibako_format.streaming import FIRST_PLAINTEXT, NEXT_PLAINTEXT, Header, open_stream, seal_stream
from tests.vectors_tools import tink_streams

TRANSFER, FILE = "tr_01jd8x3v6kf2q9m4n7p0r5s8tw", "fi_01jd8x3v6kf2q9m4n7p0r5s8tx"
KEY, AAD = file_key(bytes(32), FILE), associated_data(TRANSFER, FILE)
SIZES = [0, 1, 5_000, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1, FIRST_PLAINTEXT + NEXT_PLAINTEXT + 12_345]


def sealed_by_us(plaintext: bytes) -> bytes:
    out, header = io.BytesIO(), Header.generate(random.Random(9).randbytes)
    seal_stream(io.BytesIO(plaintext).read, out.write, key=KEY, aad=AAD, header=header)
    return out.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_tink_opens_what_we_sealed(size: int) -> None:
    plaintext = random.Random(size).randbytes(size)
    assert tink_streams.open_(KEY, AAD, sealed_by_us(plaintext)) == plaintext


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_tink_sealed(size: int) -> None:
    plaintext, out = random.Random(size).randbytes(size), io.BytesIO()
    ciphertext = tink_streams.seal(KEY, AAD, plaintext)
    open_stream(io.BytesIO(ciphertext).read, out.write, key=KEY, aad=AAD, ciphertext_size=len(ciphertext))
    assert out.getvalue() == plaintext


def test_tink_refuses_ours_under_other_associated_data() -> None:
    with pytest.raises(tink.TinkError):
        tink_streams.open_(KEY, AAD + b"x", sealed_by_us(b"abc"))
