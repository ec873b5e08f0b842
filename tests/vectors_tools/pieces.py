"""Ciphertexts and plaintexts described in few bytes, as spec/vectors/README.md tells it."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FIRST, NEXT = 1_048_520, 1_048_560


def seeded(seed: str, size: int) -> bytes:
    """The first ``size`` bytes of AES-256-CTR's key stream, key SHA-256(seed), counter from zero."""
    encryptor = Cipher(AES(hashlib.sha256(seed.encode()).digest()), CTR(bytes(16))).encryptor()
    return encryptor.update(bytes(size))


def plaintext_of(description: dict[str, Any]) -> bytes:
    """The plaintext of a vector: its hex, or ``size`` seeded bytes."""
    return (
        bytes.fromhex(description["hex"]) if "hex" in description else seeded(description["seed"], description["size"])
    )


def seal_plainly(plaintext: bytes, *, key: bytes, aad: bytes, header: bytes) -> bytes:
    """The whole ciphertext, written as shortly as the format allows and apart from fumibako_format."""
    starts = [0, *range(FIRST, len(plaintext), NEXT)]
    ends = [*starts[1:], len(plaintext)]
    segments = [
        seal_one(plaintext[start:end], key=key, aad=aad, header=header, index=index, last=index == len(starts) - 1)
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    return header + b"".join(segments)


def seal_one(plaintext: bytes, *, key: bytes, aad: bytes, header: bytes, index: int, last: bool) -> bytes:
    cipher = AESGCM(HKDF(SHA256(), 32, header[1:33], aad).derive(key))
    return cipher.encrypt(header[33:] + index.to_bytes(4, "big") + bytes([last]), plaintext, None)


def whole_ciphertext(vector: dict[str, Any]) -> bytes:
    """The ciphertext of a valid vector; asserts that it is the very one whose SHA-256 the vector keeps."""
    if "hex" in vector["ciphertext"]:
        return bytes.fromhex(vector["ciphertext"]["hex"])
    sealed = seal_plainly(
        plaintext_of(vector["plaintext"]),
        key=bytes.fromhex(vector["key"]),
        aad=vector["aad"].encode("ascii"),
        header=bytes.fromhex(vector["header"]),
    )
    assert hashlib.sha256(sealed).hexdigest() == vector["ciphertext"]["sha256"], vector["name"]
    return sealed


def assembled(pieces: list[dict[str, Any]], base: dict[str, Any]) -> bytes:
    """Join pieces: ranges of the base vector's ciphertext, hex, and segments sealed for this place."""
    whole = whole_ciphertext(base)
    built = []
    for piece in pieces:
        if "range" in piece:
            start, end = piece["range"]
            built.append(whole[start:end])
        elif "hex" in piece:
            built.append(bytes.fromhex(piece["hex"]))
        else:
            start, end = piece["sealed"]["range"]
            built.append(
                seal_one(
                    plaintext_of(base["plaintext"])[start:end],
                    key=bytes.fromhex(base["key"]),
                    aad=base["aad"].encode("ascii"),
                    header=bytes.fromhex(base["header"]),
                    index=piece["sealed"]["index"],
                    last=piece["sealed"]["last"],
                )
            )
    return b"".join(built)
