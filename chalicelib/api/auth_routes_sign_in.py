"""Routes of signing in: login, token, device. All open but the approval of a device."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.api.acting import act_as, act_by_host, act_by_token
from chalicelib.api.auth_types import (
    ApproveDevice,
    BeginDevice,
    DeviceAnswer,
    Login,
    MemberSummary,
    TenantSummary,
    TokenAnswer,
    TokenRequest,
)
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.cookies import guest_cookie_header, guest_cookie_of, page_cookie_header, page_cookie_of
from chalicelib.api.describe import Call, Reply, route
from chalicelib.domain.account import Member
from chalicelib.domain.errors import refuse_field
from chalicelib.domain.networks import network_of
from chalicelib.domain.session import Client
from chalicelib.domain.tenant import Tenant
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.accounts.open_session import Tokens
    from chalicelib.use_cases.accounts.sign_in import SignedIn


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""
    _register_tokens(app, context)
    _register_device(app, context)


def _register_tokens(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/login",
        "POST",
        request=Login,
        responses={200: TokenAnswer},
        open=True,
        summary="Sign in with address and password",
        problems=("host_unknown", "sign_in_failed", "totp_required", "totp_wrong", "too_many_attempts"),
    )
    def login(call: Call[Login]) -> Reply:
        from chalicelib.use_cases.accounts.sign_in import SignIn, sign_in

        body = call.body
        client = Client(body.client)
        tenant = act_by_host(context, call.host)
        network = network_of(call.source_ip)
        command = SignIn(tenant, body.email, body.password, body.totp, client, body.device_name, network)
        return _signed_in(sign_in(context(), command))

    @route(
        app,
        "/v1/token",
        "POST",
        request=TokenRequest,
        responses={200: TokenAnswer},
        open=True,
        summary="Renew a session, fetch a device sign-in, or sign a program in",
        problems=(
            "token_invalid",
            "gone",
            "authorization_pending",
            "slow_down",
            "expired_token",
            "access_denied",
            "client_invalid",
            "scope_missing",
            "origin_not_allowed",
            "conflict",
        ),
    )
    def token(call: Call[TokenRequest]) -> Reply:
        from chalicelib.use_cases.accounts.approve_device import expired_token, fetch_device
        from chalicelib.use_cases.accounts.client_credentials import (
            ClientCredentials,
            client_invalid,
            exchange_credentials,
            tenant_of_program,
        )

        body = call.body
        if body.grant_type == "refresh_token":
            return _refreshed(context, call)
        if body.grant_type == "client_credentials":
            command = ClientCredentials(body.client_id, body.client_secret, body.client_assertion, body.scope)
            ctx = act_as(context, tenant_of_program(command), unknown=client_invalid)
            return Reply(_tokens(exchange_credentials(ctx, command)))
        if body.device_code is None:
            raise refuse_field("request_invalid", "/device_code", "This grant needs a device_code.")
        ctx = act_by_token(context, body.device_code, unknown=expired_token)
        return _signed_in(fetch_device(ctx, body.device_code))


def _register_device(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/device",
        "POST",
        request=BeginDevice,
        responses={200: DeviceAnswer},
        open=True,
        summary="Begin a device sign-in (RFC 8628)",
        problems=("host_unknown", "conflict"),
    )
    def device(call: Call[BeginDevice]) -> Reply:
        from chalicelib.use_cases.accounts.approve_device import begin_device

        tenant = act_by_host(context, call.host)
        codes = begin_device(context(), tenant=tenant, device_name=call.body.device_name)
        return Reply(
            DeviceAnswer(
                device_code=codes.device_code,
                user_code=codes.user_code,
                verification_uri=codes.verification_uri,
                verification_uri_complete=codes.verification_uri_complete,
                expires_in=codes.expires_in,
                interval=codes.interval,
            )
        )

    @route(
        app,
        "/v1/device/approve",
        "POST",
        request=ApproveDevice,
        responses={204: None},
        summary="Approve or deny a device sign-in",
        problems=("user_code_unknown", "too_many_attempts", "scope_missing", "not_found", "conflict"),
    )
    def approve(call: Call[ApproveDevice]) -> Reply:
        from chalicelib.use_cases.accounts.approve_device import approve_device

        approve_device(context(), call.principal, user_code=call.body.user_code, approve=call.body.approve)
        return Reply(status=204)


def _signed_in(signed: "SignedIn") -> Reply:
    return _answer(signed.tokens, signed.member, signed.tenant)


def _refreshed(context: Callable[[], Context], call: Call[TokenRequest]) -> Reply:
    from chalicelib.domain.token import token_invalid
    from chalicelib.use_cases.accounts.refresh_session import refresh_session

    body, link = call.body, call.body.link
    if body.refresh_token is not None:
        token = body.refresh_token
    else:
        token = page_cookie_of(context(), call) if link is None else guest_cookie_of(context(), call, link)
    ctx = act_by_token(context, token, unknown=token_invalid)
    refreshed = refresh_session(ctx, token, link=link)
    tenant = get_tenant(ctx.records, refreshed.tokens.session.tenant)
    if link is None:
        return _answer(refreshed.tokens, refreshed.member, tenant)
    answer = _tokens(refreshed.tokens, None, tenant)
    if body.refresh_token is None:
        answer.refresh_token = None
        return Reply(answer, headers=guest_cookie_header(refreshed.tokens, tenant, link))
    return Reply(answer)


def _answer(tokens: "Tokens", member: Member | None, tenant: Tenant) -> Reply:
    page = tokens.session.client is Client.PAGE
    return Reply(_tokens(tokens, member, tenant), headers=page_cookie_header(tokens, tenant) if page else {})


def _tokens(tokens: "Tokens", member: Member | None = None, tenant: Tenant | None = None) -> TokenAnswer:
    return TokenAnswer(
        access_token=tokens.access_token,
        token_type="Bearer",  # noqa: S106  RFC 6750's word, no secret
        expires_in=tokens.expires_in,
        refresh_token=None if tokens.session.client is Client.PAGE else tokens.refresh_token,
        member=_summary(member) if member else None,
        tenant=TenantSummary(id=tenant.id, name=tenant.name) if tenant else None,
        subject=tokens.session.link_subject,
        recipient=tokens.session.owner if tokens.session.kind == "guest" else None,
    )


def _summary(member: Member) -> MemberSummary:
    return MemberSummary(id=member.id, email=member.email, name=member.name, roles=list(member.roles))
