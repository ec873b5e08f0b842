"""Members of a tenant: the account, its roles, its state. Times in milliseconds.

``invited -> active -> removed``. A removed account keeps its id alone, so that what it sent still has an owner; its address is free again.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import Refused, refuse_field
from chalicelib.domain.ids import TenantId
from chalicelib.domain.principal import ROLES

MAX_NAME = 100


class MemberState(StrEnum):
    """Where an account stands."""

    INVITED = "invited"
    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True)
class SecondFactor:
    """TOTP of an account: its sealed secret (base64url), whether it was confirmed, and the last time step that was used."""

    sealed_secret: str
    confirmed: bool
    last_step: int
    recovery_hashes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """One account. ``password_hash`` is a PHC string, None until the invitation is accepted; ``invitation_hash`` until then."""

    id: str
    tenant: TenantId
    email: str
    name: str
    roles: tuple[str, ...]
    language: str
    state: MemberState
    created_at: int
    password_hash: str | None = None
    invitation_hash: str | None = None
    invitation_expires_at: int | None = None
    second_factor: SecondFactor | None = None
    version: int = 0

    @property
    def has_totp(self) -> bool:
        """Whether a code is asked at sign-in."""
        return self.second_factor is not None and self.second_factor.confirmed


@dataclass(frozen=True)
class Admins:
    """Who administers a tenant: one small record, so that the last one can't go by two changes at once."""

    members: frozenset[str]
    version: int = 0


def admins_after(admins: Admins, member: str, *, is_admin: bool) -> Admins:
    """The admins with or without this member. Raises Refused("last_admin") where nobody would be left."""
    members = admins.members | {member} if is_admin else admins.members - {member}
    if not members:
        raise Refused("last_admin", "A tenant needs one admin at least.")
    return replace(admins, members=members)


def checked_name(text: str) -> str:
    """A name as shown: 1 to 100 characters, none of them a control character. Raises Refused("name_wrong")."""
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise refuse_field("name_wrong", "/name", "A name has 1 to 100 printable characters.")
    return name


def checked_roles(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Known roles, sorted, each once, at least one. Raises Refused("role_unknown")."""
    if not roles or not set(roles) <= set(ROLES):
        raise refuse_field("role_unknown", "/roles", f"Roles are {', '.join(ROLES)}; an account has at least one.")
    return tuple(sorted(set(roles)))


def require_active(member: Member) -> None:
    """Raises Refused("token_invalid") unless the account may be used."""
    if member.state is not MemberState.ACTIVE:
        raise Refused("token_invalid", "This account can't be used.")


def activated(member: Member, password_hash: str) -> Member:
    """The account after its invitation was accepted. Raises Refused("invitation_invalid") for one that is not invited."""
    if member.state is not MemberState.INVITED:
        raise Refused("invitation_invalid", "This invitation can't be used any more.")
    return replace(
        member,
        state=MemberState.ACTIVE,
        password_hash=password_hash,
        invitation_hash=None,
        invitation_expires_at=None,
    )


def removed(member: Member) -> Member:
    """The account without anything personal or secret."""
    return Member(
        id=member.id,
        tenant=member.tenant,
        email="",
        name="",
        roles=(),
        language=member.language,
        state=MemberState.REMOVED,
        created_at=member.created_at,
        version=member.version,
    )
