"""The second statement: the last backup that could hold the bytes is gone. It names the first certificate by its leaf's hash."""

from chalicelib.domain.errors import NotFound
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.certificate_store import put_waiting
from chalicelib.stores.due_store import DueItem, due_delete
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.deletion_statement import statement_again
from fumibako_format.merkle import leaf_hash
from fumibako_format.proofs import certificate_leaf, recoverable_past_statement


def state_backups_past(ctx: Context, item: DueItem) -> None:
    """Work off one due item of the kind ``backup_past``; repeating it has the same statement signed again."""
    operations: list[Operation] = [due_delete(item)]
    try:
        head: Transfer | None = get_transfer(ctx.records, item.tenant, item.subject)
    except NotFound:
        head = None
    now = ctx.clock.now_ms()
    if head is not None and head.backups_until is not None and now >= head.backups_until:
        statement = recoverable_past_statement(
            tenant=head.tenant,
            transfer=head.id,
            certificate=leaf_hash(certificate_leaf(statement_again(ctx, head.tenant, head.id))).hex(),
            recoverable_until=rfc3339(head.backups_until),
            stated_at=rfc3339(now),
        )
        operations.append(put_waiting(head.tenant, head.id, "recoverable-past", statement))
    ctx.records.transact(operations)
