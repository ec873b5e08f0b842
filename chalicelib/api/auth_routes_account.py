"""Routes of one's own account: who am I, sessions, password, second factor."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable

from chalicelib.api.account_types import (
    Caller,
    CallerLink,
    CallerTenant,
    ChangeMe,
    ChangePassword,
    PasswordOnly,
    RecoveryCodes,
    SessionAnswer,
    SessionPage,
    TotpCode,
    TotpSecret,
)
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.cookies import cleared_page_cookie
from chalicelib.api.describe import PAGE, Call, Reply, route
from chalicelib.api.wire import to_time
from chalicelib.domain.account import Member
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import Session
from chalicelib.domain.tenant import Tenant
from chalicelib.use_cases.context import Context

_PASSWORD = ("password_wrong", "too_many_attempts", "not_found", "conflict")


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""
    _register_sessions(app, context)
    _register_password(app, context)
    _register_second_factor(app, context)


def _register_sessions(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(app, "/v1/me", "GET", responses={200: Caller}, summary="Who is asking", problems=("not_found",))
    def me(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.show_caller import show_caller

        tenant, member = show_caller(context(), call.principal)
        return Reply(_caller(call.principal, tenant, member))

    @route(
        app,
        "/v1/me",
        "PATCH",
        request=ChangeMe,
        responses={200: Caller},
        summary="Change one's own name or language",
        problems=("name_wrong", "not_found", "scope_missing", "conflict"),
    )
    def change_me(call: Call[ChangeMe]) -> Reply:
        from chalicelib.use_cases.accounts.own_account import change_own

        tenant, member = change_own(context(), call.principal, name=call.body.name, language=call.body.language)
        return Reply(_caller(call.principal, tenant, member))

    @route(
        app,
        "/v1/sessions",
        "GET",
        responses={200: SessionPage},
        query=PAGE,
        summary="The caller's own sessions",
        problems=("cursor_invalid",),
    )
    def list_sessions(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_account import live_sessions

        sessions, following = live_sessions(context(), call.principal, limit=call.limit, cursor=call.cursor)
        current = call.principal.session
        return Reply(SessionPage(items=[_session(one, current) for one in sessions], next=following))

    @route(
        app,
        "/v1/sessions/{id}",
        "DELETE",
        responses={204: None},
        summary="End one of the caller's own sessions",
        problems=("conflict",),
    )
    def end_session(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_account import revoke_session

        revoke_session(context(), call.principal, call.path["id"])
        return Reply(status=204)

    @route(app, "/v1/logout", "POST", responses={204: None}, summary="End this session", problems=("conflict",))
    def logout(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.own_account import sign_out

        tenant = sign_out(context(), call.principal)
        return Reply(status=204, headers=cleared_page_cookie(tenant))


def _register_password(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/password",
        "POST",
        request=ChangePassword,
        responses={204: None},
        summary="Change the own password; every other session ends",
        problems=(*_PASSWORD, "password_short", "password_long", "password_common", "scope_missing"),
    )
    def password(call: Call[ChangePassword]) -> Reply:
        from chalicelib.use_cases.accounts.own_account import change_password

        change_password(context(), call.principal, current=call.body.current, new=call.body.new)
        return Reply(status=204)


def _register_second_factor(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/totp",
        "POST",
        responses={200: TotpSecret},
        summary="Begin a second factor",
        problems=("totp_active", "not_found", "conflict", "scope_missing"),
    )
    def begin_totp(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.second_factor import begin_second_factor

        enrolment = begin_second_factor(context(), call.principal)
        return Reply(TotpSecret(secret=enrolment.secret, uri=enrolment.uri))

    @route(
        app,
        "/v1/totp/confirm",
        "POST",
        request=TotpCode,
        responses={200: RecoveryCodes},
        summary="Confirm the second factor with a first code",
        problems=("totp_wrong", "totp_not_begun", "too_many_attempts", "not_found", "conflict", "scope_missing"),
    )
    def confirm_totp(call: Call[TotpCode]) -> Reply:
        from chalicelib.use_cases.accounts.second_factor import confirm_second_factor

        return Reply(
            RecoveryCodes(recovery_codes=list(confirm_second_factor(context(), call.principal, call.body.code)))
        )

    @route(
        app,
        "/v1/totp",
        "DELETE",
        request=PasswordOnly,
        responses={204: None},
        summary="Remove the second factor",
        problems=(*_PASSWORD, "scope_missing"),
    )
    def remove_totp(call: Call[PasswordOnly]) -> Reply:
        from chalicelib.use_cases.accounts.second_factor import remove_second_factor

        remove_second_factor(context(), call.principal, call.body.password)
        return Reply(status=204)


def _caller(principal: Principal, tenant: Tenant, member: Member | None) -> Caller:
    link = None
    if principal.link and principal.link_subject:
        link = CallerLink(id=principal.link, subject=principal.link_subject)
    return Caller(
        kind=principal.kind,
        id=principal.id,
        roles=sorted(principal.roles),
        scopes=sorted(principal.scopes),
        tenant=_tenant(tenant),
        email=member.email if member else None,
        name=member.name if member else None,
        language=member.language if member else None,
        link=link,
        totp=member.has_totp if member else None,
    )


def _tenant(tenant: Tenant) -> CallerTenant:
    return CallerTenant(
        id=tenant.id,
        name=tenant.name,
        base_url=tenant.base_url,
        language=tenant.language,
        max_expiry_days=tenant.max_expiry_days,
    )


def _session(session: Session, current: str) -> SessionAnswer:
    return SessionAnswer(
        id=session.id,
        kind=session.client,
        device_name=session.device_name,
        created_at=to_time(session.created_at),
        last_used_at=to_time(session.last_used_at),
        expires_at=to_time(session.idle_until),
        current=session.id == current,
    )
