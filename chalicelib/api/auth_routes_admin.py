"""Routes of admins: members and the tenant's settings; and the one by which an invited member comes in."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from dataclasses import asdict

import msgspec

from chalicelib.api.account_types import (
    AcceptInvitation,
    ChangeMemberBody,
    ChangeTenant,
    Invite,
    MemberAnswer,
    MemberPage,
    TenantAnswer,
)
from chalicelib.api.acting import act_by_token
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Reply, etag, route
from chalicelib.api.wire import to_time
from chalicelib.domain.account import Member
from chalicelib.domain.tenant import Tenant
from chalicelib.use_cases.context import Context

_ADMIN = ("role_missing", "scope_missing", "not_found")
_MEMBER = ("name_wrong", "role_unknown", "conflict")


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""
    _register_invitations(app, context)
    _register_members(app, context)
    _register_tenant(app, context)


def _register_invitations(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/members",
        "POST",
        request=Invite,
        responses={201: MemberAnswer},
        creates=True,
        summary="Invite a member",
        problems=(*_ADMIN, *_MEMBER, "member_exists", "address_invalid"),
    )
    def invite(call: Call[Invite]) -> Reply:
        from chalicelib.use_cases.accounts.invite_member import InviteMember, invite_member

        body = call.body
        command = InviteMember(body.email, body.name, tuple(body.roles), body.language)
        invitation = invite_member(context(), call.principal, command, call.once("POST /v1/members"))
        # A token that may only administer would become a person with every right by accepting what it invited.
        token = invitation.token if call.principal.interactive else None
        return Reply(_member(invitation.member, token), 201, headers=etag(invitation.member.version))

    @route(
        app,
        "/v1/members/accept",
        "POST",
        request=AcceptInvitation,
        responses={204: None},
        open=True,
        summary="Accept an invitation and choose a password",
        problems=("invitation_invalid", "password_short", "password_long", "password_common"),
    )
    def accept(call: Call[AcceptInvitation]) -> Reply:
        from chalicelib.use_cases.accounts.invite_member import accept_invitation, invitation_invalid

        ctx = act_by_token(context, call.body.token, unknown=invitation_invalid)
        accept_invitation(ctx, token=call.body.token, password=call.body.password)
        return Reply(status=204)


def _register_members(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/members",
        "GET",
        responses={200: MemberPage},
        query=PAGE,
        summary="The tenant's members",
        problems=(*_ADMIN, "cursor_invalid"),
    )
    def list_members(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.administer import page_of_members

        members, following = page_of_members(context(), call.principal, limit=call.limit, cursor=call.cursor)
        return Reply(MemberPage(items=[_member(one) for one in members], next=following))

    @route(app, "/v1/members/{id}", "GET", responses={200: MemberAnswer}, summary="One member", problems=_ADMIN)
    def get_member(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.administer import show_member

        member = show_member(context(), call.principal, call.path["id"])
        return Reply(_member(member), headers=etag(member.version))

    @route(
        app,
        "/v1/members/{id}",
        "PATCH",
        request=ChangeMemberBody,
        responses={200: MemberAnswer},
        if_match=True,
        summary="Change a member's name, roles or language",
        problems=(*_ADMIN, *_MEMBER, "last_admin"),
    )
    def patch_member(call: Call[ChangeMemberBody]) -> Reply:
        from chalicelib.use_cases.accounts.administer import ChangeMember, change_member

        body = call.body
        roles = None if body.roles is None else tuple(body.roles)
        command = ChangeMember(body.name, roles, body.language, call.if_match)
        member = change_member(context(), call.principal, call.path["id"], command)
        return Reply(_member(member), headers=etag(member.version))

    @route(
        app,
        "/v1/members/{id}",
        "DELETE",
        responses={204: None},
        summary="Remove a member; sessions and tokens end at once",
        problems=(*_ADMIN, "last_admin", "conflict"),
    )
    def delete_member(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.administer import remove_member

        remove_member(context(), call.principal, call.path["id"])
        return Reply(status=204)


def _register_tenant(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(app, "/v1/tenant", "GET", responses={200: TenantAnswer}, summary="The tenant's settings", problems=_ADMIN)
    def get_tenant(call: Call[None]) -> Reply:
        from chalicelib.use_cases.accounts.administer import show_tenant

        tenant = show_tenant(context(), call.principal)
        return Reply(_tenant(tenant), headers=etag(tenant.version))

    @route(
        app,
        "/v1/tenant",
        "PATCH",
        request=ChangeTenant,
        responses={200: TenantAnswer},
        if_match=True,
        summary="Change the tenant's settings",
        problems=(*_ADMIN, "setting_invalid", "name_wrong", "conflict"),
    )
    def patch_tenant(call: Call[ChangeTenant]) -> Reply:
        from chalicelib.use_cases.accounts.administer import change_tenant

        sent = {name: value for name, value in msgspec.structs.asdict(call.body).items() if value is not None}
        tenant = change_tenant(context(), call.principal, sent, version=call.if_match)
        return Reply(_tenant(tenant), headers=etag(tenant.version))


def _member(member: Member, invitation_token: str | None = None) -> MemberAnswer:
    return MemberAnswer(
        id=member.id,
        version=member.version,
        email=member.email,
        name=member.name,
        roles=list(member.roles),
        language=member.language,
        state=member.state,
        totp=member.has_totp,
        created_at=to_time(member.created_at),
        invitation_token=invitation_token,
    )


def _tenant(tenant: Tenant) -> TenantAnswer:
    return msgspec.convert(asdict(tenant), TenantAnswer)
