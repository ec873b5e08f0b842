"""Vectors of the file format: valid ones sealed by Tink, then each way to be wrong."""

import hashlib
from typing import Any

from tests.vectors_tools import tink_streams
from tests.vectors_tools.pieces import plaintext_of
from tests.vectors_tools.write import write

TINK = "PyPI tink, AES256_GCM_HKDF_1MB"
OURS = "cut from a Tink ciphertext by hand"
AAD = "tr_01jd8x3v6kf2q9m4n7p0r5s8tw/fi_01jd8x3v6kf2q9m4n7p0r5s8tx"
SEGMENT, TAG, FIRST, NEXT = 1 << 20, 16, 1_048_520, 1_048_560
INLINE = 512

Piece = dict[str, Any]

VALID = {
    "empty": 0,
    "one-byte": 1,
    "short": 200,
    "first-segment-less-one": FIRST - 1,
    "first-segment-full": FIRST,
    "second-segment-one-byte": FIRST + 1,
    "second-segment-full": FIRST + NEXT,
    "third-segment-one-byte": FIRST + NEXT + 1,
    "three-segments": FIRST + NEXT + 12_345,
    "four-segments": FIRST + 2 * NEXT + 99_999,
}


def make() -> None:
    valid = {name: _valid(name, size) for name, size in VALID.items()}
    _small_faults(valid["short"], valid["empty"])
    _segment_faults(valid["four-segments"])
    _length_faults(valid["second-segment-full"], valid["first-segment-full"])


def _valid(name: str, size: int) -> dict[str, Any]:
    key = hashlib.sha256(b"file key " + name.encode()).digest()
    plaintext = {"seed": name, "size": size}
    clear = plaintext_of(plaintext)
    sealed = tink_streams.seal(key, AAD.encode(), clear)
    ciphertext: dict[str, Any] = {"size": len(sealed), "sha256": hashlib.sha256(sealed).hexdigest()}
    if len(sealed) <= INLINE:
        ciphertext["hex"] = sealed.hex()
    digests = [hashlib.sha256(clear[:FIRST]).digest()]
    digests += [hashlib.sha256(clear[at : at + NEXT]).digest() for at in range(FIRST, size, NEXT)]
    return write(
        "file",
        name,
        origin=TINK,
        key=key.hex(),
        aad=AAD,
        header=sealed[:40].hex(),
        plaintext=plaintext | {"sha256": hashlib.sha256(clear).hexdigest()},
        ciphertext=ciphertext,
        digest=hashlib.sha256(b"".join(digests)).hexdigest(),
    )


def _fault(name: str, base: dict[str, Any], pieces: list[dict[str, Any]], error: str, **changes: Any) -> None:
    """``planned_size`` is what the plan says; unless changed, that of the base."""
    members = {"planned_size": base["ciphertext"]["size"], "aad": base["aad"], "key": base["key"]} | changes
    write("file", name, origin=OURS, error=error, base=base["name"], pieces=pieces, **members)


def _flip(base: dict[str, Any], at: int) -> list[dict[str, Any]]:
    byte = bytes.fromhex(base["ciphertext"]["hex"])[at] ^ 1
    return [{"range": [0, at]}, {"hex": f"{byte:02x}"}, {"range": [at + 1, base["ciphertext"]["size"]]}]


def _small_faults(short: dict[str, Any], empty: dict[str, Any]) -> None:
    size = short["ciphertext"]["size"]
    whole = [{"range": [0, size]}]
    _fault("flipped-bit-header-length", short, _flip(short, 0), "header_wrong")
    _fault("flipped-bit-salt", short, _flip(short, 1), "integrity_failed")
    _fault("flipped-bit-prefix", short, _flip(short, 39), "integrity_failed")
    _fault("flipped-bit-ciphertext", short, _flip(short, 100), "integrity_failed")
    _fault("flipped-bit-tag", short, _flip(short, size - 1), "integrity_failed")
    _fault("wrong-aad-file", short, whole, "integrity_failed", aad=AAD[:-1] + "y")
    _fault("wrong-aad-transfer", short, whole, "integrity_failed", aad=AAD.replace("tw/", "tx/"))
    _fault("wrong-aad-empty", short, whole, "integrity_failed", aad="")
    _fault("wrong-key", short, whole, "integrity_failed", key="00" * 32)
    _fault("truncated-by-one", short, [{"range": [0, size - 1]}], "length_wrong")
    _fault("truncated-and-planned-so", short, [{"range": [0, size - 1]}], "integrity_failed", planned_size=size - 1)
    _fault("truncated-in-header", short, [{"range": [0, 39]}], "length_wrong")
    _fault("trailing-byte", short, [*whole, {"hex": "00"}], "length_wrong")
    _fault("trailing-byte-and-planned-so", short, [*whole, {"hex": "00"}], "integrity_failed", planned_size=size + 1)
    _fault("nothing-at-all", empty, [], "length_wrong")
    _fault("planned-shorter-than-any-file", empty, [{"range": [0, 55]}], "length_wrong", planned_size=55)
    _fault("empty-with-another-byte-planned", empty, [{"range": [0, 56]}], "length_wrong", planned_size=57)


def _segment_faults(base: dict[str, Any]) -> None:
    size = base["ciphertext"]["size"]
    zero, one, two, three = ({"range": [at, min(at + SEGMENT, size)]} for at in range(0, size, SEGMENT))
    _fault("reordered-segments", base, [zero, two, one, three], "integrity_failed")
    _fault("dropped-middle-segment", base, [zero, two, three], "integrity_failed")
    _fault("dropped-middle-and-planned-so", base, [zero, two, three], "integrity_failed", planned_size=size - SEGMENT)
    _fault("dropped-last-segment", base, [zero, one, two], "length_wrong")
    _fault("dropped-last-and-planned-so", base, [zero, one, two], "integrity_failed", planned_size=3 * SEGMENT)
    _fault("duplicated-segment", base, [zero, one, one, three], "integrity_failed")
    _fault("duplicated-and-one-more", base, [zero, one, one, two, three], "integrity_failed")
    _fault(
        "duplicated-and-planned-so", base, [zero, one, one, two, three], "integrity_failed", planned_size=size + SEGMENT
    )
    early: Piece = {"sealed": {"index": 1, "last": True, "range": [FIRST, FIRST + NEXT]}}
    _fault("last-flag-moved-earlier", base, [zero, early, two, three], "integrity_failed")
    late: Piece = {"sealed": {"index": 3, "last": False, "range": [FIRST + 2 * NEXT, FIRST + 2 * NEXT + 99_999]}}
    _fault("last-flag-missing", base, [zero, one, two, late], "integrity_failed")
    _fault("trailing-segment", base, [zero, one, two, three, zero], "length_wrong")
    _fault("first-segment-without-header", base, [{"range": [40, size]}], "header_wrong")


def _length_faults(full: dict[str, Any], first: dict[str, Any]) -> None:
    size = full["ciphertext"]["size"]
    not_last: Piece = {"sealed": {"index": 1, "last": False, "range": [FIRST, FIRST + NEXT]}}
    empty_last: Piece = {"sealed": {"index": 2, "last": True, "range": [0, 0]}}
    pieces: list[Piece] = [{"range": [0, SEGMENT]}, not_last, empty_last]
    _fault("empty-last-segment", full, pieces, "length_wrong", planned_size=size + TAG)
    _fault("empty-last-segment-unplanned", full, pieces, "length_wrong")
    first_not_last: Piece = {"sealed": {"index": 0, "last": False, "range": [0, FIRST]}}
    second_empty: Piece = {"sealed": {"index": 1, "last": True, "range": [0, 0]}}
    pieces = [{"range": [0, 40]}, first_not_last, second_empty]
    _fault("empty-second-segment", first, pieces, "length_wrong", planned_size=SEGMENT + TAG)
    less = [{"range": [0, size]}]
    _fault("planned-shorter", full, less, "length_wrong", planned_size=size - 1)
    _fault("planned-longer", full, less, "integrity_failed", planned_size=size + TAG + 1)
    _fault("planned-tag-only-last-segment", full, less, "length_wrong", planned_size=SEGMENT + TAG)
    _fault("planned-less-than-a-tag", full, less, "length_wrong", planned_size=SEGMENT + 1)
