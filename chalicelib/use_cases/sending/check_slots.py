"""Checks of key slots and of the passphrase's proof, which come with the completion. The server opens no slot (spec/format.md)."""

import json
from collections.abc import Mapping, Sequence

from chalicelib.domain.errors import Refused
from chalicelib.domain.limits import SLOTS, SLOTS_BYTES

AUTH_BYTES = 32


def check_slots(slots: Sequence[Mapping[str, object]]) -> None:
    """Key slots are kept as they are: up to 8 of them, 8 KB in all. Raises Refused("slots_wrong")."""
    if len(slots) > SLOTS or len(json.dumps(slots)) > SLOTS_BYTES:
        raise Refused("slots_wrong", f"At most {SLOTS} key slots of {SLOTS_BYTES} bytes in all.")
    for slot in slots:
        simple = all(isinstance(value, str | int) for value in slot.values())
        if slot.get("v") != 1 or slot.get("kind") not in ("link", "passphrase") or not simple:
            raise Refused("slots_wrong", "A key slot has v 1, a kind (link or passphrase), texts and whole numbers.")


def check_passphrase_auth(auth: bytes | None) -> None:
    """Raises Refused("passphrase_auth_wrong") for anything but 32 bytes or nothing."""
    if auth is not None and len(auth) != AUTH_BYTES:
        raise Refused("passphrase_auth_wrong", f"passphrase_auth has {AUTH_BYTES} bytes.")
