"""What every member may do with the own account: name and language, end sessions, change the password."""

from dataclasses import replace

from chalicelib.domain.account import Member, checked_name
from chalicelib.domain.attempts import FREE_OF_ACCOUNT
from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import Session
from chalicelib.domain.tenant import Tenant
from chalicelib.stores.account_store import changed_member, get_member
from chalicelib.stores.session_store import get_session, list_sessions
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.count_attempt import count_attempt, forget_attempts
from chalicelib.use_cases.accounts.open_session import end_session
from chalicelib.use_cases.accounts.password_rules import new_password_hash
from chalicelib.use_cases.accounts.second_factor import changed_event
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written


def live_sessions(
    ctx: Context, principal: Principal, *, limit: int, cursor: str | None
) -> tuple[list[Session], str | None]:
    """One page of the caller's own sessions that have not ended; a page may be shorter than asked and still go on."""
    sessions, following = list_sessions(ctx.records, principal.tenant, principal.id, limit=limit, cursor=cursor)
    now = ctx.clock.now_ms()
    return [one for one in sessions if one.revoked_at is None and now < one.idle_until], following


def revoke_session(ctx: Context, principal: Principal, session: str) -> None:
    """Raises NotFound for any session but the caller's own. Ending it twice is no error.

    renewal at the same moment:  A: read v3 - put v4 (rotated)
                                 B: read v3 ---- Conflict - read v4 - put v5 (revoked): the new tokens end too
    """

    def attempt() -> None:
        found = get_session(ctx.records, principal.tenant, session)
        if found.owner != principal.id:
            raise NotFound
        end_session(ctx, found, actor=principal.id)

    until_written(attempt)


def sign_out(ctx: Context, principal: Principal) -> Tenant:
    """End the session of this very token. A personal token has none; it is revoked by its id. Gives the tenant, for its cookie."""
    if principal.session.startswith(("se_", "gs_")):
        revoke_session(ctx, principal, principal.session)
    return get_tenant(ctx.records, principal.tenant)


def change_own(ctx: Context, principal: Principal, *, name: str | None, language: str | None) -> tuple[Tenant, Member]:
    """Name and language; None leaves one as it is. Raises NotFound to guests and programs, Refused("name_wrong")."""
    principal.require_member()
    principal.require_scope("*")

    def attempt() -> Member:
        before = get_member(ctx.records, principal.tenant, principal.id)
        after = replace(
            before,
            name=before.name if name is None else checked_name(name),
            language=language or before.language,
        )
        if after == before:
            return before
        ctx.records.transact([changed_member(after)], [changed_event(ctx, before, principal.id, "profile")])
        return after

    return get_tenant(ctx.records, principal.tenant), until_written(attempt)


def change_password(ctx: Context, principal: Principal, *, current: str, new: str) -> None:
    """All other sessions of the account end. Raises Refused("password_wrong"), "password_short", "password_long" or "password_common"."""
    principal.require_member()
    principal.require_scope("*")
    counter = f"member#{principal.id}"
    count_attempt(ctx, principal.tenant, counter, free=FREE_OF_ACCOUNT)
    member = get_member(ctx.records, principal.tenant, principal.id)
    if member.password_hash is None or not ctx.hashes.verify(current, member.password_hash):
        raise Refused("password_wrong", "This is not the password of the account.")
    tenant = get_tenant(ctx.records, principal.tenant)
    hashed = new_password_hash(ctx, tenant, member, new, pointer="/new")
    try:
        ctx.records.transact(
            [changed_member(replace(member, password_hash=hashed))],
            [changed_event(ctx, member, principal.id, "password")],
        )
    except Conflict:
        raise Refused("password_wrong", "The account changed at this moment; try again.") from None
    forget_attempts(ctx, principal.tenant, counter)
    _end_others(ctx, principal)


def _end_others(ctx: Context, principal: Principal) -> None:
    cursor: str | None = None
    while True:
        sessions, cursor = live_sessions(ctx, principal, limit=100, cursor=cursor)
        for session in sessions:
            if session.id != principal.session:
                revoke_session(ctx, principal, session.id)
        if cursor is None:
            return
