"""Pages of files: ``<tenant>#tr#<id>`` / ``files#<page>``. At most 250 files and about 300 KB a page; the head knows each page's id range."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.files import FileEntry, pages_of
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation
from chalicelib.stores.stored_bytes import from_text, to_text

# Reads of pages: 3 of 300 KB stay under what one answer of a store may hold.
_PAGES_A_READ = 3
_DEFAULTS = {field.name: field.default for field in fields(FileEntry)}
_OPTIONAL = {name: default for name, default in _DEFAULTS.items() if default is not MISSING}
_BINARY = frozenset(("record", "header"))


@dataclass(frozen=True)
class FilePage:
    """``version`` is the record's (0: not written yet). Entries are in order of ``index`` and of id."""

    number: int
    version: int
    entries: tuple[FileEntry, ...]

    def with_entries(self, changed: dict[str, FileEntry]) -> "FilePage":
        """The page with some entries replaced, by id."""
        return replace(self, entries=tuple(changed.get(one.id, one) for one in self.entries))


def file_page_key(tenant: str, transfer: str, page: int) -> Key:
    """The key of a page."""
    return Key(aggregate_pk(tenant, transfer), f"files#{page:05d}")


def file_page_put(head: Transfer, page: FilePage) -> Put:
    """Write a page against the version that was read."""
    body = {"files": [_entry_body(entry) for entry in page.entries]}
    return Put(file_page_key(head.tenant, head.id, page.number), body, expectation(page.version))


def get_file_pages(records: RecordStore, head: Transfer, pages: Sequence[int]) -> list[FilePage]:
    """These pages in order; absent ones are left out."""
    found: list[FilePage] = []
    for start in range(0, len(pages), _PAGES_A_READ):
        keys = [file_page_key(head.tenant, head.id, page) for page in pages[start : start + _PAGES_A_READ]]
        found += map(_page_from, records.get_many(keys))
    return sorted(found, key=lambda page: page.number)


def get_files(records: RecordStore, head: Transfer, ids: Sequence[str]) -> list[FileEntry]:
    """These files in the order asked for. Raises NotFound where one of them is not of this transfer."""
    pages = get_file_pages(records, head, pages_of(head.file_pages, ids))
    entries = {entry.id: entry for page in pages for entry in page.entries}
    if any(one not in entries for one in ids):
        raise NotFound("One of the files is not in this transfer.")
    return [entries[one] for one in ids]


def iterate_file_pages(records: RecordStore, head: Transfer) -> Iterator[FilePage]:
    """All pages in order, one at a time, so that memory does not grow with the transfer."""
    for number in range(len(head.file_pages)):
        yield from get_file_pages(records, head, [number])


def list_files(
    records: RecordStore, head: Transfer, *, cursor: str | None, limit: int
) -> tuple[list[FileEntry], str | None]:
    """Up to ``limit`` files from ``cursor`` on, and the next cursor. Raises Refused("cursor_invalid")."""
    number, offset = _place(cursor)
    found: list[FileEntry] = []
    while number < len(head.file_pages) and len(found) < limit:
        pages = get_file_pages(records, head, [number])
        entries = pages[0].entries[offset:] if pages else ()
        room = limit - len(found)
        found += entries[:room]
        if len(entries) > room:
            return found, f"{number}-{offset + room}"
        number, offset = number + 1, 0
    return found, f"{number}-0" if number < len(head.file_pages) else None


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 0, 0
    page, dash, offset = cursor.partition("-")
    numbers = (page, offset)
    if not dash or any(not (one.isascii() and one.isdigit() and len(one) <= 5) for one in numbers):
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    return int(page), int(offset)


def _page_from(record: Record) -> FilePage:
    entries = tuple(_entry_from(body) for body in record.body["files"])
    return FilePage(int(record.key.sk.removeprefix("files#")), record.version, entries)


def _entry_body(entry: FileEntry) -> dict[str, Any]:
    body = {name: value for name, value in vars(entry).items() if value != _DEFAULTS[name]}
    for name in _BINARY & body.keys():
        body[name] = to_text(body[name])
    return body


def _entry_from(body: dict[str, Any]) -> FileEntry:
    known = {**_OPTIONAL, **body}
    for name in _BINARY & body.keys():
        known[name] = from_text(body[name])
    if len(known) != len(_DEFAULTS) or known.keys() != _DEFAULTS.keys():
        return FileEntry(**{name: value for name, value in known.items() if name in _DEFAULTS})
    # What FileEntry(**known) does, without a call of object.__setattr__ for each member: a transfer of many files is read by this.
    entry = object.__new__(FileEntry)
    vars(entry).update(known)
    return entry


def file_page_from(record: Record) -> FilePage:
    """The page of such a record, where a whole partition was read."""
    return _page_from(record)
