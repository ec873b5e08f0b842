"""A bearer value into a principal: what every authorizer runs for every request. Reads strongly, writes (almost) nothing.

Session, account and tenant are read in one call each time, so revoking any of them ends access with the next request.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.account import require_active
from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.link import split_token
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import HOUR, Session, require_live
from chalicelib.domain.token import PersonalToken, require_claims, token_invalid
from chalicelib.ports.record_store import Key, Record
from chalicelib.stores.account_store import get_member, member_of_record
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.session_store import session_key, session_of_record
from chalicelib.stores.tenant_store import tenant_key, tenant_of_record
from chalicelib.stores.token_store import find_personal_token, service_of_record, used_personal_token
from chalicelib.use_cases.accounts.access_tokens import looks_like_jwt, read_access_token
from chalicelib.use_cases.accounts.still_signed_in import owner_key
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class Authorized:
    """The principal and the networks its token is bound to (empty: any)."""

    principal: Principal
    networks: tuple[str, ...] = ()


def authorize(ctx: Context, bearer: str) -> Authorized:
    """Raises Refused("token_invalid") for everything that lets nobody in, StoreAway where that can't be told."""
    try:
        return _by_access_token(ctx, bearer) if looks_like_jwt(bearer) else _by_personal_token(ctx, bearer)
    except NotFound:
        raise token_invalid() from None
    except Refused as refused:
        if refused.code in ("store_away", "token_invalid"):
            raise
        raise token_invalid() from None


def _by_access_token(ctx: Context, bearer: str) -> Authorized:
    claims = read_access_token(ctx, bearer)
    tenant, subject = TenantId(claims["tenant"]), claims["sub"]
    session_at, tenant_at = session_key(tenant, claims["sid"]), tenant_key(tenant)
    owner_at = owner_key(tenant, subject)
    found = {record.key: record for record in ctx.records.get_many([k for k in (session_at, tenant_at, owner_at) if k])}
    now = ctx.clock.now_ms()
    require_claims(claims, issuer=tenant_of_record(_one(found, tenant_at)).base_url, now=now)
    session = session_of_record(_one(found, session_at))
    require_live(session, now)
    if session.owner != subject:
        raise token_invalid()
    return _authorized(session, _one(found, owner_at) if owner_at else None)


def _one(found: dict[Key, Record], key: Key) -> Record:
    if key not in found:
        raise token_invalid()
    return found[key]


def _authorized(session: Session, owner: Record | None) -> Authorized:
    scopes = frozenset(session.scopes)
    if session.kind == "guest":
        return Authorized(_principal(session, frozenset(), scopes))
    if owner is None:
        raise token_invalid()
    if session.kind == "member":
        member = member_of_record(owner)
        require_active(member)
        return Authorized(_principal(session, frozenset(member.roles), scopes))
    account = service_of_record(owner)
    return Authorized(_principal(session, account.roles, scopes & frozenset(account.scopes)), account.networks)


def _principal(session: Session, roles: frozenset[str], scopes: frozenset[str]) -> Principal:
    return Principal(
        tenant=session.tenant,
        kind=session.kind,
        id=session.owner,
        session=session.id,
        roles=roles,
        scopes=scopes,
        link=session.link,
        link_subject=session.link_subject,
    )


def _by_personal_token(ctx: Context, bearer: str) -> Authorized:
    tenant, _ = split_token(bearer)
    token = find_personal_token(ctx.records, tenant, bearer)
    now = ctx.clock.now_ms()
    if token is None or now >= token.expires_at:
        raise token_invalid()
    member = get_member(ctx.records, tenant, token.member)
    require_active(member)
    _note_use(ctx, token, token_hash(bearer), now)
    principal = Principal(
        tenant=tenant,
        kind="member",
        id=member.id,
        session=token.id,
        roles=frozenset(member.roles),
        scopes=frozenset(token.scopes),
    )
    return Authorized(principal, token.networks)


def _note_use(ctx: Context, token: PersonalToken, sha256: str, now: int) -> None:
    """Noted at most once an hour; losing against another request that notes the same is no loss."""
    if token.last_used_at is not None and now - token.last_used_at < HOUR:
        return
    try:
        ctx.records.transact([used_personal_token(replace(token, last_used_at=now), sha256)])
    except Conflict:
        return
