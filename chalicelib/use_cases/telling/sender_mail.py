"""Where mails about a transfer go on the sender's side, and what they say of the sender.

For an upload to a file request the owner is the member who asked, and the head's ``sender_*`` is the guest; everything else is sent by
its owner.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer import Transfer
from chalicelib.stores.account_store import get_member
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class OwnerMail:
    """The owner's address, name and language; the address is empty where nobody reads it (a removed account)."""

    to: str
    name: str
    language: str


def owner_mail(ctx: Context, tenant: Tenant, head: Transfer) -> OwnerMail:
    """The member who owns it. A service account has no mailbox: what the head says of the sender is used instead."""
    try:
        member = get_member(ctx.records, tenant.id, head.owner)
    except NotFound:
        to = "" if head.request else head.sender_address
        return OwnerMail(to, "" if head.request else head.sender_name, tenant.language)
    return OwnerMail(member.email, member.name, member.language)


def sender_of(head: Transfer) -> dict[str, Any]:
    """What a mail shows of who sent it (spec/events.md)."""
    return {"name": head.sender_name, "company": head.company, "address": head.sender_address}
