"""Device sign-in: begun by a terminal, judged by a signed-in member, fetched by the terminal."""

from dataclasses import dataclass

from chalicelib.domain.account import require_active
from chalicelib.domain.attempts import FREE_OF_ACCOUNT
from chalicelib.domain.device import (
    INTERVAL_SECONDS,
    LIFE_MS,
    USER_CODE_LENGTH,
    USER_CODE_LETTERS,
    DeviceSignIn,
    checked_user_code,
    judged,
    polled,
    refusal,
    user_code_unknown,
)
from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.link import TOKEN_BYTES, split_token
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import Client
from chalicelib.stores.account_store import get_member
from chalicelib.stores.device_store import changed_device, find_device, find_device_by_user_code, new_device
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.count_attempt import count_attempt, take_back_attempt
from chalicelib.use_cases.accounts.open_session import begin_session, session_writes, tokens_of
from chalicelib.use_cases.accounts.sign_in import SignedIn
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from fumibako_format import base64url


@dataclass(frozen=True)
class DeviceCodes:
    """What a terminal shows and keeps. Times in seconds; the addresses are pages of the tenant's host."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


def begin_device(ctx: Context, *, tenant: str, device_name: str) -> DeviceCodes:
    """A new sign-in under codes that nobody else has."""
    base_url = get_tenant(ctx.records, tenant).base_url

    def attempt() -> tuple[str, str]:
        device_code = f"{tenant}.{base64url.encode(ctx.ids.random(TOKEN_BYTES))}"
        user_code, now = _user_code(ctx), ctx.clock.now_ms()
        device = DeviceSignIn(
            TenantId(tenant), token_hash(device_code), user_code, device_name[:100], now, now + LIFE_MS
        )
        ctx.records.transact(new_device(device))
        return device_code, user_code

    device_code, user_code = until_written(attempt)
    shown = f"{user_code[:4]}-{user_code[4:]}"
    page = f"{base_url}/device"
    return DeviceCodes(device_code, shown, page, f"{page}#{shown}", LIFE_MS // 1000, INTERVAL_SECONDS)


def approve_device(ctx: Context, principal: Principal, *, user_code: str, approve: bool) -> None:
    """Raises Refused("user_code_unknown") or "too_many_attempts": a member who guesses codes is slowed down."""
    principal.require_member()
    principal.require_scope("*")
    counter = f"usercode#{principal.id}"
    count_attempt(ctx, principal.tenant, counter, free=FREE_OF_ACCOUNT)
    code = checked_user_code(user_code)

    def attempt() -> None:
        device = find_device_by_user_code(ctx.records, principal.tenant, code)
        if device is None:
            raise user_code_unknown()
        after = judged(device, approve=approve, member=principal.id, now=ctx.clock.now_ms())
        ctx.records.transact([changed_device(after)])

    until_written(attempt)
    # Only this one: judging a terminal of one's own is easy, and must not make room for the next five guesses.
    take_back_attempt(ctx, principal.tenant, counter)


def fetch_device(ctx: Context, device_code: str) -> SignedIn:
    """The terminal's tokens, once. Raises Refused with RFC 8628's codes: "authorization_pending", "slow_down", "expired_token", "access_denied".

    two polls:  A: read approved - put spent + session
                B: read approved ------ Conflict - read spent - expired_token
    """
    try:
        tenant, _ = split_token(device_code)
    except NotFound:
        raise expired_token() from None
    return until_written(lambda: _fetch(ctx, tenant, device_code))


def _fetch(ctx: Context, tenant: str, device_code: str) -> SignedIn:
    device = find_device(ctx.records, tenant, token_hash(device_code))
    if device is None:
        raise expired_token()
    now = ctx.clock.now_ms()
    refused = refusal(device, now)
    if refused is not None:
        _note_poll(ctx, device, now)
        raise refused
    member = get_member(ctx.records, tenant, device.member or "")
    require_active(member)
    whose = get_tenant(ctx.records, tenant)
    session = begin_session(
        ctx, whose, kind="member", owner=member.id, client=Client.CLI, device_name=device.device_name
    )
    event = make_event(
        ctx,
        type="member.signed_in.v1",
        tenant=tenant,
        subject=member.id,
        sequence=member.version,
        actor=member.id,
        data={"session": session.id, "method": "device"},
    )
    ctx.records.transact([changed_device(polled(device, now)), *session_writes(ctx, session)], [event])
    return SignedIn(tokens_of(ctx, whose, session, frozenset(member.roles)), member, whose)


def _note_poll(ctx: Context, device: DeviceSignIn, now: int) -> None:
    try:
        ctx.records.transact([changed_device(polled(device, now))])
    except Conflict:
        return


def expired_token() -> Refused:
    """One refusal for a code that was never given, was used, or whose time is over (RFC 8628 3.5)."""
    return Refused("expired_token", "This sign-in was not approved in time, or was used already.")


def _user_code(ctx: Context) -> str:
    """Eight letters, each as likely as every other: bytes from 240 on are thrown away."""
    letters = ""
    while len(letters) < USER_CODE_LENGTH:
        letters += "".join(USER_CODE_LETTERS[byte % 20] for byte in ctx.ids.random(16) if byte < 240)
    return letters[:USER_CODE_LENGTH]
