"""Lists by time: ids and the class alone, never trusted for a decision. The head is read strongly behind each of them.

``<tenant>#sent#<owner>``, ``<tenant>#received#<address>`` (lower case; what came for one's file requests), ``<tenant>#all``, and
``<tenant>#requests#<owner>``; sort key ``<created, 13 digits>#<id>``. Beside each stands one list a state
(``<tenant>#sent#<owner>#ready``), whose lines move in the very transaction that writes the head: whoever wins the head's version moves
the line, so a line never disagrees with its head. What others sent to a member is in ``<tenant>#received#<address>#ready`` alone. What
came by one file request is in ``<tenant>#by#<request>`` too, with lists by state.

A place in a list is the sort key of a line, whatever list it is in: so a page can go on in several lists at once.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import Refused
from chalicelib.domain.file_request import FileRequest
from chalicelib.domain.recipients import same_address_key
from chalicelib.domain.transfer import State, Transfer
from chalicelib.ports.record_rules import encode_cursor
from chalicelib.ports.record_store import ANY, Delete, Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, time_key

_PLACE = re.compile(r"\d{13}(#[a-z]{2}_[0-9a-z]{26})?\Z", re.ASCII)
# Closed transfers are being destroyed at once, and nobody asks for one without the other.
_ENDING = "ending"
_LISTED = {state: _ENDING if state in (State.CLOSED, State.DESTROYING) else state.value for state in State}


@dataclass(frozen=True)
class Listed:
    """One line of a list; ``lists`` are those it was found in."""

    created_at: int
    id: str
    lists: frozenset[str] = frozenset()
    transfer_class: str | None = None

    @property
    def place(self) -> str:
        """Where it stands in every list."""
        return time_key(self.created_at, self.id)


def sent_pk(tenant: str, owner: str) -> str:
    """What one owner sent."""
    return f"{tenant}#sent#{owner}"


def received_pk(tenant: str, address: str) -> str:
    """What came for one address."""
    return f"{tenant}#received#{same_address_key(address)}"


def gathered_pk(tenant: str, owner: str) -> str:
    """What came for one owner's file requests; lists by state alone, since a head knows its owner but not the address."""
    return f"{tenant}#gathered#{owner}"


def by_request_pk(tenant: str, request: str) -> str:
    """What came by one file request."""
    return f"{tenant}#by#{request}"


def all_pk(tenant: str) -> str:
    """Everything of a tenant, for admins and auditors."""
    return f"{tenant}#all"


def requests_pk(tenant: str, owner: str) -> str:
    """One owner's file requests."""
    return f"{tenant}#requests#{owner}"


def state_pk(pk: str, state: State) -> str:
    """The part of a list that is in one state; closed and being destroyed are one part."""
    return f"{pk}#{_LISTED[state]}"


def index_put(pk: str, created_at: int, subject: str, body: dict[str, Any] | None = None) -> Put:
    """Add a line; adding it twice is no error."""
    return Put(Key(pk, time_key(created_at, subject)), body or {}, ANY)


def index_delete(pk: str, created_at: int, subject: str) -> Delete:
    """Take a line out."""
    return Delete(Key(pk, time_key(created_at, subject)), ANY)


def transfer_line(pk: str, head: Transfer) -> Put:
    """A transfer's line in a list, with its class, which never changes."""
    return index_put(pk, head.created_at, head.id, {"class": str(head.transfer_class)})


def state_lines(before: Transfer | None, after: Transfer) -> list[Put | Delete]:
    """Moves a transfer's lines to its new state; to be written in one transaction with its head. ``before`` is None for a new one."""
    if before is not None and _LISTED[before.state] == _LISTED[after.state]:
        return []
    lists = (all_pk(after.tenant), *_own_lists(after))
    gone = (
        [] if before is None else [index_delete(state_pk(pk, before.state), after.created_at, after.id) for pk in lists]
    )
    return [*gone, *(transfer_line(state_pk(pk, after.state), after) for pk in lists)]


def _own_lists(head: Transfer) -> tuple[str, ...]:
    if head.request is None:
        return (sent_pk(head.tenant, head.owner),)
    return gathered_pk(head.tenant, head.owner), by_request_pk(head.tenant, head.request)


def open_requests_pk(tenant: str, owner: str) -> str:
    """Those of them that are open, or were until a short time ago."""
    return f"{tenant}#requests#{owner}#open"


def request_lines(request: FileRequest) -> list[Put]:
    """Lists a new file request. Among the open ones it stands until its time has come: nothing else is written then."""
    line = index_put(requests_pk(request.tenant, request.owner), request.created_at, request.id)
    key = Key(open_requests_pk(request.tenant, request.owner), line.key.sk)
    return [line, Put(key, {}, ANY, purge_after=request.expires_at)]


def open_request_delete(request: FileRequest) -> Delete:
    """Takes a closed file request out of the open ones."""
    return index_delete(open_requests_pk(request.tenant, request.owner), request.created_at, request.id)


def inbox_puts(head: Transfer, name: str, addresses: Sequence[str]) -> list[Put]:
    """Lists a ready transfer for members whom it was sent to, with a record of the lists it is in, called ``name``; nothing for nobody."""
    pks = sorted({state_pk(received_pk(head.tenant, address), State.READY) for address in addresses})
    if not pks:
        return []
    return [*(transfer_line(pk, head) for pk in pks), Put(_inbox_key(head, name), {"lists": pks})]


def inbox_erased(head: Transfer, record: Record) -> list[Delete]:
    """Takes a destroyed transfer out of the lists of those whom it was sent to."""
    lists: list[str] = record.body["lists"]
    return [*(index_delete(pk, head.created_at, head.id) for pk in lists), Delete(record.key)]


def _inbox_key(head: Transfer, name: str) -> Key:
    return Key(aggregate_pk(head.tenant, head.id), f"inbox#{name}")


def newest(
    records: RecordStore, pks: Sequence[str], *, limit: int, before: str | None = None, since: int | None = None
) -> tuple[list[Listed], bool]:
    """Up to ``limit`` lines of all these lists together, from the newest on, and whether there are more.

    ``before`` is a place, or a moment as 13 digits: only older lines are given. ``since`` (ms) ends the lists.
    """
    found: dict[str, tuple[Record, set[str]]] = {}
    horizon = "" if since is None else f"{since:013d}"
    more = False
    for pk in pks:
        cursor = None if before is None else encode_cursor(pk, "", before, reverse=True)
        page = records.query(pk, limit=limit, cursor=cursor, reverse=True)
        if page.cursor is not None and page.records[-1].key.sk >= horizon:
            # Behind this line the list goes on, and a line of another list must not come first.
            horizon, more = page.records[-1].key.sk, True
        for record in page.records:
            found.setdefault(record.key.sk, (record, set()))[1].add(pk)
    ordered = sorted((place for place in found if place >= horizon), reverse=True)
    return [_line(*found[place]) for place in ordered[:limit]], more or len(ordered) > limit


def cursor_of(place: str) -> str:
    """A place as the API's cursor."""
    return urlsafe_b64encode(place.encode()).rstrip(b"=").decode("ascii")


def place_of(cursor: str | None) -> str | None:
    """The place of such a cursor. Raises Refused("cursor_invalid")."""
    if cursor is None:
        return None
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        place = ""
    if not _PLACE.match(place) or cursor_of(place) != cursor:
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    return place


def _line(record: Record, lists: set[str]) -> Listed:
    at, _, subject = record.key.sk.partition("#")
    return Listed(int(at), subject, frozenset(lists), record.body.get("class"))
