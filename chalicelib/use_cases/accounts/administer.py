"""What only an admin may do: accounts, service accounts and the tenant's settings."""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.account import Member, MemberState, admins_after, checked_name, checked_roles, removed
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.tenant import Tenant, with_settings
from chalicelib.ports.record_store import Operation
from chalicelib.stores.account_store import (
    changed_member,
    get_admins,
    get_member,
    list_members,
    put_admins,
    removed_member,
)
from chalicelib.stores.address_book_store import book_erased
from chalicelib.stores.tenant_store import get_tenant, tenant_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written

# What an admin sets. Host names, quotas and backups are the operator's.
SETTINGS = (
    "name",
    "language",
    "default_expiry_days",
    "max_expiry_days",
    "hold_minutes",
    "proof",
    "allow_plain",
    "unscannable",
    "sealed",
    "compatible_downloads",
    "abandon_days",
)


def require_admin(principal: Principal) -> None:
    """Raises NotFound to guests, Refused("role_missing") or "scope_missing" to everybody else who is no admin."""
    principal.require_member()
    principal.require_role("admin")
    principal.require_scope("admin")


@dataclass(frozen=True)
class ChangeMember:
    """What changes; None leaves it as it is. ``version`` is the one that was read."""

    name: str | None
    roles: tuple[str, ...] | None
    language: str | None
    version: int


def page_of_members(
    ctx: Context, principal: Principal, *, limit: int, cursor: str | None
) -> tuple[list[Member], str | None]:
    """One page of accounts."""
    require_admin(principal)
    return list_members(ctx.records, principal.tenant, limit=limit, cursor=cursor)


def show_member(ctx: Context, principal: Principal, member: str) -> Member:
    """Raises NotFound, also for an account that was removed."""
    require_admin(principal)
    return _present(ctx, principal, member)


def change_member(ctx: Context, principal: Principal, member: str, command: ChangeMember) -> Member:
    """Raises NotFound, Refused("version_changed"), "last_admin", "name_wrong" or "role_unknown".

    two admins demote each other:  A: read admins v1 - put v2 without B
                                   B: read admins v1 ------ Conflict - read v2: last admin, refused
    """
    require_admin(principal)

    def attempt() -> Member:
        before = _present(ctx, principal, member)
        if before.version != command.version:
            raise Refused("version_changed", "Somebody changed this account meanwhile.")
        after = replace(
            before,
            name=before.name if command.name is None else checked_name(command.name),
            roles=before.roles if command.roles is None else checked_roles(command.roles),
            language=command.language or before.language,
        )
        _write(ctx, principal, before, after, [changed_member(after)], "member.changed.v1")
        return replace(after, version=before.version + 1)

    return until_written(attempt)


def remove_member(ctx: Context, principal: Principal, member: str) -> None:
    """Raises NotFound or Refused("last_admin"). Sessions and tokens end at once: every use of them reads the account.

    The address book goes in the same write; what else is kept of one's own sending, a worker erases (sending/forget_sender.py).
    """
    require_admin(principal)

    def attempt() -> None:
        before = _present(ctx, principal, member)
        after = removed(before)
        writes = [*removed_member(before, after), *book_erased(before.tenant, before.id)]
        _write(ctx, principal, before, after, writes, "member.removed.v1")

    until_written(attempt)


def _present(ctx: Context, principal: Principal, member: str) -> Member:
    found = get_member(ctx.records, principal.tenant, member)
    if found.state is MemberState.REMOVED:
        raise NotFound
    return found


def _write(
    ctx: Context, principal: Principal, before: Member, after: Member, writes: list[Any], event_type: str
) -> None:
    operations: list[Operation] = list(writes)
    was, will_be = "admin" in before.roles, "admin" in after.roles
    if was != will_be:
        admins = admins_after(get_admins(ctx.records, principal.tenant), before.id, is_admin=will_be)
        operations.append(put_admins(principal.tenant, admins))
    event = make_event(
        ctx,
        type=event_type,
        tenant=principal.tenant,
        subject=before.id,
        sequence=before.version + 1,
        actor=principal.id,
        data={"roles": list(after.roles)},
    )
    ctx.records.transact(operations, [event])


def show_tenant(ctx: Context, principal: Principal) -> Tenant:
    """The settings."""
    require_admin(principal)
    return get_tenant(ctx.records, principal.tenant)


def change_tenant(ctx: Context, principal: Principal, changes: dict[str, Any], *, version: int) -> Tenant:
    """Raises Refused("version_changed") or "setting_invalid". ``changes`` holds names of ``SETTINGS`` only."""
    require_admin(principal)
    if not set(changes) <= set(SETTINGS):
        raise Refused("setting_invalid", "An admin can't change this setting.")

    def attempt() -> Tenant:
        before = get_tenant(ctx.records, principal.tenant)
        if before.version != version:
            raise Refused("version_changed", "Somebody changed the settings meanwhile.")
        if "name" in changes:
            checked_name(changes["name"])
        after = with_settings(before, **changes)
        event = make_event(
            ctx,
            type="tenant.changed.v1",
            tenant=before.id,
            subject=before.id,
            sequence=before.version + 1,
            actor=principal.id,
            data={"settings": sorted(changes)},
        )
        ctx.records.transact([tenant_put(after, expect=before.version)], [event])
        return replace(after, version=before.version + 1)

    return until_written(attempt)
