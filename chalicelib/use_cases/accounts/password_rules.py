"""Hashing what people chose, after the rules were asked."""

from dataclasses import replace

from chalicelib.domain.account import Member
from chalicelib.domain.password import check_password
from chalicelib.domain.tenant import Tenant
from chalicelib.use_cases.context import Context


def new_password_hash(ctx: Context, tenant: Tenant, member: Member, password: str, *, pointer: str) -> str:
    """The stored form of a new password. Raises Refused("password_short"), "password_long" or "password_common"."""
    check_password(password, pointer=pointer, personal=(member.email, member.name, tenant.name, tenant.id))
    return ctx.hashes.hash(password)


def renewed_hash(ctx: Context, member: Member, password: str) -> Member:
    """The account with its hash made anew where it was made with weaker parameters; the very same object otherwise."""
    if member.password_hash is None or not ctx.hashes.stale(member.password_hash):
        return member
    return replace(member, password_hash=ctx.hashes.hash(password))
