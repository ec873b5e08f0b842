"""What an admin says of partners: which sign-in service speaks for which mail domains."""

from dataclasses import dataclass

from chalicelib.domain.account import checked_name
from chalicelib.domain.errors import Conflict, Refused, refuse_field
from chalicelib.domain.events import Event
from chalicelib.domain.partner import MAX_PARTNERS, Partner, checked_domains, checked_issuer
from chalicelib.domain.principal import Principal
from chalicelib.stores.partner_store import find_partner, get_partner, list_partners, new_partner, removed_partner
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.administer import require_admin
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from fumibako_format import base64url

PURPOSE = "partner-secret"


@dataclass(frozen=True)
class AddPartner:
    """As the admin gives it."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    domains: tuple[str, ...]
    required: bool


def page_of_partners(ctx: Context, principal: Principal) -> list[Partner]:
    """All partners."""
    require_admin(principal)
    return list_partners(ctx.records, principal.tenant)


def add_partner(ctx: Context, principal: Principal, command: AddPartner) -> Partner:
    """Raises Refused("issuer_invalid"), "domain_invalid", "domain_taken", "partners_full" or "name_wrong"; StoreAway where the issuer does not answer.

    two admins:  A: put partner a + claim of the domain (absent)
                 B: put partner b + claim ------ Conflict: domain_taken
    """
    require_admin(principal)
    if len(list_partners(ctx.records, principal.tenant)) >= MAX_PARTNERS:
        raise Refused("partners_full", f"There are {MAX_PARTNERS} partners already.")
    identity = ctx.ids.new("pn")
    secret = command.client_secret.encode()
    sealed = ctx.keys.seal(secret, tenant=principal.tenant, purpose=PURPOSE, context=identity)
    partner = Partner(
        id=identity,
        tenant=principal.tenant,
        name=checked_name(command.name),
        issuer=checked_issuer(command.issuer),
        client_id=command.client_id,
        sealed_secret=base64url.encode(sealed),
        domains=checked_domains(command.domains),
        created_at=ctx.clock.now_ms(),
        required=command.required,
        version=1,
    )
    for domain in partner.domains:
        _require_free(ctx, partner.tenant, domain)
    ctx.identity.check(partner.issuer)
    try:
        ctx.records.transact(new_partner(partner), [_changed(ctx, principal)])
    except Conflict:
        raise _taken() from None
    return partner


def remove_partner(ctx: Context, principal: Principal, partner: str) -> None:
    """Its people are asked for a code again. Raises NotFound, Conflict."""
    require_admin(principal)
    ctx.records.transact(
        removed_partner(get_partner(ctx.records, principal.tenant, partner)), [_changed(ctx, principal)]
    )


def _require_free(ctx: Context, tenant: str, domain: str) -> None:
    if find_partner(ctx.records, tenant, domain) is not None:
        raise _taken()


def _taken() -> Refused:
    return refuse_field("domain_taken", "/domains", "Another partner speaks for one of these domains.")


def _changed(ctx: Context, principal: Principal) -> Event:
    return make_event(
        ctx,
        type="tenant.changed.v1",
        tenant=principal.tenant,
        subject=principal.tenant,
        sequence=get_tenant(ctx.records, principal.tenant).version,
        actor=principal.id,
        data={"settings": ["partners"]},
    )
