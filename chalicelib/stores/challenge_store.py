"""Challenges (``<tenant>#challenge#<id>``) and the book of a link (``<tenant>#challenges#<link id>``)."""

from dataclasses import asdict, fields
from typing import Any

from chalicelib.domain.asking import Asked
from chalicelib.domain.challenge import DAY_MS, Book, Challenge, Row
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import checked_id
from chalicelib.ports.record_store import Delete, Key, Put, RecordStore
from chalicelib.stores.keys import expectation

_FIELDS = frozenset(field.name for field in fields(Challenge)) - {"version"}
# A link that is open to many keeps the newest rows only; 500 of them are 60 KB.
_ROWS = 500


def challenge_key(tenant: str, challenge: str) -> Key:
    """Where a challenge stands."""
    return Key(f"{tenant}#challenge#{challenge}", "challenge")


def book_key(tenant: str, link: str) -> Key:
    """Where a link's book stands."""
    return Key(f"{tenant}#challenges#{link}", "book")


def more_time_key(tenant: str, link: str) -> Key:
    """Where the last "more time" of a link is noted."""
    return Key(f"{tenant}#challenges#{link}", "more-time")


def add_me_key(tenant: str, link: str) -> Key:
    """Where those who asked to be added to a link's transfer are noted."""
    return Key(f"{tenant}#challenges#{link}", "add-me")


def get_challenge(records: RecordStore, tenant: str, challenge: str) -> Challenge:
    """The challenge. Raises NotFound."""
    record = records.get(challenge_key(tenant, checked_id(challenge, "ch")))
    if record is None:
        raise NotFound
    body = {name: value for name, value in record.body.items() if name in _FIELDS}
    return Challenge(**body, version=record.version)


def put_challenge(challenge: Challenge) -> Put:
    """The write of a challenge, guarded by its version (0: new)."""
    body = {name: value for name, value in asdict(challenge).items() if name in _FIELDS}
    key, purge = challenge_key(challenge.tenant, challenge.id), challenge.expires_at + DAY_MS
    return Put(key, body, expect=expectation(challenge.version), purge_after=purge)


def answered(challenge: Challenge) -> Delete:
    """The write that makes a code good for once."""
    return Delete(challenge_key(challenge.tenant, challenge.id), expect=challenge.version)


def get_book(records: RecordStore, tenant: str, link: str) -> Book:
    """The link's book, an empty one before the first challenge."""
    record = records.get(book_key(tenant, link))
    if record is None:
        return Book()
    rows = {
        name: Row(row["count"], tuple(row["recent"]), row["recipient"]) for name, row in record.body["rows"].items()
    }
    return Book(record.body["day"], record.body["total"], rows, record.version)


def put_book(tenant: str, link: str, book: Book) -> Put:
    """The write of a link's book, guarded by its version."""
    rows: dict[str, Any] = {
        name: {"count": row.count, "recent": list(row.recent), "recipient": row.recipient}
        for name, row in list(book.rows.items())[-_ROWS:]
    }
    body = {"day": book.day, "total": book.total, "rows": rows}
    return Put(book_key(tenant, link), body, expect=expectation(book.version))


def put_more_time(tenant: str, link: str, *, at: int, version: int) -> Put:
    """Notes that more time was asked for."""
    return Put(more_time_key(tenant, link), {"at": at}, expect=expectation(version), purge_after=at + DAY_MS)


def asked_from(body: dict[str, Any]) -> Asked:
    """Who asked to be added, as it is stored."""
    return Asked({str(one): int(at) for one, at in body["recent"].items()})


def put_add_me(tenant: str, link: str, asked: Asked, *, version: int) -> Put:
    """Notes that somebody asked to be added; forgotten a day after the last."""
    purge = max(asked.recent.values()) + DAY_MS
    return Put(add_me_key(tenant, link), {"recent": asked.recent}, expect=expectation(version), purge_after=purge)


def put_refusal(tenant: str, link: str, *, at: int) -> Put:
    """Notes the last refusal of a link; it carries the event that tells of it."""
    return Put(Key(f"{tenant}#challenges#{link}", "refusal"), {"at": at}, purge_after=at + DAY_MS)
