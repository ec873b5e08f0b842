"""Personal access tokens of members, and service accounts of a tenant. A token is shown once, and again only to the same repeated request."""

from dataclasses import dataclass, replace

from chalicelib.domain.account import checked_name
from chalicelib.domain.errors import Refused, refuse_field
from chalicelib.domain.events import Event
from chalicelib.domain.principal import Principal
from chalicelib.domain.token import (
    PersonalToken,
    ServiceAccount,
    checked_expiry,
    checked_networks,
    checked_scopes,
)
from chalicelib.stores.idempotency_store import Made, Once, made_before, once_puts
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.token_store import (
    delete_personal_token,
    delete_service_account,
    find_personal_token,
    get_service_account,
    list_personal_tokens,
    list_service_accounts,
    new_personal_token,
    new_service_account,
)
from chalicelib.use_cases.accounts.administer import require_admin
from chalicelib.use_cases.accounts.derived_secret import derived_bearer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from fumibako_format import jws
from fumibako_format.errors import FormatError


@dataclass(frozen=True)
class CreateToken:
    """``public_jwk`` only for service accounts; ``expires_at`` (ms) only for personal tokens."""

    name: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...] = ()
    expires_at: int | None = None
    public_jwk: dict[str, str] | None = None


def create_personal_token(
    ctx: Context, principal: Principal, command: CreateToken, once: Once | None = None
) -> tuple[PersonalToken, str]:
    """The token and its bearer value. Raises Refused("scope_missing") to a caller that is itself a token: tokens make no tokens."""
    principal.require_member()
    principal.require_scope("*")

    def attempt() -> tuple[PersonalToken, str]:
        now = ctx.clock.now_ms()
        before = made_before(ctx.records, once, now)
        token_id = before.resource if before else ctx.ids.new("pt")
        bearer = derived_bearer(ctx, principal.tenant, token_id, purpose="personal-token")
        if before is not None:
            return _found(ctx, principal, bearer), bearer
        token = PersonalToken(
            id=token_id,
            tenant=principal.tenant,
            member=principal.id,
            name=checked_name(command.name),
            scopes=checked_scopes(command.scopes),
            networks=checked_networks(command.networks),
            created_at=now,
            expires_at=checked_expiry(command.expires_at, now),
        )
        event = _event(ctx, principal, token.id, "token.created.v1", token.scopes)
        writes = [*new_personal_token(token, bearer), *once_puts(ctx.records, once, Made(token.id), now)]
        ctx.records.transact(writes, [event])
        return token, bearer

    return until_written(attempt)


def _found(ctx: Context, principal: Principal, bearer: str) -> PersonalToken:
    token = find_personal_token(ctx.records, principal.tenant, bearer)
    if token is None:
        raise Refused("token_invalid", "The token that this request made was revoked meanwhile.")
    return token


def page_of_tokens(
    ctx: Context, principal: Principal, *, limit: int, cursor: str | None
) -> tuple[list[PersonalToken], str | None]:
    """One page of the caller's own tokens."""
    principal.require_member()
    return list_personal_tokens(ctx.records, principal.tenant, principal.id, limit=limit, cursor=cursor)


def revoke_personal_token(ctx: Context, principal: Principal, token: str) -> None:
    """Raises NotFound for any token but the caller's own. It ends with the next request that uses it."""
    principal.require_member()

    def attempt() -> None:
        writes = delete_personal_token(ctx.records, principal.tenant, principal.id, token)
        ctx.records.transact(writes, [_event(ctx, principal, token, "token.revoked.v1", ())])

    until_written(attempt)


def create_service_account(
    ctx: Context, principal: Principal, command: CreateToken, once: Once | None = None
) -> tuple[ServiceAccount, str | None]:
    """The account and its secret, None where it has a public key. Raises Refused("jwk_invalid") and the checks' own refusals.

    A token or program that administers gives no scope that it lacks: Refused("scope_missing").
    """
    require_admin(principal)
    principal.require_scopes(*command.scopes)
    jwk = None if command.public_jwk is None else _checked_jwk(command.public_jwk)

    def attempt() -> tuple[ServiceAccount, str | None]:
        now = ctx.clock.now_ms()
        before = made_before(ctx.records, once, now)
        account_id = before.resource if before else ctx.ids.new("sa")
        bearer = derived_bearer(ctx, principal.tenant, account_id, purpose="service-secret")
        secret = None if jwk else bearer.partition(".")[2]
        if before is not None:
            return get_service_account(ctx.records, principal.tenant, account_id), secret
        account = ServiceAccount(
            id=account_id,
            tenant=principal.tenant,
            name=checked_name(command.name),
            scopes=checked_scopes(command.scopes),
            networks=checked_networks(command.networks),
            created_at=now,
            created_by=principal.id,
            secret_hash=None if secret is None else token_hash(secret),
            public_jwk=jwk,
        )
        event = _event(ctx, principal, account.id, "token.created.v1", account.scopes)
        writes = [*new_service_account(account), *once_puts(ctx.records, once, Made(account.id), now)]
        ctx.records.transact(writes, [event])
        return replace(account, version=1), secret

    return until_written(attempt)


def _checked_jwk(jwk: dict[str, str]) -> dict[str, str]:
    """The members that make the key and nothing else."""
    try:
        return jws.public_jwk(jws.load_jwk(jwk))
    except FormatError:
        raise refuse_field("jwk_invalid", "/public_jwk", "Give a public P-256 or Ed25519 key as JWK.") from None


def page_of_service_accounts(
    ctx: Context, principal: Principal, *, limit: int, cursor: str | None
) -> tuple[list[ServiceAccount], str | None]:
    """One page of the tenant's service accounts."""
    require_admin(principal)
    return list_service_accounts(ctx.records, principal.tenant, limit=limit, cursor=cursor)


def remove_service_account(ctx: Context, principal: Principal, account: str) -> None:
    """Raises NotFound. Its access tokens end at once: the authorizer reads the account."""
    require_admin(principal)

    def attempt() -> None:
        found = get_service_account(ctx.records, principal.tenant, account)
        event = _event(ctx, principal, account, "token.revoked.v1", ())
        ctx.records.transact(delete_service_account(found), [event])

    until_written(attempt)


def _event(ctx: Context, principal: Principal, subject: str, name: str, scopes: tuple[str, ...]) -> Event:
    return make_event(
        ctx,
        type=name,
        tenant=principal.tenant,
        subject=subject,
        sequence=1,
        actor=principal.id,
        data={"scopes": list(scopes)},
    )
