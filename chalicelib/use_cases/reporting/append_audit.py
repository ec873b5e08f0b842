"""What an event leaves behind: a row of the log that is also its audit entry to be, and what it knows of people, sealed beside it.

event.data                    -> row, entry              (ids, numbers, enumerations: stays for ever)
event.sealed["reporting"]     -> salted commitments      (row, entry: stays, tells nothing without its salt)
                              -> salts and values        (a record of its own, sealed again: can be erased)
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.audit import actor_of
from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Put
from chalicelib.stores.audit_store import Personal, personal_put
from chalicelib.stores.event_log_store import Logged, log_put, seen_put
from chalicelib.stores.stored_bytes import to_text
from chalicelib.use_cases.context import Context
from fumibako_format.audit import COMMITMENT_SALT_BYTES
from fumibako_format.proofs import commitment

PURPOSE: Final = "audit-personal"
UNREADABLE: Final = "personal_unreadable"


@dataclass(frozen=True)
class Appended:
    """An event ready to be logged; its number comes with the transaction (0 until then)."""

    event: Event
    logged: Logged
    personal: Personal | None

    @property
    def size(self) -> int:
        """Operations it takes."""
        return 2 if self.personal is None else 3

    def puts(self, now: int, gone_after: int | None) -> list[Put]:
        """Its writes under its number. They fail where it was logged before. ``gone_after``: for a row whose block is written with it."""
        tenant, logged = self.event.tenant, self.logged
        puts = [seen_put(tenant, logged, now), log_put(tenant, logged, gone_after)]
        return puts if self.personal is None else [*puts, personal_put(tenant, self.personal)]


def append_audit(ctx: Context, event: Event) -> Appended:
    """Open what is sealed for reporting, commit to it, and seal it with its salts. Raises StoreAway.

    What can't be opened (a key that is lost, changed bytes) is said so in the entry: the act itself must not vanish.
    """
    data = dict(event.data)
    try:
        values = _personal_values(ctx, event)
    except (Refused, ValueError, TypeError) as error:
        if isinstance(error, Refused) and error.code != "key_wrong":
            raise
        values, data[UNREADABLE] = {}, True
    salted = {name: (ctx.ids.random(COMMITMENT_SALT_BYTES), value) for name, value in values.items()}
    logged = Logged(
        number=0,
        id=event.id,
        type=event.type,
        subject=event.subject,
        sequence=event.sequence,
        at=event.at,
        data=data,
        commitments={name: commitment(salt, value) for name, (salt, value) in salted.items()},
    )
    return Appended(event, logged, _sealed(ctx, event, salted) if salted else None)


def opened_personal(ctx: Context, tenant: str, personal: Personal) -> dict[str, str]:
    """Field -> value of one event, for those who may see it; nothing where it can't be opened any more. Raises StoreAway."""
    try:
        opened = ctx.keys.open(personal.sealed, tenant=tenant, purpose=PURPOSE, context=personal.event)
    except Refused as refused:
        if refused.code != "key_wrong":
            raise
        return {}
    return {name: str(value) for name, (_, value) in json.loads(opened).items()}


def _personal_values(ctx: Context, event: Event) -> dict[str, str]:
    sealed = event.sealed.get("reporting")
    if sealed is None:
        return {}
    content: Any = json.loads(ctx.keys.open(sealed, tenant=event.tenant, purpose="event-reporting", context=event.id))
    if not isinstance(content, dict):
        raise TypeError("Personal fields are an object.")
    return {name: str(value) for name, value in content.items() if value is not None}


def _sealed(ctx: Context, event: Event, salted: dict[str, tuple[bytes, str]]) -> Personal:
    content = json.dumps({name: [to_text(salt), value] for name, (salt, value) in salted.items()}, ensure_ascii=False)
    return Personal(
        event=event.id,
        subject=event.subject,
        actor=actor_of(event.data),
        at=event.at,
        sealed=ctx.keys.seal(content.encode(), tenant=event.tenant, purpose=PURPOSE, context=event.id),
    )
