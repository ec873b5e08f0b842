"""Is the transfer behind a signed URL still open? Asked by the runtime's byte path besides the signature, on every PUT and GET.

So expiry and recall cut URLs that are already out at once on the filesystem store; S3 has only the URL's own end (docs/weaknesses.md).
"""

from chalicelib.domain import transfer as rules
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context


def require_open(ctx: Context, tenant: str, transfer: str, method: str) -> None:
    """PUT needs ``uploading``, GET and HEAD need ``ready``, neither an expired one.

    Raises Refused("gone") after closing or expiry, Refused("upload_closed") for a PUT after complete, NotFound for what never was.
    """
    head = get_transfer(ctx.records, tenant, transfer)
    now = ctx.clock.now_ms()
    if method in ("GET", "HEAD"):
        rules.require_open(head, now)
    elif method == "PUT":
        _require_uploading(head, now)
    else:
        raise NotFound


def _require_uploading(head: rules.Transfer, now: int) -> None:
    try:
        rules.require_uploading(head, now)
    except Refused as refused:
        if refused.code == "gone":
            raise
        raise Refused("upload_closed", "This transfer was completed; no part is taken any more.") from None
