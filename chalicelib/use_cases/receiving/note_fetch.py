"""What a compatible download leaves behind: that the server opened files, which bytes have left, and that all of them did.

    answer 1: bytes 0..n leave, cut   -> sent ((0, n))
    answer 2: Range n.. , to the end  -> sent ((0, length)): sent_at, and
        no limit of downloads: told as arrived at once; asking again costs nobody anything
        a limit: told 15 minutes after the last use (settle_sent), because what left this server may be lost behind it, and the same
                 browser must be able to ask for the rest before the transfer closes
    [killed between]: the due item that was written with sent_at tells it in both cases

What is told is all that the server can know: that every byte left it.
"""

from dataclasses import replace

from chalicelib.domain.errors import NotFound
from chalicelib.domain.events import Event
from chalicelib.domain.fetch_address import IDLE, FetchAddress, after_answer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.due_store import DueItem, due_put
from chalicelib.stores.fetch_store import (
    fetch_put,
    get_fetch,
    get_fetch_by_hash,
    sent_delete,
    sent_hashes,
    sent_put,
)
from chalicelib.stores.files_store import get_files
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.receiving.complete_download import complete_sent


def fetch_began(ctx: Context, token: str, *, network: str | None = None) -> None:
    """The server is about to open files at this address: audited once for each. Raises NotFound."""

    def act() -> None:
        address = get_fetch(ctx.records, token)
        if address.opened_at is None:
            opened = replace(address, opened_at=ctx.clock.now_ms())
            ctx.records.transact([fetch_put(opened)], [_opened(ctx, address, network)])

    until_written(act)


def fetch_answered(ctx: Context, token: str, *, start: int, end: int, length: int) -> None:
    """``[start, end)`` of ``length`` bytes have left. Tells the files as arrived once nothing is missing. Raises NotFound, Refused("gone")."""
    address = until_written(lambda: _answered(ctx, token, start, end, length))
    if address is not None:
        _tell(ctx, address)


def settle_sent(ctx: Context, tenant: str, transfer: str) -> None:
    """Tell as arrived what was sent and not asked for again for 15 minutes; look again when the rest may be so. Doing it twice is no harm."""
    now = ctx.clock.now_ms()
    again: list[int] = []
    for sha256 in list(sent_hashes(ctx.records, tenant, transfer)):
        try:
            address = get_fetch_by_hash(ctx.records, tenant, sha256)
        except NotFound:
            ctx.records.transact([sent_delete(tenant, transfer, sha256)])
            continue
        if now < address.used_at + IDLE:
            again.append(address.used_at + IDLE)
            continue
        _tell(ctx, address)
    if again:
        ctx.records.transact([due_put(DueItem(tenant, transfer, "arrived", min(again)))])


def _answered(ctx: Context, token: str, start: int, end: int, length: int) -> FetchAddress | None:
    """The address where it is to be told as arrived at once."""
    before = get_fetch(ctx.records, token)
    now = ctx.clock.now_ms()
    after = after_answer(before, start=start, end=end, length=length, now=now)
    operations: list[Operation] = [fetch_put(after)]
    tell = False
    if after.sent_at is not None and before.sent_at is None:
        head = get_transfer(ctx.records, after.tenant, after.transfer)
        tell = head.max_downloads is None
        operations += [sent_put(after), due_put(DueItem(after.tenant, after.transfer, "arrived", now + IDLE))]
    ctx.records.transact(operations)
    return after if tell else None


def _tell(ctx: Context, address: FetchAddress) -> None:
    complete_sent(ctx, tenant=address.tenant, transfer=address.transfer, session=address.session, files=address.files)
    ctx.records.transact([sent_delete(address.tenant, address.transfer, address.sha256)])


def _opened(ctx: Context, address: FetchAddress, network: str | None) -> Event:
    head = get_transfer(ctx.records, address.tenant, address.transfer)
    entries = get_files(ctx.records, head, list(address.files))
    return make_event(
        ctx,
        type="download.opened.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version,
        actor=address.taker,
        data={
            "recipient": address.taker,
            "session": address.session,
            "files": len(entries),
            "bytes": sum(entry.size or 0 for entry in entries),
            "file_ids": list(address.files),
        },
        personal=None if network is None else {"network": network},
    )
