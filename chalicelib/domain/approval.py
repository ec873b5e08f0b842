"""Approval: who may let a transfer go that a rule stopped. Self-approval is never possible."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import State, Transfer


def require_approver(transfer: Transfer, principal: Principal) -> None:
    """Raises NotFound for guests, Refused("role_missing") without the role, Refused("self_approval") for the sender."""
    principal.require_member()
    principal.require_role("approver")
    if principal.id == transfer.owner:
        raise Refused("self_approval", "Somebody else must approve what you send.")


def require_awaiting(transfer: Transfer) -> None:
    """Raises Refused("state_wrong") unless the transfer waits for an approval."""
    if transfer.state is not State.AWAITING_APPROVAL:
        raise Refused("state_wrong", f"A transfer that is {transfer.state} waits for no approval.")
