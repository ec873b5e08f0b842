"""Give an address of the compatible download, to whoever has a download session of these files."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.download import renewed, wanted_files
from chalicelib.domain.errors import NotFound, refuse_field
from chalicelib.domain.fetch_address import IDLE, MAX_FILES, FetchAddress, require_openable
from chalicelib.domain.link import TOKEN_BYTES
from chalicelib.domain.principal import Principal
from chalicelib.stores.download_store import get_session, session_put
from chalicelib.stores.fetch_store import fetch_put
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.receiving.fetch_plan import fetch_plan
from chalicelib.use_cases.receiving.taker import open_transfer_for

_FEWEST: Final = 1


@dataclass(frozen=True)
class IssuedAddress:
    """``expires_at`` is when it ends unless it is used before, and never later than the transfer."""

    url: str
    name: str
    length: int
    media_type: str
    expires_at: int


def issue_fetch_address(
    ctx: Context, principal: Principal, *, transfer: str, session: str, files: tuple[str, ...]
) -> IssuedAddress:
    """An address for these files of the session. It counts nothing: the session did.

    Raises NotFound, Refused("gone"), ("download_over"), ("files_wrong"), ("sealed_unopenable"), ("compatible_not_allowed"), ("compatible_away"),
    ("key_gone"), ("state_wrong").
    """
    if not _FEWEST <= len(files) <= MAX_FILES or len(set(files)) < len(files):
        raise refuse_field("files_wrong", "/files", f"Name {_FEWEST} to {MAX_FILES} files, each once.")
    return until_written(lambda: _issue(ctx, principal, transfer, session, files))


def _issue(ctx: Context, principal: Principal, transfer: str, session: str, files: tuple[str, ...]) -> IssuedAddress:
    head, taker = open_transfer_for(ctx, principal, transfer)
    held = get_session(ctx.records, head.tenant, head.id, session)
    if held.taker != taker.id:
        raise NotFound
    tenant = get_tenant(ctx.records, head.tenant)
    require_openable(tenant, head.transfer_class)
    now = ctx.clock.now_ms()
    used = renewed(held, now=now)
    plan = fetch_plan(ctx, head, wanted_files(used, files))
    token = f"{head.tenant}.{urlsafe_b64encode(ctx.ids.random(TOKEN_BYTES)).decode().rstrip('=')}"
    url = ctx.fetch_addresses.url(tenant, token)
    address = FetchAddress(
        sha256=token_hash(token),
        tenant=head.tenant,
        transfer=head.id,
        session=used.id,
        taker=taker.id,
        sign_in=principal.session,
        principal=principal.id,
        files=files,
        made_at=now,
        used_at=now,
    )
    ctx.records.transact([fetch_put(address), *session_put(head.tenant, used)])
    return IssuedAddress(url, plan.name, plan.length, plan.media_type, min(now + IDLE, head.expires_at))
