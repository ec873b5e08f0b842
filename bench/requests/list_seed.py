"""Very many transfers of one member, written by the store itself: heads, recipients, and their lines in lists."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from chalicelib.bootstrap import LazyContext
from chalicelib.domain.ids import TenantId
from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import State, Transfer, TransferClass
from chalicelib.ports.record_store import Operation, Put
from chalicelib.stores.index_store import sent_pk, state_lines, transfer_line
from chalicelib.stores.recipients_store import recipient_puts
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.stores.word_store import Marker, make_marker, mark_lines

USUAL: Final = "guest@partner.example"
RARE: Final = "rare@other.example"
# Three of all are held, sealed, and for the rare recipient; a full page and more of the newest is read in any list.
_READ: Final = 1_000


@dataclass(frozen=True)
class Crowd:
    """``whole`` writes every head; else those that pages can show, for a store that is slow to fill."""

    tenant: str
    owner: str
    count: int
    now: int
    whole: bool

    @property
    def rare(self) -> tuple[int, ...]:
        """Numbers of the three, the oldest among them."""
        return 1, self.count // 2, self.count - 1

    def fill(self, ctx: LazyContext) -> None:
        """Write all of them, in transactions as large as the store takes them."""
        marker = make_marker(ctx, self.tenant, random=ctx.ids.random)
        writes = (one for number in range(1, self.count + 1) for one in self._writes(marker, number))
        while some := list(islice(writes, min(ctx.records.batch, 500))):
            ctx.records.transact_batch(some)

    def _writes(self, marker: Marker, number: int) -> Iterator[Operation]:
        head = self._head(number)
        address = RARE if number in self.rare else USUAL
        if self.whole or number in self.rare or number > self.count - _READ:
            yield transfer_put(head)
            yield from recipient_puts(head.tenant, head.id, [RecipientEntry(f"rc_{number:026d}", address, "", "en")])
        yield transfer_line(sent_pk(head.tenant, head.owner), head)
        yield from (put for put in state_lines(None, head) if isinstance(put, Put))
        words = ["report", *(["rare"] if number in self.rare else [])]
        yield from mark_lines(head, [marker.address(address), *(marker.word(word) for word in words)])

    def _head(self, number: int) -> Transfer:
        """One millisecond older than the one after it."""
        rare = number in self.rare
        usual = Transfer(
            id=f"tr_{number:026d}",
            tenant=TenantId(self.tenant),
            version=0,
            state=State.HELD if rare else State.READY,
            transfer_class=TransferClass.SEALED if rare else TransferClass.MANAGED,
            owner=self.owner,
            sender_name="Admin",
            sender_address="admin@bench.example",
            company="Bench",
            created_at=self.now - self.count + number,
            expires_at=self.now + DAY,
            proof="code",
            language="en",
            title="report",
            files=1,
            stored_files=1,
            bytes=1_000,
            recipients=1,
            recipient_pages=1,
        )
        return usual if rare else replace(usual, ready_at=usual.created_at)
