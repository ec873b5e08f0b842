"""Whether what somebody was given on the strength of a sign-in still stands: without a token in hand, long after the request that asked for it."""

from chalicelib.domain.account import MemberState
from chalicelib.ports.record_store import Key
from chalicelib.stores.account_store import member_key, member_of_record
from chalicelib.stores.session_store import session_key, session_of_record
from chalicelib.stores.token_store import personal_token_by_id, service_key
from chalicelib.use_cases.context import Context


def owner_key(tenant: str, owner: str) -> Key | None:
    """What stands behind a session: a member or a service account. A guest has its session alone: what it may reach judges itself."""
    if owner.startswith("mb_"):
        return member_key(tenant, owner)
    return service_key(tenant, owner) if owner.startswith("sa_") else None


def still_signed_in(ctx: Context, tenant: str, *, session: str, owner: str) -> bool:
    """``session`` is a se_ or gs_ id, or that of a personal token (pt_); ``owner`` the mb_, sa_ or rc_ id of who signed in.

    False once either was revoked or removed or came to its end. A session that lies idle counts on: what it was given has an end of its own.
    """
    now = ctx.clock.now_ms()
    session_at, owner_at = session_key(tenant, session), owner_key(tenant, owner)
    found = {record.key: record for record in ctx.records.get_many([key for key in (session_at, owner_at) if key])}
    if owner_at is not None and owner_at not in found:
        return False
    if owner.startswith("mb_") and member_of_record(found[member_key(tenant, owner)]).state is not MemberState.ACTIVE:
        return False
    if session.startswith("pt_"):
        token = personal_token_by_id(ctx.records, tenant, owner, session)
        return token is not None and now < token.expires_at
    if session_at not in found:
        return False
    held = session_of_record(found[session_at])
    return held.revoked_at is None and now < held.expires_at
