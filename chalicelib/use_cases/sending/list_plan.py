"""Which lists a page of transfers is read from, so that the work does not grow with what an owner ever sent.

A state has a list of its own, and so has each word and each recipient of what was sent. Where several narrow the page, a look at the
beginning of each tells which is the shortest: that one is read, and its lines are looked up in the others by their keys.
Words of received transfers, and of all of a tenant, stand in no list: these are matched by reading heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import moments_of
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import State, TransferClass
from chalicelib.domain.transfer_access import BOXES, OVERSEERS
from chalicelib.domain.words import Sought, sought
from chalicelib.stores.index_store import all_pk, by_request_pk, gathered_pk, newest, received_pk, sent_pk, state_pk
from chalicelib.stores.request_store import get_request
from chalicelib.stores.word_store import get_marker, word_pk
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.member_address import member_address

_GLANCE: Final = 50  # lines: a list that ends before a usual page is full is the one to read
_CLOCKS: Final = 3_600_000  # ms that the clocks of two hosts are apart at most
# Not completed, or completed a moment ago: their words stand in no list yet.
_UNINDEXED: Final = (State.UPLOADING, State.CHECKING)


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed by; ``since`` and ``until`` are moments of creation, ``until`` not included. ``states`` empty: all.

    ``request`` is the file request that it came by.
    """

    box: str = "sent"
    states: frozenset[State] = frozenset()
    transfer_class: TransferClass | None = None
    recipient: str | None = None
    request: str | None = None
    since: int | None = None
    until: int | None = None
    query: str | None = None

    @cached_property
    def sought(self) -> Sought:
        """What the query asks for."""
        return sought(self.query or "")


@dataclass(frozen=True)
class ListPlan:
    """Lines of all ``lists``, newest first, that stand in every one of ``must`` too. Those in ``by_reading`` need not: they are matched by their heads."""

    lists: tuple[str, ...]
    must: tuple[str, ...] = ()
    by_reading: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None


def plan_list(ctx: Context, principal: Principal, wanted: Wanted) -> ListPlan | None:
    """The lists of a box; None where nothing can be found. Raises Refused("role_missing"), ("box_unknown")."""
    lists = _lists(ctx, principal, wanted)
    what = wanted.sought
    if not lists or (wanted.query is not None and not what):
        return None
    since, until = _span(wanted, what)
    if not what.words and wanted.recipient is None:
        return ListPlan(lists, since=since, until=until)
    if wanted.box != "sent":
        return ListPlan(lists, by_reading=frozenset(lists), since=since, until=until)
    marked = _marked(ctx, principal, wanted)
    unindexed = [one for one in _UNINDEXED if one in (wanted.states or _UNINDEXED)]
    read = tuple(state_pk(sent_pk(principal.tenant, principal.id), one) for one in unindexed)
    if not marked:
        return ListPlan(read, by_reading=frozenset(read), since=since, until=until) if read else None
    driver = _shortest(ctx, [*((pk,) for pk in marked), *([lists] if wanted.states else [])], until)
    must = tuple(pk for pk in marked if pk not in driver)
    return ListPlan(tuple(dict.fromkeys((*driver, *read))), must, frozenset(read), since, until)


def _lists(ctx: Context, principal: Principal, wanted: Wanted) -> tuple[str, ...]:
    if wanted.box not in BOXES:
        raise Refused("box_unknown", f"The boxes are {', '.join(BOXES)}.")
    if wanted.box == "all":
        principal.require_role(*OVERSEERS)
    if wanted.request is not None:
        return _of_request(ctx, principal, wanted, wanted.request)
    if wanted.box == "all":
        return _by_state(all_pk(principal.tenant), wanted.states)
    if wanted.box == "sent":
        return _by_state(sent_pk(principal.tenant, principal.id), wanted.states)
    return _received(ctx, principal, wanted)


def _of_request(ctx: Context, principal: Principal, wanted: Wanted, request: str) -> tuple[str, ...]:
    """For the member who asked, and for overseers. A request of somebody else is as empty as one that never was."""
    try:
        owner = get_request(ctx.records, principal.tenant, request).owner
    except NotFound:
        return ()
    if wanted.box == "sent" or (wanted.box == "received" and owner != principal.id):
        return ()
    return _by_state(by_request_pk(principal.tenant, request), wanted.states)


def _received(ctx: Context, principal: Principal, wanted: Wanted) -> tuple[str, ...]:
    address = member_address(ctx, principal)
    if address is None:
        return ()
    received = received_pk(principal.tenant, address)
    sent_to = state_pk(received, State.READY)
    if not wanted.states:
        return received, sent_to
    gathered = _by_state(gathered_pk(principal.tenant, principal.id), wanted.states)
    return (*gathered, sent_to) if State.READY in wanted.states else gathered


def _by_state(pk: str, states: frozenset[State]) -> tuple[str, ...]:
    return tuple(sorted({state_pk(pk, state) for state in states})) or (pk,)


def _marked(ctx: Context, principal: Principal, wanted: Wanted) -> list[str]:
    """The lists of each word and of the recipient; none where this tenant never indexed anything."""
    try:
        marker = get_marker(ctx, principal.tenant)
    except NotFound:
        return []
    marks = [marker.word(word) for word in wanted.sought.words]
    if wanted.recipient is not None:
        marks.append(marker.address(wanted.recipient))
    return [word_pk(principal.tenant, principal.id, mark) for mark in marks]


def _shortest(ctx: Context, choices: Sequence[tuple[str, ...]], until: int | None) -> tuple[str, ...]:
    """The choice with the fewest lines, as far as a glance can tell."""
    if len(choices) == 1:
        return choices[0]
    before = None if until is None else f"{until:013d}"
    return min(choices, key=lambda lists: len(newest(ctx.records, lists, limit=_GLANCE, before=before)[0]))


def _span(wanted: Wanted, what: Sought) -> tuple[int | None, int | None]:
    """The moments asked for, narrowed by what the beginning of an id says of its time."""
    since, until = wanted.since, wanted.until
    if what.id_prefix:
        first, last = moments_of(what.id_prefix)
        since = max(first - _CLOCKS, since or 0, 0)
        until = min(last + _CLOCKS, last + _CLOCKS if until is None else until)
    return since, until
