"""Who may do what with a transfer. Whoever may not gets the answer of an absent id (NotFound)."""

from chalicelib.domain.errors import NotFound
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import Transfer, require_open

OVERSEERS = frozenset({"admin", "auditor"})
# What a list of transfers can be of.
BOXES = ("sent", "received", "all")


def require_uploader(transfer: Transfer, principal: Principal) -> None:
    """The member who sends, or the guest who fills a file request with this very transfer."""
    if principal.kind == "guest":
        mine = transfer.uploader is not None and transfer.uploader == principal.id
        if not mine or transfer.request is None or transfer.request != principal.link_subject:
            raise NotFound
    elif principal.id != transfer.owner or transfer.request is not None:
        raise NotFound


def require_owner(transfer: Transfer, principal: Principal) -> None:
    """The member who sent it, or who asked for it."""
    if principal.kind == "guest" or principal.id != transfer.owner:
        raise NotFound


def require_change_right(transfer: Transfer, principal: Principal) -> None:
    """Extend, add recipients, recall: the owner, or an admin of the tenant for recall's sake of a member who left."""
    if principal.kind == "guest" or (principal.id != transfer.owner and "admin" not in principal.roles):
        raise NotFound


def require_viewer(transfer: Transfer, principal: Principal, now: int, *, addressed: bool) -> None:
    """Owner, uploader and overseers always; a recipient while it is open. ``addressed`` tells that a member's address is among them.

    Raises NotFound, and Refused("gone") for a recipient after its end.
    """
    if principal.kind == "guest":
        if transfer.uploader == principal.id and transfer.request == principal.link_subject:
            return
        principal.require_guest_of(transfer.id)
        require_open(transfer, now)
    elif principal.id != transfer.owner and not principal.roles & OVERSEERS:
        if not addressed or transfer.ready_at is None:
            raise NotFound
        require_open(transfer, now)
