"""Idempotency-Key: ``<tenant>#once#<hash>`` / ``once``, written in the resource's own transaction and never holding the answer.

The hash covers tenant, route, principal and key. Because the record appears together with the resource, a second request either finds
it (and renders the answer again) or loses the write against it; there is no state between the two.
"""

import hashlib
from dataclasses import dataclass

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY
from chalicelib.ports.record_store import ABSENT, Key, Put, RecordStore


@dataclass(frozen=True)
class Once:
    """One creating request: ``route`` names it, ``body_hash`` is the SHA-256 (hex) of its decoded body."""

    tenant: str
    route: str
    principal: str
    key: str
    body_hash: str


@dataclass(frozen=True)
class Made:
    """What it made: the resource, and the places of its files where the answer lists them."""

    resource: str
    first: int = 0
    count: int = 0


def once_key(once: Once) -> Key:
    """Where its record stands."""
    named = f"{once.route}\n{once.principal}\n{once.key}"
    return Key(f"{once.tenant}#once#{hashlib.sha256(named.encode()).hexdigest()}", "once")


def made_before(records: RecordStore, once: Once | None, now: int) -> Made | None:
    """What this request made within the last 24 hours. Raises Refused("idempotency_key_reused") where its body was another."""
    record = None if once is None else records.get(once_key(once))
    if once is None or record is None or now >= record.body["at"] + DAY:
        return None
    if record.body["body"] != once.body_hash:
        raise Refused("idempotency_key_reused", "This Idempotency-Key was used with another body.")
    return Made(record.body["resource"], record.body["first"], record.body["count"])


def once_puts(records: RecordStore, once: Once | None, made: Made, now: int) -> list[Put]:
    """Part of the resource's transaction (nothing without a key). A record older than 24 hours that was not purged yet is replaced."""
    if once is None:
        return []
    record = records.get(once_key(once))
    over = record is not None and now >= record.body["at"] + DAY
    expect = record.version if record is not None and over else ABSENT
    body = {"body": once.body_hash, "resource": made.resource, "first": made.first, "count": made.count, "at": now}
    return [Put(once_key(once), body, expect, purge_after=now + DAY)]
