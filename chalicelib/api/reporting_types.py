"""Bodies of the reporting service (spec/api.md)."""

from typing import Any, Literal

from chalicelib.api.wire import AnswerBody, RequestBody


class AuditItem(AnswerBody):
    """One entry of the audit chain; ``sequence`` is its block's. ``personal`` is absent where there was nothing or it was erased."""

    id: str
    at: str
    sequence: int
    actor: str
    action: str
    subject: str
    data: dict[str, Any]
    commitments: dict[str, str]
    personal: dict[str, str] | None = None


class AuditPage(AnswerBody):
    """Newest first."""

    items: list[AuditItem]
    next: str | None


class AuditExport(AnswerBody):
    """Blocks in order with the signed roots that speak of them (spec/proofs.md section 5)."""

    blocks: list[dict[str, Any]]
    roots: list[dict[str, Any]]
    next: str | None


class RootItem(AnswerBody):
    """A signed root of the chain through block ``sequence``."""

    sequence: int
    day: str
    hash: str
    signed_at: str
    document: dict[str, Any]


class RootPage(AnswerBody):
    """Newest first."""

    items: list[RootItem]
    next: str | None


class AuditCheck(AnswerBody):
    """Blocks ``first`` to ``last`` hold; go on with ``from_block=next``."""

    first: int
    last: int
    entries: int
    next: int | None
    signed_through: int | None = None


class EraseBody(RequestBody):
    """Which entries' personal fields go: all that is given must hold."""

    subject: str | None = None
    actor: str | None = None
    before: str | None = None
    cursor: str | None = None


class Erased(AnswerBody):
    """How many entries lost their personal fields; ask again with ``cursor`` until ``next`` is null."""

    erased: int
    next: str | None


class UsageItem(AnswerBody):
    """One UTC day of the tenant, or of ``member``. Bytes are those of ciphertext."""

    day: str
    transfers: int
    files: int
    bytes: int
    downloads: int
    downloaded_bytes: int
    requests: int
    destroyed: int
    member: str | None = None


class UsagePage(AnswerBody):
    """Oldest day first; days without anything are left out."""

    items: list[UsageItem]
    next: str | None


class EventItem(AnswerBody):
    """CloudEvents 1.0 with the extensions of spec/events.md."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    tenantid: str
    sequence: int
    data: dict[str, Any]
    # Not a default that could be left out: CloudEvents requires it.
    specversion: Literal["1.0"]
    datacontenttype: Literal["application/json"]
    # An extension of ours on this route alone: what `after` takes to go on behind this very event.
    cursor: str | None = None


class EventPage(AnswerBody):
    """In the order in which they came in; ``next`` is what ``after`` takes next time, also where nothing new came."""

    items: list[EventItem]
    next: str
