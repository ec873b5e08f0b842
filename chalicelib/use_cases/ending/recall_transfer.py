"""The sender takes a transfer back: it is closed at once, and its key goes with the same call.

    recall: head ready v4 -> closed v5 (one write) ---- wrapped key deleted ---- event: worker destroys the bytes
    [killed after the write]: the due item and the event bring the worker all the same

From that write on the byte gate refuses every URL of the filesystem store; on S3 destroying the object ends them.
"""

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import REASONS, Reason, State, Transfer, TransferClass
from chalicelib.stores.transfer_store import get_transfer, written
from chalicelib.stores.wrapped_key_store import destroy_transfer_key
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.closing import closing
from chalicelib.use_cases.guarded import until_written

_AFTER = (State.CLOSED, State.DESTROYING, State.DESTROYED)


def recall_transfer(ctx: Context, principal: Principal, transfer: str) -> Transfer:
    """The closed transfer; recalling what is closed already changes nothing.

    The owner may, and an admin of the tenant. Raises NotFound for everybody else.
    """
    head = until_written(lambda: _recall(ctx, principal, transfer))
    if head.transfer_class is TransferClass.MANAGED and head.state is State.CLOSED:
        destroy_transfer_key(ctx, head.tenant, head.id)
    return head


def _recall(ctx: Context, principal: Principal, transfer: str) -> Transfer:
    principal.require_member()
    head = get_transfer(ctx.records, principal.tenant, transfer)
    if head.owner != principal.id and "admin" not in principal.roles:
        raise NotFound
    if head.state in _AFTER:
        return head
    if Reason.REVOKED not in REASONS[head.state]:
        raise Refused("state_wrong", f"A transfer that is {head.state} can't be recalled.")
    made = closing(ctx, head, Reason.REVOKED, actor=principal.id)
    ctx.records.transact(made.operations, made.events)
    return written(made.head)
