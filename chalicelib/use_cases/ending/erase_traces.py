"""What goes with the bytes: file names and records and their words in lists, link tokens, addresses on links, download sessions and counters.

What stays is what the certificate and the owner's list need: ids, lengths, checksums, versions, dates, and addresses under a seal.
A closed link stays as a record without address, so that who follows it is told that it is gone, not that it never was.
"""

from dataclasses import replace
from typing import Final

from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import ANY, Delete, Operation, Put, Record
from chalicelib.stores.files_store import FilePage, file_page_from, file_page_put
from chalicelib.stores.index_store import inbox_erased
from chalicelib.stores.recipients_store import state_from, state_put
from chalicelib.stores.word_store import marks_erased
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.recipients_after import sealed_page
from chalicelib.use_cases.ending.traces import Traces

LINK_KEPT: Final = 400 * DAY
_GONE: Final = ("dl", "dlopen", "count", "reminded", "names", "sent")
# What names lines elsewhere: the lists of words of names and addresses, and of the members whom it was sent to.
_LISTS: Final = {"words": marks_erased, "inbox": inbox_erased}


def erasures(ctx: Context, head: Transfer, traces: Traces) -> list[Operation]:
    """The writes that erase all traces of one transfer but its head; doing them twice is no harm."""
    operations = [operation for record in traces.records for operation in _erase(ctx, head, record)]
    return operations + [_closed_link(ctx, record) for record in traces.links]


def _erase(ctx: Context, head: Transfer, record: Record) -> list[Operation]:
    kind = record.key.sk.partition("#")[0]
    if kind == "files":
        return [file_page_put(head, _nameless(file_page_from(record)))]
    if kind == "rcps":
        return [sealed_page(ctx, head, record)]
    if kind == "rcp":
        return [state_put(head.tenant, head.id, replace(state_from(record), token=None))]
    if kind in _LISTS:
        return [*_LISTS[kind](head, record)]
    return [Delete(record.key, ANY)] if kind in _GONE else []


def _nameless(page: FilePage) -> FilePage:
    entries = tuple(replace(entry, name=None, media_type="", record=None, header=None) for entry in page.entries)
    return replace(page, entries=entries)


def _closed_link(ctx: Context, record: Record) -> Put:
    bare = {**record.body, "state": "closed", "address": None, "name": "", "passphrase_auth_hash": None}
    return Put(record.key, bare, ANY, purge_after=ctx.clock.now_ms() + LINK_KEPT)
