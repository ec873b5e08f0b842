"""Many small groups of writes, each all or nothing, in as few transactions as their limits allow.

A group that loses against another writer does not hold up the others: the transaction is taken apart in halves until it is found.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Operation
from chalicelib.stores.quota_store import release_puts
from chalicelib.use_cases.context import Context

SMALL: Final = 40  # operations of a group that shares a transaction; larger ones may hold pages of 50 KB each
TRIES: Final = 3
EARLY: Final = 30  # operations of one transaction of a group's early writes: 30 pages stay under 4,000,000 bytes


@dataclass(frozen=True)
class Group:
    """``early`` writes may be done any number of times and before the others; ``last`` ones with the events are one transaction.

    ``release``: bytes that go back to the tenant's quota in that transaction.
    """

    subject: str
    last: tuple[Operation, ...]
    events: tuple[Event, ...] = ()
    early: tuple[Operation, ...] = ()
    tenant: str = ""
    release: int = 0

    @property
    def size(self) -> int:
        """What it counts in a transaction."""
        return len(self.early) + len(self.last) + len(self.events) + (self.release > 0)


def write_groups(ctx: Context, groups: Iterable[Group]) -> set[str]:
    """Write all groups; gives the subjects of those that were written. The others met another writer and are to be judged anew."""
    written: set[str] = set()
    for together in _packed(groups, ctx.records.batch):
        written |= _write_together(ctx, together)
    return written


def _write_together(ctx: Context, groups: Sequence[Group]) -> set[str]:
    """In halves where somebody else wrote too: one that lost takes few with it."""
    if len(groups) == 1:
        return {groups[0].subject} if _write_alone(ctx, groups[0]) else set()
    if _write(ctx, groups):
        return {group.subject for group in groups}
    middle = len(groups) // 2
    return _write_together(ctx, groups[:middle]) | _write_together(ctx, groups[middle:])


def _packed(groups: Iterable[Group], most: int) -> Iterator[list[Group]]:
    held: list[Group] = []
    size = 0
    for group in groups:
        if group.size > SMALL:
            yield [group]
            continue
        if size + group.size > most:
            yield held
            held, size = [], 0
        held.append(group)
        size += group.size
    if held:
        yield held


def _write(ctx: Context, groups: Sequence[Group]) -> bool:
    operations = [operation for group in groups for operation in (*group.early, *group.last)]
    try:
        releases = release_puts(ctx.records, [(one.tenant, one.subject, one.release) for one in groups if one.release])
        ctx.records.transact_batch([*operations, *releases], [event for group in groups for event in group.events])
    except Conflict:
        return False
    except Refused as refused:
        if refused.code != "transaction_too_large" or len(groups) == 1:
            raise
        return False  # large pages: fewer of them together
    return True


def _write_alone(ctx: Context, group: Group) -> bool:
    """Tried a few times, because a quota counter has other writers too."""
    if group.size <= SMALL:
        return any(_write(ctx, [group]) for _ in range(TRIES))
    try:
        for start in range(0, len(group.early), EARLY):
            ctx.records.transact(group.early[start : start + EARLY])
    except Conflict:
        return False
    return any(_write(ctx, [replace(group, early=())]) for _ in range(TRIES))
