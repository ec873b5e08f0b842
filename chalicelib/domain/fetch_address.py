"""The compatible download: an address at which the server opens files of one download session for one recipient.

It is for browsers that can't decrypt to disk. Its token is ``<tenant>.<random 160 bits, base64url>``; stores keep its SHA-256 alone. It ends with
the transfer, with the session, with the sign-in that asked for it, or 15 minutes after its last use. Times are milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.domain.download import DownloadSession, session_open
from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import MINUTE, Tenant
from chalicelib.domain.transfer_states import TransferClass

IDLE: Final = 15 * MINUTE
# How often a use is written down while bytes move.
NOTE_EVERY: Final = MINUTE
MAX_FILES: Final = 256
# Pieces that a download manager's parallel requests leave; beyond that the smallest are forgotten, which only puts off "arrived".
MAX_SPANS: Final = 64
Span = tuple[int, int]


@dataclass(frozen=True)
class FetchAddress:
    """``sha256`` (hex) stands for the token; ``sign_in`` and ``principal`` are the session, or personal token, and the id of who asked for it. ``files`` are fi_ ids in the order of the answer; several are given as one zip.

    ``sent`` are the half-open ranges of the answer that left this server so far, merged and in order; ``opened_at`` and ``sent_at`` when the
    first byte was asked for and when all had left.
    """

    sha256: str
    tenant: str
    transfer: str
    session: str
    taker: str
    sign_in: str
    files: tuple[str, ...]
    made_at: int
    used_at: int
    opened_at: int | None = None
    sent_at: int | None = None
    sent: tuple[Span, ...] = ()
    version: int = 0
    principal: str = ""


def require_openable(tenant: Tenant, transfer_class: TransferClass) -> None:
    """Raises Refused("sealed_unopenable") for sealed, Refused("compatible_not_allowed") for managed where the tenant's rule says so.

    Plain files are stored readable: there is nothing to open, and the rule has no say.
    """
    if transfer_class is TransferClass.SEALED:
        raise Refused(
            "sealed_unopenable", "Only the people have the key of a sealed transfer; the server can't open it."
        )
    if transfer_class is TransferClass.MANAGED and tenant.compatible_downloads == "block":
        raise Refused("compatible_not_allowed", "The sender's company does not let the server open files.")


def require_usable(address: FetchAddress, session: DownloadSession, now: int) -> None:
    """Raises Refused("address_over") 15 minutes after the last use, and once the session is over.

    A session that ended because this very address had sent everything keeps it alive: the last bytes may have been lost on their way, and a
    browser that asks for them again must not need another download.
    """
    own_end = address.sent_at is not None and session.ended_at is not None
    if now >= address.used_at + IDLE or not (session_open(session, now) or own_end):
        raise Refused("address_over", "This address is no longer usable.")


def with_sent(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """The ranges after ``[start, end)`` left, merged, the 64 largest of them, in order."""
    merged: list[Span] = []
    for first, last in sorted([*spans, (start, end)]):
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    largest = sorted(merged, key=lambda span: span[0] - span[1])[:MAX_SPANS]
    return tuple(sorted(largest))


def after_answer(address: FetchAddress, *, start: int, end: int, length: int, now: int) -> FetchAddress:
    """The address after an answer gave ``[start, end)`` of ``length`` bytes; ``sent_at`` once nothing is missing."""
    spans = with_sent(address.sent, start, end)
    whole = length == 0 or spans == ((0, length),)
    return replace(
        address,
        sent=spans,
        used_at=max(address.used_at, now),
        sent_at=now if whole and address.sent_at is None else address.sent_at,
    )
