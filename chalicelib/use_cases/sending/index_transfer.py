"""Make a completed transfer findable by its words and recipients. Done by a worker, so that no request waits for it.

    worker:    read head v5, marks ---- [ head still v5 + marks + lines ] ---- [ head still v5 + further lines ] ...
    destroyer: ............................ head closed v6 ---- reads marks ---- takes away their lines
    A line is written only while the head is as it was read, and after the marks that name it: so none is left behind by a destroyer that
    came between. The worker then meets a Conflict, reads again, and finds the transfer over. A repeated event writes the same lines again.

Sealed transfers have names that no server knows: they are found by title, recipients and id. What fills a file request is not sent by its
owner, and is found by reading (list_filter.py).
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from chalicelib.domain.errors import NotFound
from chalicelib.domain.transfer import State, Transfer, TransferClass
from chalicelib.domain.words import transfer_words
from chalicelib.ports.record_store import Check, Operation
from chalicelib.stores.files_store import get_file_pages
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.transfer_store import get_transfer, head_key
from chalicelib.stores.word_store import Marks, get_marks, make_marker, mark_lines, marks_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.sending.answer_create import key_of
from fumibako_format.errors import FormatError
from fumibako_format.keys import file_key
from fumibako_format.record import open_record

LINES: Final = 90  # of one transaction, which takes 100 operations
_OVER: Final = (State.CLOSED, State.DESTROYING, State.DESTROYED)


def index_transfer(ctx: Context, tenant: str, transfer: str) -> None:
    """Write the lines of a transfer that was sent; anything else is left as it is. Raises StoreAway."""
    until_written(lambda: _index(ctx, tenant, transfer))


def _index(ctx: Context, tenant: str, transfer: str) -> None:
    try:
        head = get_transfer(ctx.records, tenant, transfer)
    except NotFound:
        return
    if head.state in _OVER or head.completed_at is None or head.request is not None:
        return
    former = get_marks(ctx.records, head)
    marks = _marks(ctx, head, former)
    lines = mark_lines(head, marks.all)
    same = Check(head_key(head.tenant, head.id), head.version)
    for start in range(0, max(len(lines), 1), LINES):
        first: list[Operation] = [marks_put(head, marks)] if start == 0 else []
        ctx.records.transact([same, *first, *lines[start : start + LINES]])


def _marks(ctx: Context, head: Transfer, former: Marks) -> Marks:
    """All that the transfer has now, and what it had: a recipient is never taken back."""
    marker = make_marker(ctx, head.tenant, random=ctx.ids.random)
    people = get_recipients(ctx.records, head.tenant, head.id) if head.recipients else []
    words = transfer_words(head.title, [(one.email, one.name) for one in people], _names(ctx, head))
    marks = [*(marker.word(word) for word in words), *(marker.address(one.email) for one in people)]
    return Marks(tuple(dict.fromkeys((*former.all, *marks))), former.version)


def _names(ctx: Context, head: Transfer) -> Iterator[str]:
    """Names of the files on the first page, which has more than a transfer has words. One that can't be read is the check's business."""
    if head.transfer_class is TransferClass.SEALED:
        return
    try:
        key = key_of(ctx, head)
    except NotFound:  # recalled at this moment
        return
    for entry in (entry for page in get_file_pages(ctx.records, head, [0]) for entry in page.entries):
        if key is None:
            yield entry.name or ""
        elif entry.record is not None:
            with suppress(FormatError):
                yield open_record(entry.record, file_key=file_key(key, entry.id), file_id=entry.id).name
