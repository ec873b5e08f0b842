"""Routes of partners: which sign-in services an admin trusts for which domains, and how a guest signs in at one."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable

from chalicelib.api.acting import act_by_token
from chalicelib.api.auth_types import LinkToken
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.cookie_text import cookie_value
from chalicelib.api.cookies import guest_cookie_by_hash, sign_in_cookie
from chalicelib.api.describe import Call, Query, Reply, route
from chalicelib.api.partner_types import AddPartnerBody, PartnerAnswer, PartnerPage, PartnerSignIn
from chalicelib.api.wire import to_time
from chalicelib.domain.errors import Refused
from chalicelib.domain.networks import network_of
from chalicelib.domain.partner import Partner
from chalicelib.domain.tenant import Tenant
from chalicelib.stores.tenant_store import get_tenant, tenant_of_host
from chalicelib.use_cases.context import Context

_ADMIN = ("role_missing", "scope_missing", "not_found")
_COOKIE = "fumibako_sign_in"


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""
    _register_partners(app, context)
    _register_sign_in(app, context)


def _register_partners(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(app, "/v1/partners", "GET", responses={200: PartnerPage}, summary="The tenant's partners", problems=_ADMIN)
    def list_partners(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.partners import page_of_partners

        found = page_of_partners(context(), call.principal)
        tenant = get_tenant(context().records, call.principal.tenant)
        return Reply(PartnerPage(items=[_partner(one, tenant) for one in found]))

    @route(
        app,
        "/v1/partners",
        "POST",
        request=AddPartnerBody,
        responses={201: PartnerAnswer},
        summary="Let a partner's sign-in service vouch for its people",
        problems=(*_ADMIN, "issuer_invalid", "domain_invalid", "domain_taken", "partners_full", "name_wrong"),
    )
    def add_partner(call: Call[AddPartnerBody]) -> Reply:
        from chalicelib.use_cases.accounts.partners import AddPartner, add_partner

        body = call.body
        command = AddPartner(
            body.name, body.issuer, body.client_id, body.client_secret, tuple(body.domains), body.required
        )
        partner = add_partner(context(), call.principal, command)
        return Reply(_partner(partner, get_tenant(context().records, partner.tenant)), 201)

    @route(
        app,
        "/v1/partners/{id}",
        "DELETE",
        responses={204: None},
        summary="Remove a partner; its people are mailed codes again",
        problems=(*_ADMIN, "conflict"),
    )
    def remove_partner(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.partners import remove_partner

        remove_partner(context(), call.principal, call.path["id"])
        return Reply(status=204)


def _register_sign_in(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/links/sso",
        "POST",
        request=LinkToken,
        responses={200: PartnerSignIn},
        open=True,
        summary="Begin a guest's sign-in at a partner",
        problems=("not_found", "gone", "proof_other", "issuer_invalid"),
    )
    def begin(call: Call[LinkToken]) -> Reply:
        from chalicelib.use_cases.guests.partner_sign_in import begin_partner_sign_in

        # Hosts belong to no tenant: whose this one is, is asked with the rights of the process.
        process = context()
        begun = begin_partner_sign_in(act_by_token(context, call.body.token), call.body.token)
        tenant = get_tenant(process.records, tenant_of_host(process.records, call.host))
        return Reply(PartnerSignIn(url=begun.url), headers=sign_in_cookie(_COOKIE, begun.browser, tenant))

    @route(
        app,
        "/v1/links/sso/callback",
        "GET",
        responses={303: None},
        query={
            "code": Query("The partner's code."),
            "state": Query("What we gave the browser."),
            "error": Query("Why there is no code (RFC 6749 4.1.2.1)."),
            "error_description": Query("Not shown to anybody."),
            "error_uri": Query("Not followed."),
            "iss": Query("The issuer (RFC 9207)."),
            "session_state": Query("Of no use to us."),
        },
        open=True,
        summary="A guest comes back from a partner",
        problems=(),
    )
    def callback(call: Call[None]) -> Reply:
        return _came_back(context, call)


def _came_back(context: Callable[[], Context], call: Call[None]) -> Reply:
    """A browser stands here, not a program: every outcome leads back to the page, which has the link's token itself."""
    from chalicelib.use_cases.guests.partner_sign_in import end_partner_sign_in, sso_over

    query = call.query
    try:
        if query.get("error") or not query.get("code"):
            raise Refused("identity_refused", "The partner's service let nobody in.")
        state = str(query.get("state", ""))
        ctx = act_by_token(context, state, unknown=sso_over)
        verified = end_partner_sign_in(
            ctx,
            state=state,
            code=str(query["code"]),
            browser=cookie_value(call.headers, _COOKIE) or "",
            network=network_of(call.source_ip),
            issuer=query.get("iss"),
        )
    except Refused as refused:
        return Reply(status=303, headers={"Location": f"/l?sso={refused.code}"})
    tenant = get_tenant(ctx.records, verified.tokens.session.tenant)
    headers = guest_cookie_by_hash(verified.tokens, tenant, verified.link_hash)
    return Reply(status=303, headers={"Location": "/l?sso=done", **headers})


def _partner(partner: Partner, tenant: Tenant) -> PartnerAnswer:
    from chalicelib.use_cases.guests.partner_sign_in import CALLBACK

    return PartnerAnswer(
        id=partner.id,
        name=partner.name,
        issuer=partner.issuer,
        client_id=partner.client_id,
        domains=list(partner.domains),
        required=partner.required,
        created_at=to_time(partner.created_at),
        redirect_uri=tenant.base_url + CALLBACK,
    )
