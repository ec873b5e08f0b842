"""Marks of a transfer's file names: ``<tenant>#tr#<id>`` / ``names#<page>``, 2,500 marks a record (40 KB), in the order of the files.

A mark says whether two names are the same and nothing else (use_cases/sending/mark_names.py). They stand apart from the pages of files, so
that a further call of 500 files reads four short records instead of opening every sealed record that is there.
"""

from collections.abc import Sequence

from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Key, Put, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation
from chalicelib.stores.stored_bytes import from_text, to_text

MARK_BYTES = 12
_MARKS_A_PAGE = 2_500


def get_name_marks(records: RecordStore, head: Transfer) -> set[bytes]:
    """The marks of all files of a head, 12 bytes each."""
    pages = -(-head.files // _MARKS_A_PAGE)
    found = records.get_many([_key(head, page) for page in range(pages)]) if pages else []
    return {mark for record in found for mark in _cut(from_text(record.body["marks"]))}


def name_mark_puts(records: RecordStore, head: Transfer, marks: Sequence[bytes]) -> list[Put]:
    """Write the marks of files that come behind those of ``head``, against the versions that stand there."""
    if not marks:
        return []
    page, filled = divmod(head.files, _MARKS_A_PAGE)
    last = records.get(_key(head, page)) if filled else None
    data = (from_text(last.body["marks"]) if last else b"") + b"".join(marks)
    room = _MARKS_A_PAGE * MARK_BYTES
    return [
        Put(
            _key(head, page + n),
            {"marks": to_text(data[at : at + room])},
            expectation(last.version if last and n == 0 else 0),
        )
        for n, at in enumerate(range(0, len(data), room))
    ]


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + MARK_BYTES] for at in range(0, len(data), MARK_BYTES)]


def _key(head: Transfer, page: int) -> Key:
    return Key(aggregate_pk(head.tenant, head.id), f"names#{page:05d}")
