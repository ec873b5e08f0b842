"""Which lines of a list belong on a page: judged by the line alone first, then by what stands in the lists of words, then by the head."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry, same_address_key
from chalicelib.domain.transfer import State, Transfer, effective
from chalicelib.domain.words import has_words
from chalicelib.ports.record_store import Key
from chalicelib.stores.index_store import Listed
from chalicelib.stores.recipients_store import page_entries, recipient_page_key
from chalicelib.stores.transfer_store import get_transfers
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.list_plan import ListPlan, Wanted
from chalicelib.use_cases.sending.show_transfer import is_inside

_MANY = 100
# A page of recipients has 250 of them, so two are all.
_RECIPIENT_PAGES = 2


@dataclass(frozen=True)
class Candidate:
    """A line that may be wanted; ``read`` says that its head's own texts have to tell."""

    line: Listed
    read: bool


def candidates(ctx: Context, wanted: Wanted, plan: ListPlan, lines: Sequence[Listed]) -> list[Candidate]:
    """Those lines that class, id and the lists of words leave, in their order. No head is read for it."""
    some = [line for line in lines if _may_fit(wanted, line)]
    listed = _in_all(ctx, plan, some)
    return [
        Candidate(line, read=line.place not in listed)
        for line in some
        if line.place in listed or line.lists & plan.by_reading
    ]


def fitting(ctx: Context, principal: Principal, wanted: Wanted, some: Sequence[Candidate]) -> list[Transfer]:
    """The heads of those candidates that are wanted, in their order, as they stand now."""
    now = ctx.clock.now_ms()
    found = get_transfers(ctx.records, principal.tenant, [one.line.id for one in some])
    heads = [head for head in (effective(one, now) for one in found) if _fits(principal, wanted, head)]
    read = {one.line.id for one in some if one.read}
    matching = {one.id for one in _matching(ctx, principal, wanted, [head for head in heads if head.id in read])}
    return [head for head in heads if head.id not in read or head.id in matching]


def _may_fit(wanted: Wanted, line: Listed) -> bool:
    """A line written before lines had a class is judged by its head."""
    same_class = wanted.transfer_class is None or line.transfer_class in (None, wanted.transfer_class)
    return same_class and line.id.startswith(wanted.sought.id_prefix)


def _in_all(ctx: Context, plan: ListPlan, lines: Sequence[Listed]) -> set[str]:
    """Places of the lines that came out of a list that needs no reading, and stand in every other list that they must."""
    left = [line.place for line in lines if line.lists - plan.by_reading]
    for pk in plan.must:
        found: set[str] = set()
        for start in range(0, len(left), _MANY):
            keys = [Key(pk, place) for place in left[start : start + _MANY]]
            found |= {record.key.sk for record in ctx.records.get_many(keys)}
        left = [place for place in left if place in found]
    return set(left)


def _fits(principal: Principal, wanted: Wanted, head: Transfer) -> bool:
    if wanted.box == "sent" and (head.owner != principal.id or head.request is not None):
        return False
    if wanted.box == "received" and not (
        # What came to one's own request stays listed; what others sent is there while it can be fetched.
        head.ready_at and (head.owner == principal.id or head.state is State.READY)
    ):
        return False
    if wanted.request not in (None, head.request) or wanted.transfer_class not in (None, head.transfer_class):
        return False
    return not wanted.states or head.state in wanted.states


def _matching(ctx: Context, principal: Principal, wanted: Wanted, heads: Sequence[Transfer]) -> list[Transfer]:
    """Those whose own texts have the words, and whose recipients the one asked for."""
    words = wanted.sought.words
    inside = [head for head in heads if is_inside(principal, head)]
    people = first_recipients(ctx, inside, pages=_RECIPIENT_PAGES) if words or wanted.recipient else {}
    found = []
    for head in heads:
        entries = people.get(head.id, [])
        texts = [head.title, head.sender_name, head.sender_address, *(f"{one.email} {one.name}" for one in entries)]
        if _sent_to(wanted.recipient, entries) and has_words(words, texts):
            found.append(head)
    return found


def _sent_to(recipient: str | None, entries: Sequence[RecipientEntry]) -> bool:
    return recipient is None or any(same_address_key(one.email) == same_address_key(recipient) for one in entries)


def first_recipients(ctx: Context, heads: Sequence[Transfer], *, pages: int) -> dict[str, list[RecipientEntry]]:
    """Recipients of each head by id, from its first pages."""
    keys = {
        recipient_page_key(head.tenant, head.id, page): head.id
        for head in heads
        for page in range(min(pages, head.recipient_pages))
    }
    found: dict[str, list[RecipientEntry]] = {head.id: [] for head in heads}
    every = list(keys)
    for start in range(0, len(every), _MANY):
        records = sorted(ctx.records.get_many(every[start : start + _MANY]), key=lambda record: record.key.sk)
        for record in records:
            found[keys[record.key]] += page_entries(record)
    return found
