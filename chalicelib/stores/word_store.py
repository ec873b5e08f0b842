"""By which words and addresses one owner's transfers are found: ``<tenant>#word#<owner>#<mark>`` / ``<created>#<id>``.

A mark is HMAC-SHA-256 of the word, cut to 64 bits, under a random key of the tenant that lies among the wrapped keys: no list says a
word in clear, and neither does a backup with the keyring, since no backup holds that key (docs/decisions/0017-search-by-marks.md). Two
words with one mark would show a transfer too many, nothing worse.

``<tenant>#tr#<id>`` / ``words`` names the marks of one transfer, so that destroying it finds its lines without the words.
"""

import hmac
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.recipients import same_address_key
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Delete, Key, Put, Record, RecordStore
from chalicelib.stores.index_store import index_delete, transfer_line
from chalicelib.stores.keys import aggregate_pk, expectation
from chalicelib.stores.wrapped_key_store import HasKeys, keep_transfer_key, open_transfer_key

WORDS = "words"
_MARK_BYTES = 8
_KEY_BYTES = 32


@dataclass(frozen=True)
class Marker:
    """Gives marks of words and addresses of one tenant."""

    key: bytes

    def word(self, word: str) -> str:
        """The mark of a word."""
        return self._mark(f"word/{word}")

    def address(self, address: str) -> str:
        """The mark of a whole address; it never equals that of a word."""
        return self._mark(f"address/{same_address_key(address)}")

    def _mark(self, text: str) -> str:
        return hmac.digest(self.key, text.encode(), "sha256")[:_MARK_BYTES].hex()


@dataclass(frozen=True)
class Marks:
    """The marks of one transfer; ``version`` is the record's, 0 before it is written."""

    all: tuple[str, ...] = ()
    version: int = 0


def get_marker(ctx: HasKeys, tenant: str) -> Marker:
    """The tenant's marker. Raises NotFound where nothing was ever marked."""
    return Marker(open_transfer_key(ctx, tenant, WORDS))


def make_marker(ctx: HasKeys, tenant: str, *, random: Callable[[int], bytes]) -> Marker:
    """The tenant's marker, made at its first use. Of two who make it at once, both get the first one's."""
    try:
        return get_marker(ctx, tenant)
    except NotFound:
        with suppress(Conflict):
            keep_transfer_key(ctx, tenant, WORDS, random(_KEY_BYTES))
    return get_marker(ctx, tenant)


def word_pk(tenant: str, owner: str, mark: str) -> str:
    """The list of one mark."""
    return f"{tenant}#word#{owner}#{mark}"


def get_marks(records: RecordStore, head: Transfer) -> Marks:
    """The marks that a transfer has."""
    record = records.get(_key(head))
    return Marks() if record is None else Marks(tuple(record.body["marks"]), record.version)


def marks_put(head: Transfer, marks: Marks) -> Put:
    """Write them against the version that was read."""
    return Put(_key(head), {"marks": list(marks.all)}, expectation(marks.version))


def mark_lines(head: Transfer, marks: Iterable[str]) -> list[Put]:
    """Lines of these marks; writing them twice is no harm."""
    return [transfer_line(word_pk(head.tenant, head.owner, mark), head) for mark in marks]


def marks_erased(head: Transfer, record: Record) -> list[Delete]:
    """Takes away every line of a destroyed transfer, and what named them."""
    marks: list[str] = record.body["marks"]
    lines = [index_delete(word_pk(head.tenant, head.owner, mark), head.created_at, head.id) for mark in marks]
    return [*lines, Delete(record.key)]


def _key(head: Transfer) -> Key:
    return Key(aggregate_pk(head.tenant, head.id), WORDS)
