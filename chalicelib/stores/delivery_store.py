"""Deliveries of mails: ``<tenant>#mail#<event id>#<n>`` / ``mail``, and ``<tenant>#mails`` / ``<time>#<event id>#<n>`` to list them by.

They hold ids and states, never an address or a word of the mail. Both go 90 days after.
"""

from dataclasses import dataclass
from typing import Literal

from chalicelib.domain.tenant import DAY
from chalicelib.ports.record_store import ABSENT, Key, Operation, Put, RecordStore

KEPT_MS = 90 * DAY
DeliveryState = Literal["sending", "sent", "failed"]


@dataclass(frozen=True)
class Delivery:
    """``number`` counts the mails of one event from 0. ``sending`` after a crash means that a copy may have left."""

    event: str
    number: int
    kind: str
    state: DeliveryState
    attempts: int
    at: int
    version: int = 0


def _key(tenant: str, event: str, number: int) -> Key:
    return Key(f"{tenant}#mail#{event}#{number:04d}", "mail")


def get_delivery(records: RecordStore, tenant: str, event: str, number: int) -> Delivery | None:
    """The record of one mail, or None before the first attempt."""
    record = records.get(_key(tenant, event, number))
    if record is None:
        return None
    return Delivery(event, number, version=record.version, **record.body)


def delivery_puts(tenant: str, delivery: Delivery, first_at: int) -> list[Operation]:
    """Write a delivery guarded by the version it was read at; the first write lists it too."""
    body = {"kind": delivery.kind, "state": delivery.state, "attempts": delivery.attempts, "at": delivery.at}
    expect = ABSENT if delivery.version == 0 else delivery.version
    key = _key(tenant, delivery.event, delivery.number)
    puts: list[Operation] = [Put(key, body, expect, purge_after=first_at + KEPT_MS)]
    if delivery.version == 0:
        listed = Key(f"{tenant}#mails", f"{first_at:013d}#{delivery.event}#{delivery.number:04d}")
        puts.append(Put(listed, {"event": delivery.event, "number": delivery.number}, purge_after=first_at + KEPT_MS))
    return puts


def list_deliveries(
    records: RecordStore, tenant: str, *, limit: int, cursor: str | None
) -> tuple[list[Delivery], str | None]:
    """Newest first."""
    page = records.query(f"{tenant}#mails", limit=limit, cursor=cursor, reverse=True)
    places = [(str(one.body["event"]), int(one.body["number"])) for one in page.records]
    found = [get_delivery(records, tenant, event, number) for event, number in places]
    return [one for one in found if one is not None], page.cursor
