"""Who is asking: the checked result of the authorizer, and the only source of a tenant on a signed-in route."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId

Kind = Literal["member", "guest", "service"]
ROLES = ("member", "approver", "auditor", "admin")


@dataclass(frozen=True)
class Principal:
    """``id``: mb_ or sa_ id, or the rc_ id of a guest. A guest's ``scope`` is one transfer or request: ``link_subject``."""

    tenant: TenantId
    kind: Kind
    id: str
    session: str
    roles: frozenset[str]
    scopes: frozenset[str] = frozenset()
    channel: str = "public"
    link: str | None = None
    link_subject: str | None = None

    def require_role(self, *roles: str) -> None:
        """Raises Refused("role_missing") unless one of the roles is held."""
        if not self.roles.intersection(roles):
            raise Refused("role_missing", "Your account has no role that allows this.")

    def require_scope(self, scope: str) -> None:
        """Raises Refused("scope_missing") unless the token carries the scope; an interactive session carries ``*``."""
        if "*" not in self.scopes and scope not in self.scopes:
            raise Refused("scope_missing", f"This token lacks the scope {scope}.")

    def require_scopes(self, *scopes: str) -> None:
        """Raises Refused("scope_missing") unless the token carries all of them: nobody hands out what they don't hold."""
        for scope in scopes:
            self.require_scope(scope)

    @property
    def interactive(self) -> bool:
        """Whether a person signed in, in contrast to a token or a program with scopes of its own."""
        return "*" in self.scopes

    def require_member(self) -> None:
        """Guests get the answer of an absent address: a route of members does not exist for them."""
        if self.kind == "guest":
            raise NotFound

    def require_guest_of(self, subject: str) -> None:
        """Raises NotFound unless this is a guest whose link leads to ``subject``."""
        if self.kind != "guest" or self.link_subject != subject:
            raise NotFound
