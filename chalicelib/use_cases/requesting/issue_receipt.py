"""The receipt of an upload to a file request: signed when it was completed, for the guest who sent and the member who asked."""

from typing import Any

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Transfer
from chalicelib.domain.transfer_access import OVERSEERS
from chalicelib.stores.certificate_store import get_receipt, put_receipt, receipt_document
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.deletion_statement import file_lines, files_and_blobs
from chalicelib.use_cases.key_statement import proof_signer, stated_key
from fumibako_format.proofs import receipt_statement, sign_batch


def issue_receipt(ctx: Context, head: Transfer) -> dict[str, Any]:
    """The signed receipt; the one issued first stays, and a repeated call gives it again.

    Raises Refused("receipt_not_ready") before the upload was completed, NotFound for what was sent and not asked for.
    """
    if head.request is None:
        raise NotFound
    if head.completed_at is None:
        raise Refused("receipt_not_ready", "The receipt is written when the upload is completed.")
    kept = get_receipt(ctx.records, head.tenant, head.id)
    statement = _statement(ctx, head)
    if kept is not None:
        return receipt_document(kept, statement)
    key = stated_key(ctx, head.tenant)
    document = sign_batch(
        [statement], key_statement=key, signed_at=rfc3339(ctx.clock.now_ms()), sign=proof_signer(ctx)
    )[0]
    # Two at once write two receipts that are both true; the last one stays.
    ctx.records.transact([put_receipt(head.tenant, head.id, document)])
    return document


def show_receipt(ctx: Context, principal: Principal, transfer: str) -> dict[str, Any]:
    """For the guest who uploaded, the member who asked, and overseers. Raises NotFound, Refused("receipt_not_ready")."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    if principal.kind == "guest":
        if head.uploader != principal.id or head.request is None or head.request != principal.link_subject:
            raise NotFound
    elif principal.id != head.owner and not principal.roles & OVERSEERS:
        raise NotFound
    return issue_receipt(ctx, head)


def _statement(ctx: Context, head: Transfer) -> dict[str, Any]:
    return receipt_statement(
        tenant=head.tenant,
        transfer=head.id,
        request=head.request,
        files=file_lines(files_and_blobs(ctx, head), versions=False),
        received_at=rfc3339(head.completed_at or 0),
    )
