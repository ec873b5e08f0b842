"""Vectors of key derivation, key slots and file records, reckoned with the standard library's HMAC."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tests.vectors_tools.write import write

STDLIB = "RFC 5869 written with the standard library's hmac"
ARGON2 = "Argon2id of OpenSSL, HKDF written with the standard library's hmac"
TRANSFER = "tr_01jd8x3v6kf2q9m4n7p0r5s8tw"
FILE = "fi_01jd8x3v6kf2q9m4n7p0r5s8tx"
KEY = bytes(range(32))
LINK_KEY = bytes(range(64, 96))
SALT, NONCE = bytes(range(16)), bytes(range(100, 112))
CHEAP = {"m": 19 * 1024, "t": 1, "p": 1}


def hkdf(secret: bytes, info: str, length: int = 32, salt: bytes = b"") -> bytes:
    extracted = hmac.digest(salt or bytes(32), secret, "sha256")
    blocks, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(extracted, block + info.encode() + bytes([counter]), "sha256")
        blocks += block
    return blocks[:length]


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def make() -> None:
    _derivation()
    _link_slots()
    _passphrase_slots()
    _records()


def _derivation() -> None:
    keys = {"counting": KEY, "zero": bytes(32), "hashed": hashlib.sha256(b"a transfer key").digest()}
    for name, key in keys.items():
        file_key = hkdf(key, f"fumibako/file/v1/{FILE}")
        write(
            "key_derivation",
            name,
            origin=STDLIB,
            transfer_key=key.hex(),
            transfer_id=TRANSFER,
            file_id=FILE,
            file_key=file_key.hex(),
            record_key=hkdf(file_key, f"fumibako/record/v1/{FILE}").hex(),
            associated_data=f"{TRANSFER}/{FILE}",
            header_salt=hashlib.sha256(name.encode()).hexdigest(),
            segment_key=hkdf(file_key, f"{TRANSFER}/{FILE}", salt=hashlib.sha256(name.encode()).digest()).hex(),
        )
    base = {"transfer_key": KEY.hex(), "transfer_id": TRANSFER, "file_id": FILE}
    faults: dict[str, tuple[str, dict[str, str]]] = {
        "file-id-of-another-kind": ("id_invalid", {"file_id": TRANSFER}),
        "file-id-with-slash": ("id_invalid", {"file_id": FILE[:-1] + "/"}),
        "file-id-empty": ("id_invalid", {"file_id": ""}),
        "key-of-31-bytes": ("key_wrong", {"transfer_key": KEY[:31].hex()}),
        "key-of-33-bytes": ("key_wrong", {"transfer_key": KEY.hex() + "00"}),
    }
    for name, (error, change) in faults.items():
        write("key_derivation", name, origin="by hand", error=error, **(base | change))


def slot_of(kind: str, secret: bytes, transfer: str = TRANSFER) -> dict[str, Any]:
    both = hkdf(secret, f"fumibako/{kind}-wrap/v1", 64)
    wrapped = AESGCM(both[:32]).encrypt(NONCE, KEY, f"fumibako/slot/v1/{kind}/{transfer}".encode())
    return {"v": 1, "kind": kind, "nonce": text(NONCE), "wrapped": text(wrapped), "commitment": text(both[32:])}


def _link_slots() -> None:
    slot = slot_of("link", LINK_KEY)
    opened = {"transfer_id": TRANSFER, "link_key": text(LINK_KEY)}
    random = (LINK_KEY + NONCE).hex()
    write("key_slots", "link", origin=STDLIB, slot=slot, **opened, transfer_key=KEY.hex(), random=random)
    unknown = slot | {"comment": "a member of a later version"}
    write("key_slots", "link-unknown-member", origin="by hand", slot=unknown, **opened, transfer_key=KEY.hex())
    wrapped = slot["wrapped"]
    flipped = ("A" if wrapped[0] != "A" else "B") + wrapped[1:]
    commitment = ("A" if slot["commitment"][0] != "A" else "B") + slot["commitment"][1:]
    without = {name: value for name, value in slot.items() if name != "nonce"}
    faults: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "another-link": ("key_wrong", slot, {"link_key": text(KEY)}),
        "short-link-key": ("key_wrong", slot, {"link_key": text(LINK_KEY[:31])}),
        "another-transfer": ("integrity_failed", slot, {"transfer_id": TRANSFER[:-1] + "x"}),
        "no-transfer": ("id_invalid", slot, {"transfer_id": FILE}),
        "wrapped-flipped": ("integrity_failed", slot | {"wrapped": flipped}, {}),
        "wrapped-short": ("record_wrong", slot | {"wrapped": text(bytes(47))}, {}),
        "nonce-flipped": ("integrity_failed", slot | {"nonce": text(bytes(12))}, {}),
        "nonce-long": ("record_wrong", slot | {"nonce": text(bytes(13))}, {}),
        "nonce-missing": ("record_wrong", without, {}),
        "commitment-flipped": ("key_wrong", slot | {"commitment": commitment}, {}),
        "commitment-short": ("record_wrong", slot | {"commitment": text(bytes(31))}, {}),
        "padded-base64": ("record_wrong", slot | {"nonce": text(NONCE) + "="}, {}),
        "not-a-text": ("record_wrong", slot | {"nonce": 7}, {}),
        "version-2": ("version_unknown", slot | {"v": 2}, {}),
        "version-missing": ("version_unknown", {name: value for name, value in slot.items() if name != "v"}, {}),
        "another-kind": ("record_wrong", slot | {"kind": "passphrase"}, {}),
    }
    for name, (error, changed, how) in faults.items():
        write("key_slots", f"link-{name}", origin="by hand", error=error, slot=changed, **(opened | how))


def stretched(passphrase: str, costs: dict[str, int]) -> bytes:
    argon2 = Argon2id(salt=SALT, length=32, iterations=costs["t"], lanes=costs["p"], memory_cost=costs["m"])
    return argon2.derive(passphrase.encode())


def _passphrase_slots() -> None:
    def valid(name: str, typed: str, normal: str, costs: dict[str, int]) -> dict[str, Any]:
        secret = stretched(normal, costs)
        slot = slot_of("passphrase", secret) | {"salt": text(SALT)} | costs
        auth = text(hkdf(secret, "fumibako/passphrase-auth/v1"))
        more = {"transfer_id": TRANSFER, "transfer_key": KEY.hex(), "auth": auth, "random": (SALT + NONCE).hex()}
        write("key_slots", name, origin=ARGON2, slot=slot, passphrase=typed, **more)
        return slot

    valid(
        "passphrase-default-cost",
        "correct horse battery staple",
        "correct horse battery staple",
        {"m": 65536, "t": 3, "p": 1},
    )
    valid("passphrase-dearer-lanes", "pass", "pass", {"m": 20 * 1024, "t": 2, "p": 4})
    valid("passphrase-full-width", "Ｐａｓｓ１２３　カ\u3099", "Pass123 ガ", CHEAP)
    slot = valid("passphrase", "合言葉 abc", "合言葉 abc", CHEAP)
    how = {"passphrase": "合言葉 abc", "transfer_id": TRANSFER}
    faults: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "another": ("key_wrong", slot, {"passphrase": "合言葉 abd"}),
        "another-transfer": ("integrity_failed", slot, {"transfer_id": TRANSFER[:-1] + "x"}),
        "empty": ("passphrase_invalid", slot, {"passphrase": ""}),
        "only-space": ("passphrase_invalid", slot, {"passphrase": " \u3000"}),
        "surrogate": ("passphrase_invalid", slot, {"passphrase": "a\ud800"}),
        "another-salt": ("key_wrong", slot | {"salt": text(bytes(16))}, {}),
        "short-salt": ("record_wrong", slot | {"salt": text(bytes(15))}, {}),
        "version-2": ("version_unknown", slot | {"v": 2}, {}),
        "another-kind": ("record_wrong", slot | {"kind": "link"}, {}),
        "memory-too-little": ("record_wrong", slot | {"m": 19 * 1024 - 1}, {}),
        "memory-too-much": ("record_wrong", slot | {"m": 1024 * 1024 + 1}, {}),
        "no-pass": ("record_wrong", slot | {"t": 0}, {}),
        "eleven-passes": ("record_wrong", slot | {"t": 11}, {}),
        "no-lane": ("record_wrong", slot | {"p": 0}, {}),
        "five-lanes": ("record_wrong", slot | {"p": 5}, {}),
        "cost-true": ("record_wrong", slot | {"t": True}, {}),
        "cost-fraction": ("record_wrong", slot | {"t": 1.5}, {}),
        "cost-missing": ("record_wrong", {name: value for name, value in slot.items() if name != "m"}, {}),
    }
    for name, (error, changed, other) in faults.items():
        write("key_slots", f"passphrase-{name}", origin="by hand", error=error, slot=changed, **(how | other))


def _records() -> None:
    file_key = hkdf(KEY, f"fumibako/file/v1/{FILE}")
    opened = {"file_key": file_key.hex(), "file_id": FILE}
    digest = text(hashlib.sha256(hashlib.sha256().digest()).digest())
    good: dict[str, Any] = {"digest": digest, "name": "見積書/a.pdf", "size": 0, "type": "application/pdf", "v": 1}

    def seal(fields: object, pad: int | None = 256) -> bytes:
        plain = (
            fields
            if isinstance(fields, bytes)
            else json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
        )
        plain = plain if pad is None else plain.ljust(-(-len(plain) // pad) * pad)
        return NONCE + AESGCM(hkdf(file_key, f"fumibako/record/v1/{FILE}")).encrypt(NONCE, plain, FILE.encode())

    def valid(name: str, fields: dict[str, Any], sealed: bytes, **more: str) -> None:
        record = {
            "name": fields["name"],
            "media_type": fields["type"],
            "size": fields["size"],
            "digest": fields["digest"],
        }
        write("file_records", name, origin=STDLIB, sealed=sealed.hex(), record=record, **opened, **more)

    valid("usual", good, seal(good), random=NONCE.hex())
    undigested = good | {"digest": None, "size": (1 << 53) - 1, "type": ""}
    valid("no-digest-largest-size", undigested, seal(undigested), random=NONCE.hex())
    valid("unpadded-is-read", good, seal(good, pad=None))
    valid("unknown-member-is-ignored", good, seal(good | {"later": [1.5]}))
    longest = good | {"name": "n" * (4068 - len(json.dumps(good | {"name": ""}, separators=(",", ":"))))}
    valid("largest", longest, seal(longest, pad=None), random=NONCE.hex())
    sealed = seal(good)

    def fault(name: str, error: str, wrong: bytes, **how: str) -> None:
        write("file_records", name, origin="by hand", error=error, sealed=wrong.hex(), **(opened | how))

    fault("another-key", "integrity_failed", sealed, file_key=KEY.hex())
    fault("another-file", "integrity_failed", sealed, file_id=FILE[:-1] + "y")
    fault("flipped-nonce", "integrity_failed", bytes([sealed[0] ^ 1]) + sealed[1:])
    fault("flipped-tag", "integrity_failed", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    fault("truncated", "integrity_failed", sealed[:-1])
    fault("28-bytes", "length_wrong", sealed[:28])
    fault("29-bytes", "integrity_failed", sealed[:29])
    fault("4096-bytes-of-nothing", "integrity_failed", bytes(4096))
    fault("4097-bytes", "length_wrong", bytes(4097))
    fault("version-2", "version_unknown", seal(good | {"v": 2}))
    fault("version-true", "version_unknown", seal(good | {"v": True}))
    fault("version-text", "version_unknown", seal(good | {"v": "1"}))
    fault("version-missing", "version_unknown", seal({name: value for name, value in good.items() if name != "v"}))
    fault("not-json", "record_wrong", seal(b"not json"))
    fault("not-an-object", "record_wrong", seal(b"[1]"))
    fault("no-name", "record_wrong", seal(good | {"name": None}))
    fault("name-climbs", "name_invalid", seal(good | {"name": "../a"}))
    fault("type-not-ascii", "record_wrong", seal(good | {"type": "text/見"}))
    fault("type-with-newline", "record_wrong", seal(good | {"type": "a\nb"}))
    fault("type-of-256", "record_wrong", seal(good | {"type": "a" * 256}))
    fault("type-a-number", "record_wrong", seal(good | {"type": 1}))
    fault("size-negative", "record_wrong", seal(good | {"size": -1}))
    fault("size-2-to-53", "record_wrong", seal(good | {"size": 1 << 53}))
    fault("size-fraction", "record_wrong", seal(good | {"size": 1.5}))
    fault("size-true", "record_wrong", seal(good | {"size": True}))
    fault("digest-short", "record_wrong", seal(good | {"digest": text(bytes(31))}))
    fault("digest-padded", "record_wrong", seal(good | {"digest": digest + "="}))
    fault("digest-a-number", "record_wrong", seal(good | {"digest": 5}))
