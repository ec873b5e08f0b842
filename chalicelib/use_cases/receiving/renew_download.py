"""Fresh URLs within a download session. Renewing never counts."""

from dataclasses import replace

from chalicelib.domain.download import renewed, wanted_files
from chalicelib.domain.errors import NotFound
from chalicelib.domain.principal import Principal
from chalicelib.stores.download_store import get_session, session_put
from chalicelib.stores.files_store import get_files
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.receiving.download_links import OpenedDownload, opened_files
from chalicelib.use_cases.receiving.taker import open_transfer_for


def renew_download(
    ctx: Context, principal: Principal, *, transfer: str, session: str, files: tuple[str, ...] = ()
) -> OpenedDownload:
    """The same session, used now. Raises NotFound, Refused("gone"), and Refused("download_over") after its end or 60 idle minutes."""

    def act() -> OpenedDownload:
        head, taker = open_transfer_for(ctx, principal, transfer)
        held = get_session(ctx.records, head.tenant, head.id, session)
        if held.taker != taker.id:
            raise NotFound
        used = renewed(held, now=ctx.clock.now_ms())
        entries = get_files(ctx.records, head, wanted_files(used, files))
        ctx.records.transact(session_put(head.tenant, used))
        return replace(opened_files(ctx, head, entries), session=used.id)

    return until_written(act)
