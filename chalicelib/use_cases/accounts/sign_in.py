"""A member signs in with address, password and, where they have one, a second factor."""

from dataclasses import dataclass

from chalicelib.domain.account import Member, MemberState
from chalicelib.domain.attempts import FREE_OF_ACCOUNT, FREE_OF_NETWORK
from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.session import Client, Session
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import Operation
from chalicelib.stores.account_store import changed_member, check_member, find_member, member_key
from chalicelib.stores.attempts_store import as_noted, clear_attempts
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.count_attempt import (
    account_attempts,
    count_attempt,
    network_attempts,
    take_back_attempt,
)
from chalicelib.use_cases.accounts.open_session import Tokens, begin_session, session_writes, tokens_of
from chalicelib.use_cases.accounts.password_rules import renewed_hash
from chalicelib.use_cases.accounts.second_factor import second_factor_used
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event

MAX_PASSWORD = 1_024
_NOBODY = "mb_00000000000000000000000000"


@dataclass(frozen=True)
class SignIn:
    """What the sign-in form holds. ``code`` is a TOTP code or a recovery code."""

    tenant: str
    email: str
    password: str
    code: str | None
    client: Client
    device_name: str
    network: str


@dataclass(frozen=True)
class SignedIn:
    """The tokens, and who and whose they are."""

    tokens: Tokens
    member: Member
    tenant: Tenant


def sign_in(ctx: Context, command: SignIn) -> SignedIn:
    """Raises Refused("sign_in_failed") alike for an unknown address and a wrong password, "totp_required", or "too_many_attempts".

    A try is counted for the account and for the network before the password is looked at.
    """
    tenant = get_tenant(ctx.records, command.tenant)
    account, network = account_attempts(ctx, command.email), network_attempts(ctx, command.network)
    count_attempt(ctx, tenant.id, network, free=FREE_OF_NETWORK)
    count_attempt(ctx, tenant.id, account, free=FREE_OF_ACCOUNT)
    member = _checked_member(ctx, command)
    if member.has_totp and not command.code:
        # The password was right, so this is no failure of the network; the account's own counter goes on until the whole sign-in is right.
        take_back_attempt(ctx, tenant.id, network)
        raise Refused("totp_required", "This account asks for the code of the authenticator app as well.")
    member_after = _with_factor(ctx, member, command)
    session = begin_session(
        ctx, tenant, kind="member", owner=member.id, client=command.client, device_name=command.device_name
    )
    writes: list[Operation] = [*session_writes(ctx, session), clear_attempts(tenant.id, account)]
    if member_after is not member:
        writes.append(changed_member(member_after))
    try:
        ctx.records.transact(writes, [_signed_in(ctx, member, session, command.network)])
    except Conflict:
        # The account changed while it signed in, or the same second factor was used twice at once: neither may pass.
        raise sign_in_failed() from None
    take_back_attempt(ctx, tenant.id, network)
    return SignedIn(tokens_of(ctx, tenant, session, frozenset(member.roles)), member, tenant)


def sign_in_failed() -> Refused:
    """One refusal for unknown, invited, removed and wrong."""
    return Refused("sign_in_failed", "Address or password is not right.")


def _checked_member(ctx: Context, command: SignIn) -> Member:
    member = _find(ctx, command)
    if len(command.password) > MAX_PASSWORD:
        raise sign_in_failed()
    if member is None or member.state is not MemberState.ACTIVE or member.password_hash is None:
        _as_if_known(ctx, command, found=member is not None)
        raise sign_in_failed()
    if not ctx.hashes.verify(command.password, member.password_hash):
        _note_failure(ctx, member, command, "password")
        raise sign_in_failed()
    return member


def _as_if_known(ctx: Context, command: SignIn, *, found: bool) -> None:
    """Hash, read and write as for a wrong password, so that the time of the answer does not tell whether the account exists."""
    ctx.hashes.hash(command.password)
    if not found:
        ctx.records.get(member_key(command.tenant, _NOBODY))
    ctx.records.transact(as_noted(command.tenant, account_attempts(ctx, command.email), ctx.clock.now_ms()))


def _find(ctx: Context, command: SignIn) -> Member | None:
    try:
        return find_member(ctx.records, command.tenant, command.email)
    except NotFound:
        return None


def _with_factor(ctx: Context, member: Member, command: SignIn) -> Member:
    """The account as it is to be written: a used time step or recovery code is remembered, an old hash renewed."""
    after = renewed_hash(ctx, member, command.password)
    if not member.has_totp:
        return after
    try:
        return second_factor_used(ctx, after, command.code or "")
    except Refused:
        _note_failure(ctx, member, command, "totp")
        raise


def _note_failure(ctx: Context, member: Member, command: SignIn, method: str) -> None:
    """The audit's event. It rides on a check of the account; where that loses a race the failure was counted all the same."""
    event = make_event(
        ctx,
        type="member.sign_in_failed.v1",
        tenant=member.tenant,
        subject=member.id,
        sequence=member.version,
        actor=member.id,
        data={"method": method},
        personal={"network": command.network},
    )
    try:
        ctx.records.transact([check_member(member)], [event])
    except Conflict:
        return


def _signed_in(ctx: Context, member: Member, session: Session, network: str) -> Event:
    return make_event(
        ctx,
        type="member.signed_in.v1",
        tenant=member.tenant,
        subject=member.id,
        sequence=member.version,
        actor=member.id,
        data={"session": session.id, "method": "password+totp" if member.has_totp else "password"},
        personal={"network": network},
    )
