"""Whether what somebody was given on the strength of a sign-in still stands: without a token in hand, long after the request that asked for it."""

from chalicelib.domain.account import MemberState
from chalicelib.stores.account_store import member_key, member_of_record
from chalicelib.stores.session_store import session_key, session_of_record
from chalicelib.stores.token_store import personal_token_by_id, service_key
from chalicelib.use_cases.context import Context


def still_signed_in(ctx: Context, tenant: str, *, session: str, owner: str) -> bool:
    """``session`` is a se_ or gs_ id, or that of a personal token (pt_); ``owner`` the mb_, sa_ or rc_ id of who signed in.

    False once either was revoked or removed or came to its end. A session that lies idle counts on: what it was given has an end of its own.
    """
    now = ctx.clock.now_ms()
    keys = [session_key(tenant, session)]
    if owner.startswith("mb_"):
        keys.append(member_key(tenant, owner))
    elif owner.startswith("sa_"):
        keys.append(service_key(tenant, owner))
    found = {record.key: record for record in ctx.records.get_many(keys)}
    if any(key not in found for key in keys[1:]):
        return False
    if owner.startswith("mb_") and member_of_record(found[keys[1]]).state is not MemberState.ACTIVE:
        return False
    if session.startswith("pt_"):
        token = personal_token_by_id(ctx.records, tenant, owner, session)
        return token is not None and now < token.expires_at
    if keys[0] not in found:
        return False
    held = session_of_record(found[keys[0]])
    return held.revoked_at is None and now < held.expires_at
