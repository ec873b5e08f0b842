"""Transfer keys, digests, ids: what the vectors do not say."""

import hashlib
import io
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fumibako_format import ids, keys
from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.errors import IdInvalid, KeyMismatch, LengthError
from fumibako_format.hkdf import hkdf_sha256

TRANSFER, FILE = "tr_01jd8x3v6kf2q9m4n7p0r5s8tw", "fi_01jd8x3v6kf2q9m4n7p0r5s8tx"


def test_a_transfer_key_is_the_next_32_random_bytes() -> None:
    assert keys.new_transfer_key(io.BytesIO(bytes(range(64))).read) == bytes(range(32))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    derivations: list[Callable[[bytes], bytes]] = [
        partial(keys.file_key, file_id=FILE),
        partial(keys.record_key, file_id=FILE),
    ]
    for call in [keys.check_key, *derivations]:
        with pytest.raises(KeyMismatch, match=r"^A key is 32 bytes\.$"):
            call(bytes(length))
    with pytest.raises(KeyMismatch):
        keys.new_transfer_key(lambda _: bytes(length))


def test_ids_of_another_kind_are_refused() -> None:
    calls: list[Callable[[], object]] = [
        lambda: keys.associated_data(FILE, FILE),
        lambda: keys.associated_data("tr_", FILE),
    ]
    for call in calls:
        with pytest.raises(IdInvalid, match=r"^This is not an id that begins with tr_\.$"):
            call()
    with pytest.raises(IdInvalid, match=r"^This is not an id that begins with fi_\.$"):
        keys.associated_data(TRANSFER, TRANSFER)
    with pytest.raises(IdInvalid, match=r"^This is not an id that begins with fi_\.$"):
        keys.record_key(bytes(32), TRANSFER)


def test_hkdf_is_rfc_5869() -> None:
    # Test case 1 (with salt) and 3 (without) of RFC 5869 appendix A.
    secret = b"\x0b" * 22
    salted = hkdf_sha256(secret, info=bytes(range(0xF0, 0xFA)), salt=bytes(range(13)), length=42)
    assert salted.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    plain = hkdf_sha256(secret, info=b"", length=42)
    assert plain.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    assert len(hkdf_sha256(secret, info=b"")) == 32


def test_the_digest_of_a_file() -> None:
    first, second = segment_digest(b"a"), segment_digest(memoryview(b"b"))
    assert first == hashlib.sha256(b"a").digest()
    assert file_digest(iter([first, second])) == hashlib.sha256(first + second).digest()
    assert file_digest([segment_digest(b"")]).hex() == (
        "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"
    )


def test_a_digest_of_nothing_or_of_wrong_digests_is_refused() -> None:
    with pytest.raises(LengthError, match=r"^A file has at least one segment\.$") as caught:
        file_digest([])
    assert caught.value.hint == "Give the digest of the empty segment for an empty file."
    for length in (31, 33):
        with pytest.raises(LengthError, match=r"^A segment digest is 32 bytes\.$") as caught:
            file_digest([bytes(32), bytes(length)])
        assert caught.value.hint == "Give the SHA-256 of each segment's plaintext."


@given(st.binary(min_size=16, max_size=16), st.from_regex("[a-z]{2,8}", fullmatch=True))
def test_ids_there_and_back_and_in_the_order_of_their_bytes(raw: bytes, prefix: str) -> None:
    text = ids.encode_id(prefix, raw)
    assert ids.decode_id(text) == (prefix, raw)
    assert ids.is_id(text, prefix)
    assert ids.ID_PATTERN.fullmatch(text)
    assert (text < ids.encode_id(prefix, bytes(16))) == (raw < bytes(16))
    assert not ids.is_id(text, prefix[:-1])
    assert not ids.is_id(text, "")


@pytest.mark.parametrize("prefix", ["", "t", "TR", "t1", "t_", "abcdefghi", "tr\n"])
def test_a_prefix_is_two_to_eight_letters(prefix: str) -> None:
    with pytest.raises(IdInvalid, match=r"^The prefix of an id is two to eight letters a to z\.$"):
        ids.encode_id(prefix, bytes(16))


@pytest.mark.parametrize("length", [0, 15, 17])
def test_an_id_is_made_of_16_bytes(length: int) -> None:
    with pytest.raises(IdInvalid, match=r"^An id is made of 16 bytes\.$"):
        ids.encode_id("tr", bytes(length))


def test_a_wrong_id_says_only_that() -> None:
    with pytest.raises(IdInvalid, match=r"^This is not an id\.$"):
        ids.decode_id("secret")


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_holds_its_time_version_and_variant(ms: int, random10: bytes) -> None:
    made = ids.uuid7(ms, random10)
    assert len(made) == 16
    assert int.from_bytes(made[:6], "big") == ms
    assert (made[6] >> 4, made[8] >> 6) == (7, 2)
    assert (made[6] & 15, made[7], made[8] & 63, made[9:]) == (
        random10[0] & 15,
        random10[1],
        random10[2] & 63,
        random10[3:],
    )


@pytest.mark.parametrize("ms", [-1, 2**48])
def test_a_time_beyond_48_bits_is_refused(ms: int) -> None:
    with pytest.raises(IdInvalid, match=r"^A UUIDv7 holds a time of 0 to 2\^48 - 1 milliseconds\.$"):
        ids.uuid7(ms, bytes(10))


@pytest.mark.parametrize("length", [9, 11])
def test_uuid7_takes_ten_random_bytes(length: int) -> None:
    with pytest.raises(IdInvalid, match=r"^A UUIDv7 is made with ten random bytes\.$"):
        ids.uuid7(0, bytes(length))
