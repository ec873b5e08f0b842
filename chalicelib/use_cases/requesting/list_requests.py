"""Pages of one's own file requests, newest first. Work per page is bounded; a page may be short and still have a next one."""

from typing import Final, Literal

from chalicelib.domain.file_request import FileRequest
from chalicelib.domain.principal import Principal
from chalicelib.stores.index_store import cursor_of, newest, open_requests_pk, place_of, requests_pk
from chalicelib.stores.request_store import get_requests
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.requesting.show_request import shown_state

_ROUNDS: Final = 4
_LINES: Final = 100


def list_requests(
    ctx: Context,
    principal: Principal,
    *,
    cursor: str | None,
    limit: int,
    state: Literal["open", "closed"] | None = None,
) -> tuple[list[FileRequest], str | None]:
    """A page of the caller's own file requests. Open ones have a list of their own, so that old ones are not read to find them."""
    principal.require_member()
    pk = (open_requests_pk if state == "open" else requests_pk)(principal.tenant, principal.id)
    place = place_of(cursor)
    found: list[FileRequest] = []
    for _ in range(_ROUNDS):
        room = limit - len(found)
        lines, more = newest(ctx.records, [pk], limit=room if state is None else max(room, _LINES), before=place)
        now = ctx.clock.now_ms()
        heads = get_requests(ctx.records, principal.tenant, [one.id for one in lines])
        heads = [one for one in heads if state is None or shown_state(one, now)[0] == state]
        found += heads[:room]
        if len(heads) > room:
            return found, cursor_of(next(line.place for line in lines if line.id == heads[room - 1].id))
        if not more:
            return found, None
        place = lines[-1].place
        if len(found) == limit:
            break
    return found, None if place is None else cursor_of(place)
