"""Members come in by invitation: an admin invites, the invited one chooses a password."""

from dataclasses import dataclass

from chalicelib.domain.account import Member, MemberState, activated, admins_after, checked_name, checked_roles
from chalicelib.domain.errors import Conflict, NotFound, Refused, refuse_field
from chalicelib.domain.events import Event
from chalicelib.domain.link import split_token
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import checked_address
from chalicelib.domain.session import DAY
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import ANY, Delete, Operation
from chalicelib.stores.account_store import (
    changed_member,
    find_member,
    get_admins,
    get_member,
    invitation_key,
    invited_member,
    new_member,
    put_admins,
    put_invitation,
)
from chalicelib.stores.idempotency_store import Made, Once, made_before, once_puts
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.administer import require_admin
from chalicelib.use_cases.accounts.derived_secret import derived_bearer
from chalicelib.use_cases.accounts.password_rules import new_password_hash
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written

INVITATION_MS = 7 * DAY


@dataclass(frozen=True)
class Invitation:
    """The account, and the token that its owner chooses a password with."""

    member: Member
    token: str


@dataclass(frozen=True)
class InviteMember:
    """Whom to invite as what; without a language the tenant's."""

    email: str
    name: str
    roles: tuple[str, ...]
    language: str | None = None


def invite_member(ctx: Context, principal: Principal, command: InviteMember, once: Once | None = None) -> Invitation:
    """Raises Refused("member_exists"), "address_invalid", "name_wrong" or "role_unknown". A repeated request gets the same invitation."""
    require_admin(principal)
    tenant = get_tenant(ctx.records, principal.tenant)

    def attempt() -> Invitation:
        now = ctx.clock.now_ms()
        before = made_before(ctx.records, once, now)
        if before is not None:
            member = get_member(ctx.records, tenant.id, before.resource)
            return Invitation(member, _token(ctx, member.tenant, member.id))
        invitation = _invitation(ctx, tenant, command, now)
        member = invitation.member
        if find_member(ctx.records, tenant.id, member.email) is not None:
            raise refuse_field("member_exists", "/email", "This address has an account already.")
        writes: list[Operation] = [
            *new_member(member),
            put_invitation(member, invitation.token),
            *once_puts(ctx.records, once, Made(member.id), now),
        ]
        if "admin" in member.roles:
            admins = admins_after(get_admins(ctx.records, tenant.id), member.id, is_admin=True)
            writes.append(put_admins(tenant.id, admins))
        ctx.records.transact(writes, [_invited(ctx, tenant, invitation, principal.id)])
        return invitation

    return until_written(attempt)


def _invitation(ctx: Context, tenant: Tenant, command: InviteMember, now: int) -> Invitation:
    member_id = ctx.ids.new("mb")
    token = _token(ctx, tenant.id, member_id)
    member = Member(
        id=member_id,
        tenant=tenant.id,
        email=checked_address(command.email),
        name=checked_name(command.name),
        roles=checked_roles(command.roles),
        language=command.language or tenant.language,
        state=MemberState.INVITED,
        created_at=now,
        invitation_hash=token_hash(token),
        invitation_expires_at=now + INVITATION_MS,
        version=1,
    )
    return Invitation(member, token)


def _token(ctx: Context, tenant: str, member: str) -> str:
    return derived_bearer(ctx, tenant, member, purpose="invitation")


def _invited(ctx: Context, tenant: Tenant, invitation: Invitation, actor: str) -> Event:
    member = invitation.member
    return make_event(
        ctx,
        type="member.invited.v1",
        tenant=tenant.id,
        subject=member.id,
        sequence=1,
        actor=actor,
        data={"roles": list(member.roles)},
        notify={
            "to": member.email,
            "name": member.name,
            "language": member.language,
            "url": f"{tenant.base_url}/join#{invitation.token}",
            "company": tenant.name,
        },
        personal={"address": member.email},
    )


def accept_invitation(ctx: Context, *, token: str, password: str) -> None:
    """Raises Refused("invitation_invalid"), "password_short", "password_long" or "password_common".

    twice at once:  A: read invited v1 - put active v2, delete invitation
                    B: read invited v1 ------ Conflict: refused, A's password stands
    """
    try:
        tenant_id, _ = split_token(token)
        tenant = get_tenant(ctx.records, tenant_id)
    except NotFound:
        raise invitation_invalid() from None
    member = invited_member(ctx.records, tenant.id, token)
    now = ctx.clock.now_ms()
    if member is None or member.invitation_hash != token_hash(token) or now >= (member.invitation_expires_at or 0):
        raise invitation_invalid()
    after = activated(member, new_password_hash(ctx, tenant, member, password, pointer="/password"))
    event = make_event(
        ctx,
        type="member.changed.v1",
        tenant=tenant.id,
        subject=member.id,
        sequence=member.version + 1,
        actor=member.id,
        data={"settings": ["state"]},
    )
    try:
        gone = Delete(invitation_key(tenant.id, token), expect=ANY)
        ctx.records.transact([changed_member(after), gone], [event])
    except Conflict:
        raise invitation_invalid() from None


def invitation_invalid() -> Refused:
    """One refusal for an invitation that was used, is old, or never was."""
    return Refused("invitation_invalid", "This invitation can't be used any more.")
