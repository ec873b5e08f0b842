"""Routes of personal access tokens, service accounts, and the keys that access tokens are checked with."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable

from chalicelib.api.account_types import (
    CreateKey,
    CreateServiceAccount,
    JwkSet,
    KeyAnswer,
    KeyPage,
    ServiceAccountAnswer,
    ServiceAccountPage,
)
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Reply, route
from chalicelib.api.wire import from_time, to_time, to_time_or_none
from chalicelib.domain.token import PersonalToken, ServiceAccount
from chalicelib.use_cases.context import Context

_ADMIN = ("role_missing", "scope_missing", "not_found")
_NEW = ("name_wrong", "scope_unknown", "network_invalid", "scope_missing")


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""
    _register_keys(app, context)
    _register_service_accounts(app, context)

    @route(
        app,
        "/.well-known/jwks.json",
        "GET",
        responses={200: JwkSet},
        open=True,
        summary="The keys that access tokens are checked with",
    )
    def jwks(_call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.access_tokens import key_set

        return Reply(JwkSet(keys=key_set(context())["keys"]), headers={"Cache-Control": "public, max-age=300"})


def _register_keys(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/keys",
        "GET",
        responses={200: KeyPage},
        query=PAGE,
        summary="The caller's own personal access tokens",
        problems=("cursor_invalid", "not_found"),
    )
    def list_keys(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_tokens import page_of_tokens

        tokens, following = page_of_tokens(context(), call.principal, limit=call.limit, cursor=call.cursor)
        return Reply(KeyPage(items=[_key(one) for one in tokens], next=following))

    @route(
        app,
        "/v1/keys",
        "POST",
        request=CreateKey,
        responses={201: KeyAnswer},
        creates=True,
        summary="Make a personal access token",
        problems=(*_NEW, "expiry_past", "expiry_too_far", "time_invalid", "not_found", "token_invalid"),
    )
    def create_key(call: Call[CreateKey]) -> Reply:
        from chalicelib.use_cases.accounts.own_tokens import CreateToken, create_personal_token

        body = call.body
        expires_at = None if body.expires_at is None else from_time(body.expires_at, "/expires_at")
        command = CreateToken(body.name, tuple(body.scopes), tuple(body.networks), expires_at)
        token, bearer = create_personal_token(context(), call.principal, command, call.once("POST /v1/keys"))
        return Reply(_key(token, bearer), 201)

    @route(
        app,
        "/v1/keys/{id}",
        "DELETE",
        responses={204: None},
        summary="Revoke a personal access token",
        problems=("conflict",),
    )
    def delete_key(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_tokens import revoke_personal_token

        revoke_personal_token(context(), call.principal, call.path["id"])
        return Reply(status=204)


def _register_service_accounts(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/service-accounts",
        "GET",
        responses={200: ServiceAccountPage},
        query=PAGE,
        summary="The tenant's service accounts",
        problems=(*_ADMIN, "cursor_invalid"),
    )
    def list_service_accounts(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_tokens import page_of_service_accounts

        accounts, following = page_of_service_accounts(context(), call.principal, limit=call.limit, cursor=call.cursor)
        return Reply(ServiceAccountPage(items=[_account(one) for one in accounts], next=following))

    @route(
        app,
        "/v1/service-accounts",
        "POST",
        request=CreateServiceAccount,
        responses={201: ServiceAccountAnswer},
        creates=True,
        summary="Make a service account",
        problems=(*_ADMIN, *_NEW, "jwk_invalid"),
    )
    def create_account(call: Call[CreateServiceAccount]) -> Reply:
        from chalicelib.use_cases.accounts.own_tokens import CreateToken, create_service_account

        body = call.body
        command = CreateToken(body.name, tuple(body.scopes), tuple(body.networks), public_jwk=body.public_jwk)
        once = call.once("POST /v1/service-accounts")
        account, secret = create_service_account(context(), call.principal, command, once)
        return Reply(_account(account, secret), 201)

    @route(
        app,
        "/v1/service-accounts/{id}",
        "DELETE",
        responses={204: None},
        summary="Remove a service account; its tokens end at once",
        problems=(*_ADMIN, "conflict"),
    )
    def delete_account(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_tokens import remove_service_account

        remove_service_account(context(), call.principal, call.path["id"])
        return Reply(status=204)


def _key(token: PersonalToken, bearer: str | None = None) -> KeyAnswer:
    return KeyAnswer(
        id=token.id,
        name=token.name,
        scopes=list(token.scopes),
        networks=list(token.networks),
        created_at=to_time(token.created_at),
        expires_at=to_time(token.expires_at),
        last_used_at=to_time_or_none(token.last_used_at),
        token=bearer,
    )


def _account(account: ServiceAccount, secret: str | None = None) -> ServiceAccountAnswer:
    return ServiceAccountAnswer(
        id=account.id,
        client_id=account.client_id,
        name=account.name,
        scopes=list(account.scopes),
        networks=list(account.networks),
        created_at=to_time(account.created_at),
        client_secret=secret,
    )
