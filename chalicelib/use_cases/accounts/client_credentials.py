"""Tokens for programs (RFC 6749 4.4): a service account proves itself with its secret or with a signed assertion (RFC 7523)."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.ids import TenantId, tenant_id
from chalicelib.domain.session import Client
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.token import LEEWAY_SECONDS, ServiceAccount
from chalicelib.ports.record_store import Operation
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.token_store import assertion_used, get_service_account
from chalicelib.use_cases.accounts.open_session import Tokens, begin_session, session_writes, tokens_of
from chalicelib.use_cases.context import Context
from fumibako_format import jws
from fumibako_format.errors import FormatError

# RFC 7523 3 leaves the life of an assertion to us; a program makes a new one for each request.
ASSERTION_SECONDS = 300


@dataclass(frozen=True)
class ClientCredentials:
    """``secret`` or ``assertion``; with an assertion the id may be left out, the assertion names it."""

    client_id: str | None
    secret: str | None
    assertion: str | None
    scope: str | None


def exchange_credentials(ctx: Context, command: ClientCredentials) -> Tokens:
    """An access token of 15 minutes, without refresh. Raises Refused("client_invalid") or "scope_missing".

    Failures are not counted: a secret of 160 bits isn't guessed, and a farm of build machines behind one address must not wait.
    """
    account, tenant = _find(ctx, command)
    writes = _prove(ctx, account, tenant, command)
    session = begin_session(
        ctx,
        tenant,
        kind="service",
        owner=account.id,
        client=Client.SERVICE,
        scopes=_scopes(account, command.scope),
        device_name=account.name,
    )
    try:
        ctx.records.transact([*writes, *session_writes(ctx, session)])
    except Conflict:
        raise client_invalid() from None  # the assertion was used before
    return tokens_of(ctx, tenant, session, account.roles)


def client_invalid() -> Refused:
    """One refusal for an unknown program, a wrong secret and an assertion that does not hold (RFC 6749 5.2)."""
    return Refused("client_invalid", "This program is not known, or its proof does not hold.")


def _find(ctx: Context, command: ClientCredentials) -> tuple[ServiceAccount, Tenant]:
    tenant, account = _named(command)
    try:
        return get_service_account(ctx.records, tenant, account), get_tenant(ctx.records, tenant)
    except Refused as refused:
        if refused.code == "not_found":
            raise client_invalid() from None
        raise


def tenant_of_program(command: ClientCredentials) -> TenantId:
    """Whose program it says that it is; nothing is proved yet. Raises Refused("client_invalid")."""
    return _named(command)[0]


def _named(command: ClientCredentials) -> tuple[TenantId, str]:
    """Tenant and account that the id names, ``<tenant>.<account>``."""
    slug, _, account = (command.client_id or _issuer(command.assertion)).partition(".")
    try:
        return tenant_id(slug), account
    except Refused:
        raise client_invalid() from None


def _issuer(assertion: str | None) -> str:
    if assertion is None:
        raise client_invalid()
    try:
        issuer = jws.parse(assertion).claims().get("iss")
    except FormatError:
        raise client_invalid() from None
    if not isinstance(issuer, str):
        raise client_invalid()
    return issuer


def _scopes(account: ServiceAccount, wanted: str | None) -> tuple[str, ...]:
    if not wanted:
        return account.scopes
    asked = tuple(sorted(set(wanted.split())))
    if not set(asked) <= set(account.scopes):
        raise Refused("scope_missing", "This program was not given every scope that it asks for.")
    return asked


def _prove(ctx: Context, account: ServiceAccount, tenant: Tenant, command: ClientCredentials) -> list[Operation]:
    if command.assertion is not None and account.public_jwk is not None:
        return [_by_assertion(ctx, account, tenant, command.assertion)]
    if command.secret is not None and account.secret_hash is not None:
        given = hashlib.sha256(command.secret.encode()).hexdigest()
        if hmac.compare_digest(given, account.secret_hash):
            return []
    raise client_invalid()


def _by_assertion(ctx: Context, account: ServiceAccount, tenant: Tenant, assertion: str) -> Operation:
    """RFC 7523 3: issuer and subject are the client, the audience is us, it is young, and it is used once."""
    try:
        claims = jws.verify_with(jws.parse(assertion), account.public_jwk or {}).claims()
    except FormatError:
        raise client_invalid() from None
    now = ctx.clock.now_ms() // 1000
    audiences = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    ours = {tenant.base_url, f"{tenant.base_url}/auth/v1/token"}
    if claims.get("iss") != account.client_id or claims.get("sub") != account.client_id:
        raise client_invalid()
    if not any(audience in ours for audience in audiences or []) or not isinstance(claims.get("jti"), str):
        raise client_invalid()
    expires = _seconds(claims, "exp")
    if not now < expires <= now + ASSERTION_SECONDS + LEEWAY_SECONDS:
        raise client_invalid()
    return assertion_used(tenant.id, token_hash(f"{account.id}/{claims['jti']}"), expires * 1000)


def _seconds(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise client_invalid()
    return value
