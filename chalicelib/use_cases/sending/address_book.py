"""Suggestions from one's own history: addresses that the caller sent to, and forgetting one of them."""

from dataclasses import dataclass

from chalicelib.domain.address_book import PARTS, BookEntry, suggested, without
from chalicelib.domain.errors import NotFound
from chalicelib.domain.principal import Principal
from chalicelib.stores.address_book_store import get_parts, open_part, part_put
from chalicelib.stores.word_store import Marker, get_marker, make_marker
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written


@dataclass(frozen=True)
class Suggestion:
    """``id`` names the address without saying it, for an address line that others may see."""

    id: str
    entry: BookEntry


def suggest_addresses(ctx: Context, principal: Principal, prefix: str, *, limit: int) -> list[Suggestion]:
    """The best ``limit`` addresses of the caller's own sends; what colleagues sent is never among them. Raises NotFound for guests."""
    principal.require_member()
    found = get_parts(ctx.records, principal.tenant, principal.id)
    if not found:
        return []
    book = [entry for part in range(PARTS) for entry in open_part(ctx, principal.tenant, found.get(part))]
    marker = make_marker(ctx, principal.tenant, random=ctx.ids.random)
    return [Suggestion(marker.address(one.email), one) for one in suggested(book, prefix, limit=limit)]


def forget_address(ctx: Context, principal: Principal, address: str) -> None:
    """Take an address (its id) out of the caller's book. It comes back when something is sent to it again. Raises NotFound."""
    principal.require_member()
    marker = get_marker(ctx, principal.tenant)
    until_written(lambda: _forget(ctx, principal, marker, address))


def _forget(ctx: Context, principal: Principal, marker: Marker, address: str) -> None:
    for part, record in get_parts(ctx.records, principal.tenant, principal.id).items():
        entries = open_part(ctx, principal.tenant, record)
        email = next((one.email for one in entries if marker.address(one.email) == address), None)
        if email is not None:
            left = without(entries, email)
            put = part_put(ctx, principal.tenant, principal.id, part, left, version=record.version)
            ctx.records.transact([put])
            return
    raise NotFound
