"""File records and key slots: what is padded, bounded, hidden and said."""

import os
from typing import Any

import pytest

from fumibako_format import slots
from fumibako_format.errors import FormatError, KeyMismatch, NameInvalid, PassphraseInvalid, RecordError
from fumibako_format.record import RECORD_LIMIT, FileRecord, open_record, seal_record

FILE, TRANSFER, KEY = "fi_01jd8x3v6kf2q9m4n7p0r5s8tx", "tr_01jd8x3v6kf2q9m4n7p0r5s8tw", bytes(range(32))
CHEAP = slots.Argon2Parameters(19 * 1024, 1, 1)


def sealed(name: str = "a.txt", media_type: str = "text/plain", size: Any = 1, digest: bytes | None = None) -> bytes:
    return seal_record(FileRecord(name, media_type, size, digest), file_key=KEY, file_id=FILE, random=os.urandom)


def test_a_record_comes_back_in_nfc() -> None:
    record = open_record(sealed("e\u0301", digest=bytes(32)), file_key=KEY, file_id=FILE)
    assert record == FileRecord("\u00e9", "text/plain", 1, bytes(32))


def test_a_record_does_not_show_its_name() -> None:
    assert "secret" not in repr(FileRecord("secret", "text/plain", 1, None))


def test_the_length_of_a_record_says_little_of_its_name() -> None:
    lengths = {len(sealed("n" * length)) for length in range(1, 4_000, 7)}
    assert lengths == {28 + 256 * blocks for blocks in range(1, 16)} | {RECORD_LIMIT}


def test_a_name_too_long_for_a_record_is_refused() -> None:
    room = 4_068 - len('{"digest":null,"name":"","size":1,"type":"text/plain","v":1}')
    assert len(sealed("n" * room)) == 4_096
    with pytest.raises(NameInvalid) as caught:
        sealed("n" * (room + 1))
    assert (caught.value.reason, caught.value.message) == ("too_long", "The name is too long for a file record.")
    assert caught.value.hint == "Shorten the name or its folders."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": 5}, "The file record has no name."),
        ({"media_type": "é"}, "The media type is up to 255 printable ASCII characters."),
        ({"media_type": "a" * 256}, "The media type is up to 255 printable ASCII characters."),
        ({"media_type": "a\x7f"}, "The media type is up to 255 printable ASCII characters."),
        ({"media_type": "a\x1f"}, "The media type is up to 255 printable ASCII characters."),
        ({"size": -1}, "The size in the file record is not a number of bytes."),
        ({"size": True}, "The size in the file record is not a number of bytes."),
        ({"size": 2**53}, "The size in the file record is not a number of bytes."),
        ({"digest": bytes(31)}, "The digest in the file record is not 32 bytes."),
    ],
)
def test_a_wrong_record_is_not_sealed(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError) as caught:
        sealed(**fields)
    assert caught.value.message == message


def test_the_bounds_of_a_record_are_sealed() -> None:
    for media_type in ("", " ~", "a" * 255):
        assert open_record(sealed(media_type=media_type), file_key=KEY, file_id=FILE).media_type == media_type
    for size in (0, 2**53 - 1):
        assert open_record(sealed(size=size), file_key=KEY, file_id=FILE).size == size


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        ((19_455, 1, 1), "The slot's Argon2id parameter m is not from 19456 to 1048576."),
        ((1_048_577, 1, 1), "The slot's Argon2id parameter m is not from 19456 to 1048576."),
        ((65_536, 0, 1), "The slot's Argon2id parameter t is not from 1 to 10."),
        ((65_536, 11, 1), "The slot's Argon2id parameter t is not from 1 to 10."),
        ((65_536, 1, 0), "The slot's Argon2id parameter p is not from 1 to 4."),
        ((65_536, 1, 5), "The slot's Argon2id parameter p is not from 1 to 4."),
        ((65_536, True, 1), "The slot's Argon2id parameter t is not from 1 to 10."),
        ((65_536, "3", 1), "The slot's Argon2id parameter t is not from 1 to 10."),
    ],
)
def test_costs_out_of_bounds_are_refused(cost: Any, message: str) -> None:
    with pytest.raises(RecordError) as caught:
        slots.Argon2Parameters(*cost)
    assert caught.value.message == message


def test_the_bounds_of_the_costs() -> None:
    assert slots.Argon2Parameters(19_456, 1, 1) == CHEAP
    assert slots.Argon2Parameters(1_048_576, 10, 4).passes == 10
    default = slots.DEFAULT_ARGON2
    assert (default.memory_kib, default.passes, default.lanes) == (65_536, 3, 1)


def test_no_two_slots_of_one_key_are_alike() -> None:
    (first, one), (second, two) = (slots.link_slot(KEY, TRANSFER, os.urandom) for _ in range(2))
    assert one != two
    assert not {first[name] for name in ("nonce", "wrapped", "commitment")} & set(map(str, second.values()))
    with pytest.raises(KeyMismatch, match=r"^This key or passphrase is not the one this transfer was sealed with\.$"):
        slots.open_link_slot(first, two, TRANSFER)


def test_a_passphrase_is_not_in_its_error() -> None:
    for passphrase, message in (
        ("se\ud800cret", "The passphrase is not valid Unicode text."),
        (" ", "The passphrase is empty."),
    ):
        with pytest.raises(PassphraseInvalid) as caught:
            slots.passphrase_slot(KEY, TRANSFER, passphrase, os.urandom, params=CHEAP)
        assert caught.value.message == message
        assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "passphrase"}, "This is not a key slot of the kind link."),
        ({"nonce": "="}, "The key slot's nonce is not base64url."),
        ({"nonce": "AA"}, "The key slot's nonce is not 12 bytes."),
        ({"wrapped": "AA"}, "The key slot's wrapped is not 48 bytes."),
        ({"commitment": "AA"}, "The key slot's commitment is not 32 bytes."),
        ({"v": 2}, "The key slot has a version this program does not know."),
        ({"wrapped": "A" * 64}, "The key slot does not hold: damaged, or of another transfer."),
    ],
)
def test_what_is_said_of_a_wrong_slot(change: dict[str, Any], message: str) -> None:
    slot, link_key = slots.link_slot(KEY, TRANSFER, os.urandom)
    with pytest.raises(FormatError) as caught:
        slots.open_link_slot(slot | change, link_key, TRANSFER)
    assert caught.value.message == message


def test_a_missing_member_is_named() -> None:
    slot, link_key = slots.link_slot(KEY, TRANSFER, os.urandom)
    del slot["commitment"]
    with pytest.raises(RecordError, match=r"^The key slot has no member commitment\.$"):
        slots.open_link_slot(slot, link_key, TRANSFER)
