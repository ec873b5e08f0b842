"""Very many transfers of one member as rows of a store: heads, recipients, and their lines in lists, as the stores of aggregates make them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bench.bulk_rows import Row
from chalicelib.domain.ids import TenantId
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import State, Transfer, TransferClass
from chalicelib.ports.record_rules import body_text
from chalicelib.ports.record_store import Put
from chalicelib.stores.index_store import sent_pk, state_lines, transfer_line
from chalicelib.stores.recipients_store import recipient_puts, state_put
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.stores.word_store import Marker, mark_lines

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

    def rows(self, marker: Marker) -> Iterator[Row]:
        """All of them, none of which is there yet. ``marker`` is the tenant's."""
        texts: dict[str, str] = {}
        for number in range(1, self.count + 1):
            for put in self._puts(marker, number):
                kind = str(put.body) if len(put.body) == 1 else ""
                text = texts.get(kind) or body_text(put.body)
                if kind:
                    texts[kind] = text
                yield put.key.pk, put.key.sk, 1, put.purge_after, text

    def _puts(self, marker: Marker, number: int) -> Iterator[Put]:
        head = self._head(number)
        address = RARE if number in self.rare else USUAL
        if self.whole or number in self.rare or number > self.count - _READ:
            yield transfer_put(head)
            entry = RecipientEntry(f"rc_{number:026d}", address, "", "en")
            yield from recipient_puts(head.tenant, head.id, [entry])
            yield state_put(head.tenant, head.id, RecipientState(entry.id, "invited", invited_at=head.created_at))
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
