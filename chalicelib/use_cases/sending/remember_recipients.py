"""Remember whom a transfer went to: in its sender's address book, and by domain for the sender and the tenant. Done by a worker.

A: read part v3 ---- write v4
B: read part v3 -------------- Conflict: reads v4, adds its own
A repeated event finds its transfer noted in the part, and the day noted at the domain: nothing is counted twice.

worker: reads account v2, parts ---------------------------- [ account still v2 + parts ] Conflict: reads anew, notes nothing
admin:  .......................... [ account removed v3 + parts erased ]
What is noted for the sender alone stands on the account as it was read, so the book of somebody who was removed never comes back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from chalicelib.domain.account import MemberState
from chalicelib.domain.address_book import noted, part_of
from chalicelib.domain.errors import NotFound
from chalicelib.domain.mail_domains import domain_of
from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.account_store import check_member, get_member
from chalicelib.stores.address_book_store import get_parts, open_part, part_put
from chalicelib.stores.domain_store import domain_puts, get_domains, is_known
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written


def remember_recipients(ctx: Context, tenant: str, transfer: str) -> None:
    """Note the recipients of a completed transfer; one that is not, or that fills a file request, has none to note. Raises StoreAway."""
    try:
        head = get_transfer(ctx.records, tenant, transfer)
    except NotFound:
        return
    if head.completed_at is None or head.request is not None or not head.recipients:
        return
    people = get_recipients(ctx.records, tenant, transfer)
    if not people:
        return
    if _is_member(head):
        until_written(lambda: _note_addresses(ctx, head, people))
    _note_domains(ctx, head, people)


@dataclass(frozen=True)
class _Sender:
    """Whether anything is noted for the sender alone, and what such a write stands on."""

    here: bool
    guard: tuple[Operation, ...] = ()


def _is_member(head: Transfer) -> bool:
    return head.owner.startswith("mb_")


def _sender(ctx: Context, head: Transfer) -> _Sender:
    if not _is_member(head):
        return _Sender(here=True)
    try:
        account = get_member(ctx.records, head.tenant, head.owner)
    except NotFound:
        return _Sender(here=False)
    return _Sender(account.state is not MemberState.REMOVED, (check_member(account),))


def _note_addresses(ctx: Context, head: Transfer, people: Sequence[RecipientEntry]) -> None:
    ordered = sorted((one for one in people if one.email), key=lambda one: part_of(one.email))
    by_part = {
        part: [(one.email, one.name) for one in some] for part, some in groupby(ordered, lambda one: part_of(one.email))
    }
    found = get_parts(ctx.records, head.tenant, head.owner, list(by_part))
    puts = []
    for part, some in by_part.items():
        record = found.get(part)
        former = open_part(ctx, head.tenant, record)
        after = noted(former, some, transfer=head.id, at=head.completed_at or 0)
        if after != former:
            version = 0 if record is None else record.version
            puts.append(part_put(ctx, head.tenant, head.owner, part, after, version=version))
    sender = _sender(ctx, head) if puts else None
    if sender is not None and sender.here:
        ctx.records.transact([*sender.guard, *puts])


def _note_domains(ctx: Context, head: Transfer, people: Sequence[RecipientEntry]) -> None:
    day = (head.completed_at or 0) // DAY
    domains = sorted({domain_of(one.email) for one in people if one.email})
    ours = get_domains(ctx.records, head.tenant, domains)
    own = get_domains(ctx.records, head.tenant, domains, owner=head.owner)
    for domain in domains:
        record = ours.get(domain)
        if domain not in own or record is None or (not is_known(record) and record.body["last"] < day):
            until_written(lambda domain=domain: _note_domain(ctx, head, domain, day))  # type: ignore[misc]  # a default binds the loop's value


def _note_domain(ctx: Context, head: Transfer, domain: str, day: int) -> None:
    sender = _sender(ctx, head)
    operations = domain_puts(ctx.records, head.tenant, head.owner if sender.here else None, domain, day=day)
    if operations:
        ctx.records.transact([*sender.guard, *operations])
