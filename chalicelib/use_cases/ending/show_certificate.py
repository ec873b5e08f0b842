"""The deletion certificate of a transfer, and the second statement once every backup has let go of it."""

from typing import Any

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import State
from chalicelib.domain.transfer_access import OVERSEERS
from chalicelib.stores.certificate_store import Certificate, Kind, get_batch, get_certificate
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.deletion_statement import statement_again


def show_certificate(ctx: Context, principal: Principal, transfer: str, *, kind: Kind = "deletion") -> dict[str, Any]:
    """The signed document (spec/proofs.md). For the owner and overseers; everybody else gets NotFound.

    Raises Refused("not_yet_destroyed") before absence was verified and signed, Refused("still_recoverable") where the second statement
    is asked for and a backup may still hold the bytes.
    """
    principal.require_member()
    head = get_transfer(ctx.records, principal.tenant, transfer)
    if principal.id != head.owner and not principal.roles & OVERSEERS:
        raise NotFound
    found = get_certificate(ctx.records, head.tenant, head.id, kind)
    if found is None and kind == "recoverable-past" and head.state is State.DESTROYED:
        raise Refused("still_recoverable", "A backup may still hold the bytes; the second statement follows.")
    if found is None:
        seconds = 60 if head.state in (State.CLOSED, State.DESTROYING, State.DESTROYED) else None
        raise Refused("not_yet_destroyed", "The certificate is written when the files are gone.", retry_after=seconds)
    return _document(ctx, head.tenant, found, found.statement or statement_again(ctx, head.tenant, head.id))


def _document(ctx: Context, tenant: str, found: Certificate, statement: dict[str, Any]) -> dict[str, Any]:
    batch, key_statement = get_batch(ctx.records, tenant, found.batch)
    return {
        "v": 1,
        "type": statement["type"],
        "statement": statement,
        "proof": found.proof,
        "batch": batch,
        "key_statement": key_statement,
    }
