"""Who may take the files of a transfer, and whether it counts: recipients (guests, and members by their address) and the owner."""

from dataclasses import dataclass

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry, same_address_key
from chalicelib.domain.transfer import State, Transfer, expired, require_open
from chalicelib.stores.account_store import get_member
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class Taker:
    """``id`` is the rc_ id of a recipient, or the owner's own id. What an owner takes is never counted."""

    id: str
    counted: bool
    address: str | None = None


def open_transfer_for(ctx: Context, principal: Principal, transfer: str) -> tuple[Transfer, Taker]:
    """The transfer, and as whom the principal takes from it.

    Raises NotFound for whom it is not theirs, Refused("gone") once closed or expired, and Refused("state_wrong") to an owner before it is ready.
    """
    head = get_transfer(ctx.records, principal.tenant, transfer)
    taker = taker_of(ctx, principal, head)
    now = ctx.clock.now_ms()
    if head.state is State.READY or not _before_ready(head) or expired(head, now):
        require_open(head, now)
    elif taker.counted:
        raise NotFound  # nobody outside is told of a transfer before it is ready
    else:
        raise Refused("state_wrong", f"This transfer is {head.state}; its files can be fetched once it is ready.")
    return head, taker


def taker_of(ctx: Context, principal: Principal, head: Transfer) -> Taker:
    """Raises NotFound unless the principal is a recipient or the owner."""
    if principal.kind == "guest":
        principal.require_guest_of(head.id)
        address = next((one.email for one in _recipients(ctx, head) if one.id == principal.id), None)
        return Taker(principal.id, counted=True, address=address)
    if principal.id == head.owner:
        return Taker(principal.id, counted=False)
    if principal.kind == "member":
        mine = same_address_key(get_member(ctx.records, principal.tenant, principal.id).email)
        for one in _recipients(ctx, head):
            if mine and same_address_key(one.email) == mine:
                return Taker(one.id, counted=True, address=one.email)
    raise NotFound


def _recipients(ctx: Context, head: Transfer) -> list[RecipientEntry]:
    return get_recipients(ctx.records, head.tenant, head.id)


def _before_ready(head: Transfer) -> bool:
    return head.state not in (State.READY, State.CLOSED, State.DESTROYING, State.DESTROYED)
