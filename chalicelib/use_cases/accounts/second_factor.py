"""TOTP of an account: begun, confirmed with a first code, used at each sign-in, removed with the password."""

import hashlib
import hmac
from dataclasses import dataclass, replace

from chalicelib.domain.account import Member, SecondFactor
from chalicelib.domain.attempts import FREE_OF_ACCOUNT
from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event
from chalicelib.domain.principal import Principal
from chalicelib.domain.totp import SECRET_BYTES, enrolment_uri, matching_step, secret_text
from chalicelib.stores.account_store import changed_member, get_member
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.count_attempt import count_attempt, forget_attempts
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from fumibako_format import base64url

RECOVERY_CODES = 10
_PURPOSE = "totp"


@dataclass(frozen=True)
class Enrolment:
    """Shown once: the secret for typing and for the QR code."""

    secret: str
    uri: str


def begin_second_factor(ctx: Context, principal: Principal) -> Enrolment:
    """A new secret that counts only once confirmed. Raises Refused("totp_active") while another one is in use."""
    principal.require_member()
    principal.require_scope("*")
    tenant = get_tenant(ctx.records, principal.tenant)
    secret = ctx.ids.random(SECRET_BYTES)

    def attempt() -> Member:
        member = get_member(ctx.records, principal.tenant, principal.id)
        if member.has_totp:
            raise Refused("totp_active", "This account has a second factor already.")
        factor = SecondFactor(_sealed(ctx, member, secret), confirmed=False, last_step=0)
        ctx.records.transact([changed_member(replace(member, second_factor=factor))])
        return member

    member = until_written(attempt)
    return Enrolment(secret_text(secret), enrolment_uri(secret, account=member.email, issuer=tenant.name))


def confirm_second_factor(ctx: Context, principal: Principal, code: str) -> tuple[str, ...]:
    """Recovery codes, shown once, each good for one sign-in. Raises Refused("totp_wrong") or "totp_not_begun"."""
    principal.require_member()
    principal.require_scope("*")
    count_attempt(ctx, principal.tenant, _counter(principal.id), free=FREE_OF_ACCOUNT)
    codes = tuple(base64url.encode(ctx.ids.random(9)) for _ in range(RECOVERY_CODES))

    def attempt() -> None:
        member = get_member(ctx.records, principal.tenant, principal.id)
        if member.second_factor is None or member.has_totp:
            raise Refused("totp_not_begun", "Begin with a new secret, then confirm it.")
        step = matching_step(_secret(ctx, member), code, now_ms=ctx.clock.now_ms(), last_step=0)
        hashes = tuple(_recovery_hash(one) for one in codes)
        factor = replace(member.second_factor, confirmed=True, last_step=step, recovery_hashes=hashes)
        after = replace(member, second_factor=factor)
        ctx.records.transact([changed_member(after)], [changed_event(ctx, member, principal.id, "second_factor")])

    until_written(attempt)
    forget_attempts(ctx, principal.tenant, _counter(principal.id))
    return codes


def remove_second_factor(ctx: Context, principal: Principal, password: str) -> None:
    """Raises Refused("password_wrong"): whoever finds an open page must not take the second factor away."""
    principal.require_member()
    principal.require_scope("*")
    count_attempt(ctx, principal.tenant, _counter(principal.id), free=FREE_OF_ACCOUNT)

    def attempt() -> None:
        member = get_member(ctx.records, principal.tenant, principal.id)
        if member.password_hash is None or not ctx.hashes.verify(password, member.password_hash):
            raise Refused("password_wrong", "This is not the password of the account.")
        after = replace(member, second_factor=None)
        ctx.records.transact([changed_member(after)], [changed_event(ctx, member, principal.id, "second_factor")])

    until_written(attempt)
    forget_attempts(ctx, principal.tenant, _counter(principal.id))


def second_factor_used(ctx: Context, member: Member, code: str) -> Member:
    """The account with the code's time step, or the recovery code, used up. Raises Refused("totp_wrong"). Writes nothing itself."""
    factor = member.second_factor
    if factor is None:
        raise Refused("totp_wrong", "This account has no second factor.")
    given = _recovery_hash(code.strip())
    left = tuple(one for one in factor.recovery_hashes if not hmac.compare_digest(one, given))
    if len(left) < len(factor.recovery_hashes):
        return replace(member, second_factor=replace(factor, recovery_hashes=left))
    step = matching_step(_secret(ctx, member), code, now_ms=ctx.clock.now_ms(), last_step=factor.last_step)
    return replace(member, second_factor=replace(factor, last_step=step))


def changed_event(ctx: Context, member: Member, actor: str, what: str) -> Event:
    """member.changed.v1, naming the setting of the account that changed."""
    return make_event(
        ctx,
        type="member.changed.v1",
        tenant=member.tenant,
        subject=member.id,
        sequence=member.version + 1,
        actor=actor,
        data={"settings": [what]},
    )


def _counter(member: str) -> str:
    return f"member#{member}"


def _recovery_hash(code: str) -> str:
    # 72 random bits need no slow hash.
    return hashlib.sha256(code.encode()).hexdigest()


def _sealed(ctx: Context, member: Member, secret: bytes) -> str:
    sealed = ctx.keys.seal(secret, tenant=member.tenant, purpose=_PURPOSE, context=member.id)
    return base64url.encode(sealed)


def _secret(ctx: Context, member: Member) -> bytes:
    sealed = member.second_factor.sealed_secret if member.second_factor else ""
    return ctx.keys.open(base64url.decode(sealed), tenant=member.tenant, purpose=_PURPOSE, context=member.id)
