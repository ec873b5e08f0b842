"""Recipients of a transfer or file request: addresses in pages (``rcps#<page>``), what happened to each in its own record (``rcp#<id>``)."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.recipients import RECIPIENTS_A_PAGE, RecipientEntry, RecipientState
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation
from chalicelib.stores.stored_bytes import from_text, to_text

_MANY = 100
_EVERY = 1_000


def recipient_page_key(tenant: str, subject: str, page: int) -> Key:
    """The key of a page of addresses."""
    return Key(aggregate_pk(tenant, subject), f"rcps#{page:05d}")


def recipient_puts(tenant: str, subject: str, entries: Sequence[RecipientEntry], *, first_page: int = 0) -> list[Put]:
    """New pages of up to 250 addresses, from ``first_page`` on."""
    chunks = [entries[start : start + RECIPIENTS_A_PAGE] for start in range(0, len(entries), RECIPIENTS_A_PAGE)]
    return [
        Put(
            recipient_page_key(tenant, subject, page),
            {"recipients": [[one.id, one.email, one.name, one.language] for one in chunk]},
            expectation(0),
        )
        for page, chunk in enumerate(chunks, first_page)
    ]


def page_entries(record: Record) -> list[RecipientEntry]:
    """The addresses of one page; empty texts where they were erased."""
    return [RecipientEntry(*body) for body in record.body["recipients"]]


def get_recipients(records: RecordStore, tenant: str, subject: str) -> list[RecipientEntry]:
    """All of them in order; there are at most 500."""
    cursor: str | None = None
    found: list[RecipientEntry] = []
    while True:
        page = records.query(aggregate_pk(tenant, subject), prefix="rcps#", limit=10, cursor=cursor)
        found += [entry for record in page.records for entry in page_entries(record)]
        cursor = page.cursor
        if cursor is None:
            return found


def get_recipients_and_states(
    records: RecordStore, tenant: str, subject: str
) -> tuple[list[RecipientEntry], dict[str, RecipientState]]:
    """All of them in order, and what happened to each, in one read: for the few recipients that most transfers have."""
    cursor: str | None = None
    entries: list[RecipientEntry] = []
    states: dict[str, RecipientState] = {}
    while True:
        page = records.query(aggregate_pk(tenant, subject), prefix="rcp", limit=_EVERY, cursor=cursor)
        for record in page.records:
            if record.key.sk.startswith("rcps#"):
                entries += page_entries(record)
            else:
                state = state_from(record)
                states[state.id] = state
        cursor = page.cursor
        if cursor is None:
            return entries, {one.id: states.get(one.id) or RecipientState(one.id) for one in entries}


def get_recipient(records: RecordStore, tenant: str, subject: str, recipient: str) -> RecipientEntry:
    """One of them. Raises NotFound."""
    for one in get_recipients(records, tenant, subject):
        if one.id == recipient:
            return one
    raise NotFound


def state_key(tenant: str, subject: str, recipient: str) -> Key:
    """The key of what happened to one recipient."""
    return Key(aggregate_pk(tenant, subject), f"rcp#{recipient}")


def get_state(records: RecordStore, tenant: str, subject: str, recipient: str) -> RecipientState:
    """What happened to one recipient; ``version`` 0 and ``waiting`` where nothing did."""
    record = records.get(state_key(tenant, subject, recipient))
    return RecipientState(recipient) if record is None else state_from(record)


def get_states(records: RecordStore, tenant: str, subject: str, recipients: Sequence[str]) -> dict[str, RecipientState]:
    """The same for many, by id."""
    return get_states_of(records, tenant, [(subject, one) for one in recipients])


def get_states_of(
    records: RecordStore, tenant: str, recipients: Sequence[tuple[str, str]]
) -> dict[str, RecipientState]:
    """The same for recipients of several subjects, each as (subject, recipient)."""
    states = {one: RecipientState(one) for _, one in recipients}
    for start in range(0, len(recipients), _MANY):
        keys = [state_key(tenant, subject, one) for subject, one in recipients[start : start + _MANY]]
        states |= {state.id: state for state in map(state_from, records.get_many(keys))}
    return states


def state_put(tenant: str, subject: str, state: RecipientState) -> Put:
    """Write it against the version that was read."""
    body: dict[str, Any] = {
        "state": state.state,
        "downloads": state.downloads,
        "exhausted_files": state.exhausted_files,
        "last_download_at": state.last_download_at,
        "link": state.link,
        "token": None if state.token is None else to_text(state.token),
        "invited_at": state.invited_at,
    }
    return Put(state_key(tenant, subject, state.id), body, expectation(state.version))


def state_from(record: Record) -> RecipientState:
    """The state of such a record."""
    body = record.body
    return RecipientState(
        id=record.key.sk.removeprefix("rcp#"),
        state=body["state"],
        downloads=body["downloads"],
        exhausted_files=body["exhausted_files"],
        last_download_at=body["last_download_at"],
        link=body["link"],
        token=None if body["token"] is None else from_text(body["token"]),
        invited_at=body["invited_at"],
        version=record.version,
    )
