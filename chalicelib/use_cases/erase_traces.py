"""What goes with the bytes: file names and records, link tokens, addresses on links, download sessions and counters.

What stays is what the certificate and the owner's list need: ids, lengths, checksums, versions, dates, and addresses under a seal.
A closed link stays as a record without address, so that who follows it is told that it is gone, not that it never was.
"""

from dataclasses import replace
from typing import Final

from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import ANY, Delete, Operation, Put, Record
from chalicelib.stores.files_store import FilePage, file_page_from, file_page_put
from chalicelib.stores.keys import aggregate_pk
from chalicelib.stores.link_store import link_key
from chalicelib.stores.recipients_store import state_from, state_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.recipients_after import sealed_page

LINK_KEPT: Final = 400 * DAY
_GONE: Final = ("dl", "dlopen", "count")
_MANY: Final = 100


def erasures(ctx: Context, head: Transfer) -> list[Operation]:
    """The writes that erase all traces of one transfer but its head; doing them twice is no harm."""
    operations: list[Operation] = []
    links: list[str] = []
    cursor: str | None = None
    while True:
        page = ctx.records.query(aggregate_pk(head.tenant, head.id), limit=_MANY, cursor=cursor)
        for record in page.records:
            operations += _erase(ctx, head, record, links)
        cursor = page.cursor
        if cursor is None:
            return operations + _closed_links(ctx, head, links)


def _erase(ctx: Context, head: Transfer, record: Record, links: list[str]) -> list[Operation]:
    kind = record.key.sk.partition("#")[0]
    if kind == "files":
        return [file_page_put(head, _nameless(file_page_from(record)))]
    if kind == "rcps":
        return [sealed_page(ctx, head, record)]
    if kind == "rcp":
        state = state_from(record)
        if state.link is not None:
            links.append(state.link)
        return [state_put(head.tenant, head.id, replace(state, token=None))]
    return [Delete(record.key, ANY)] if kind in _GONE else []


def _nameless(page: FilePage) -> FilePage:
    entries = tuple(replace(entry, name=None, media_type="", record=None, header=None) for entry in page.entries)
    return replace(page, entries=entries)


def _closed_links(ctx: Context, head: Transfer, hashes: list[str]) -> list[Operation]:
    operations: list[Operation] = []
    purge = ctx.clock.now_ms() + LINK_KEPT
    for start in range(0, len(hashes), _MANY):
        keys = [link_key(head.tenant, one) for one in hashes[start : start + _MANY]]
        for record in ctx.records.get_many(keys):
            bare = {**record.body, "state": "closed", "address": None, "passphrase_auth_hash": None}
            operations.append(Put(record.key, bare, ANY, purge_after=purge))
    return operations
