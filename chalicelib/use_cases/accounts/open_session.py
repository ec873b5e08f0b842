"""Beginning a session and renewing it: the one place where refresh tokens are made.

A refresh token is ``<tenant>.<160 bits>``, and those bits are a keyed hash of session and generation: the same successor can be given
again within the grace time although only its SHA-256 is stored, and the database alone gives nobody a token.
"""

from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.link import TOKEN_BYTES, split_token
from chalicelib.domain.session import Client, Session, Turn, life_end, require_live, revoked, rotated, turn_of
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.token import token_invalid
from chalicelib.ports.record_store import Operation
from chalicelib.stores.session_store import changed_session, find_refresh, get_session, new_session, put_refresh
from chalicelib.use_cases.accounts.access_tokens import sign_access_token
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from fumibako_format import base64url

_TRIES = 5


@dataclass(frozen=True)
class Tokens:
    """What a caller takes away. ``refresh_token`` is None for service accounts; ``expires_in`` is in seconds."""

    session: Session
    access_token: str
    expires_in: int
    refresh_token: str | None


def begin_session(
    ctx: Context,
    tenant: Tenant,
    *,
    kind: Literal["member", "guest", "service"],
    owner: str,
    client: Client,
    scopes: tuple[str, ...] = ("*",),
    device_name: str = "",
) -> Session:
    """A session in memory, not stored yet."""
    now = ctx.clock.now_ms()
    return Session(
        id=ctx.ids.new("gs" if kind == "guest" else "se"),
        tenant=tenant.id,
        kind=kind,
        owner=owner,
        client=client,
        created_at=now,
        last_used_at=now,
        expires_at=life_end(client, now),
        scopes=scopes,
        device_name="".join(letter for letter in device_name if letter.isprintable())[:100],
        rotated_at=now,
    )


def session_writes(ctx: Context, session: Session) -> list[Operation]:
    """The writes of a new session, for the transaction that begins it."""
    return new_session(session, None if session.kind == "service" else refresh_token_of(ctx, session))


def tokens_of(ctx: Context, tenant: Tenant, session: Session, roles: frozenset[str]) -> Tokens:
    """Tokens of a stored session at its present generation."""
    access, seconds = sign_access_token(ctx, tenant, session, roles)
    refresh = None if session.kind == "service" else refresh_token_of(ctx, session)
    return Tokens(session, access, seconds, refresh)


def refresh_token_of(ctx: Context, session: Session) -> str:
    """The refresh token of the session's present generation."""
    name = f"{session.tenant}/{session.id}/{session.generation}".encode()
    return f"{session.tenant}.{base64url.encode(ctx.keys.mac(name, purpose='refresh-token')[:TOKEN_BYTES])}"


def turn_session(ctx: Context, token: str) -> Session:
    """The live session of a refresh token, rotated. Raises Refused("token_invalid"); a reused token also ends its session.

    two tabs:   A: read g3 - put session (g4, guarded) - answer g4
                B: read g3 ------- Conflict - read g4, g3 is the one before, within 30 s - answer g4
    a thief:    later: g3 again -> the session is revoked, g4 ends as well
    """
    tenant, _ = _split(token)
    for _ in range(_TRIES):
        found = find_refresh(ctx.records, tenant, token)
        if found is None:
            raise token_invalid()
        session, now = _get(ctx, tenant, found[0]), ctx.clock.now_ms()
        require_live(session, now)
        try:
            if _turn(ctx, session, found[1], now) is Turn.REPEAT:
                return session
            after = rotated(session, now)
            ctx.records.transact([changed_session(after), put_refresh(after, refresh_token_of(ctx, after))])
        except Conflict:
            continue
        return replace(after, version=session.version + 1)
    raise Conflict


def _split(token: str) -> tuple[str, str]:
    try:
        return split_token(token)
    except NotFound:
        raise token_invalid() from None


def _get(ctx: Context, tenant: str, session: str) -> Session:
    try:
        return get_session(ctx.records, tenant, session)
    except NotFound:
        raise token_invalid() from None


def _turn(ctx: Context, session: Session, generation: int, now: int) -> Turn:
    try:
        return turn_of(session, generation, now)
    except Refused:
        end_session(ctx, session, actor="system", why="reuse")
        raise token_invalid() from None


def end_session(ctx: Context, session: Session, *, actor: str, why: str = "revoked") -> None:
    """Revoke it, with its event; ending it twice is no error. Raises Conflict when somebody else changed it just now."""
    after = revoked(session, ctx.clock.now_ms())
    if after is session:
        return
    ctx.records.transact([changed_session(after)], [_ended(ctx, session, actor, why)])


def _ended(ctx: Context, session: Session, actor: str, why: str) -> Event:
    return make_event(
        ctx,
        type="session.revoked.v1",
        tenant=session.tenant,
        subject=session.owner,
        sequence=session.version + 1,
        actor=actor,
        data={"session": session.id, "why": why},
    )
