"""Erase what the audit record knows of people: addresses and networks with the salts of their commitments.

The entries stay as they are, so the chain holds; what a commitment stood for can't be found out any more. The erasure is an entry itself.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.stores.audit_store import Personal, get_audit_head, list_personal, personal_delete
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event

LOOKED_AT: Final = 99  # deletes of one transaction, with its event


@dataclass(frozen=True)
class ErasePersonal:
    """Of entries about ``subject``, by ``actor``, before a moment (ms): all that are given must hold, one must be given."""

    subject: str | None = None
    actor: str | None = None
    before: int | None = None

    def takes(self, one: Personal) -> bool:
        """Whether this record goes."""
        if self.before is not None and one.at >= self.before:
            return False
        return self.subject in (None, one.subject) and self.actor in (None, one.actor)


def erase_personal(
    ctx: Context, principal: Principal, command: ErasePersonal, *, cursor: str | None
) -> tuple[int, str | None]:
    """Look at the next 99 records, erase those that are meant; gives how many, and the cursor to go on with until it is None.

    Raises Refused("role_missing"), ("request_invalid"), ("cursor_invalid"), NotFound for guests.
    """
    principal.require_member()
    principal.require_role("admin")
    if command == ErasePersonal():
        raise Refused("request_invalid", "Name a subject, an actor or a moment.")
    found, cursor = list_personal(ctx.records, principal.tenant, limit=LOOKED_AT, cursor=cursor)
    meant = [one for one in found if command.takes(one)]
    if meant:
        event = make_event(
            ctx,
            type="audit.personal_erased.v1",
            tenant=principal.tenant,
            subject=principal.tenant,
            sequence=get_audit_head(ctx.records, principal.tenant).sequence,
            actor=principal.id,
            data={"entries": len(meant)},
        )
        ctx.records.transact([personal_delete(principal.tenant, one.event) for one in meant], [event])
    return len(meant), cursor
