"""The gate of the compatible download: asked by the host that streams, at each request and every few seconds while bytes move.

request:  address -> session, transfer, tenant's rule, sign-in -> plan
moving:   the same questions; once a minute the use is written down, so that neither address nor session lies idle meanwhile
"""

from dataclasses import dataclass, replace

from chalicelib.domain.download import DownloadSession
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.fetch_address import NOTE_EVERY, FetchAddress, require_openable, require_usable
from chalicelib.domain.transfer import Transfer, require_open
from chalicelib.ports.record_store import Operation
from chalicelib.stores.download_store import get_session, session_put
from chalicelib.stores.fetch_store import fetch_put, get_fetch
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.accounts.still_signed_in import still_signed_in
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.receiving.fetch_plan import FetchPlan, fetch_plan


@dataclass(frozen=True)
class Judged:
    """An address that holds now, with what it stands on."""

    address: FetchAddress
    session: DownloadSession
    head: Transfer


def open_fetch(ctx: Context, token: str) -> FetchPlan:
    """What the address leads to. Changes nothing but the moment of its last use.

    Raises NotFound, Refused("gone"), ("address_over"), ("compatible_not_allowed"), ("key_gone").
    """
    judged = _used(ctx, token)
    return fetch_plan(ctx, judged.head, judged.address.files)


def require_fetch_open(ctx: Context, token: str) -> None:
    """Whether bytes may go on moving. Raises as ``open_fetch`` does."""
    _used(ctx, token)


def judge_fetch(ctx: Context, token: str) -> Judged:
    """The address as it stands, without writing anything. Raises as ``open_fetch`` does."""
    address = get_fetch(ctx.records, token)
    now = ctx.clock.now_ms()
    head = get_transfer(ctx.records, address.tenant, address.transfer)
    require_open(head, now)
    session = get_session(ctx.records, address.tenant, address.transfer, address.session)
    require_usable(address, session, now)
    require_openable(get_tenant(ctx.records, address.tenant), head.transfer_class)
    if not still_signed_in(ctx, address.tenant, session=address.sign_in, owner=address.principal):
        raise Refused("address_over", "The sign-in behind this address has ended.")
    return Judged(address, session, head)


def _used(ctx: Context, token: str) -> Judged:
    judged = judge_fetch(ctx, token)
    now = ctx.clock.now_ms()
    address, session = judged.address, judged.session
    if now < address.used_at + NOTE_EVERY:
        return judged
    operations: list[Operation] = [fetch_put(replace(address, used_at=now))]
    if session.ended_at is None:
        operations += session_put(address.tenant, replace(session, last_used_at=max(session.last_used_at, now)))
    try:
        ctx.records.transact(operations)
    except Conflict:
        return judged  # another request of the same address noted it, or the next question will
    return judged
