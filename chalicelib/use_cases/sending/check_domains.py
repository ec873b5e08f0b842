"""What a sender is told of each domain before sending: never sent there, looks like another, free mail, one's own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.findings import Findings
from chalicelib.domain.look_alikes import LookAlike, forms, look_alike
from chalicelib.domain.mail_domains import FREE_MAIL, domain_of
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import MAX_RECIPIENTS, checked_address
from chalicelib.stores.domain_store import get_domains, is_known, known_near
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.member_address import member_address

MOST: Final = MAX_RECIPIENTS


@dataclass(frozen=True)
class DomainSeen:
    """``first_time``: nobody of the tenant ever sent there; ``first_time_for_you``: the caller did not."""

    domain: str
    recipients: int
    first_time: bool
    first_time_for_you: bool
    free_mail: bool
    internal: bool
    like: LookAlike | None


def check_domains(ctx: Context, principal: Principal, emails: Sequence[str]) -> list[DomainSeen]:
    """The domains of 1 to 500 addresses, those to be looked at first. Reads by keys alone, however many domains the tenant knows.

    Raises Refused("too_many_recipients"), ("address_invalid") naming each address, NotFound for guests.
    """
    principal.require_member()
    counts = Counter(_domains(emails))
    domains = list(counts)
    ours = get_domains(ctx.records, principal.tenant, domains)
    own = get_domains(ctx.records, principal.tenant, domains, owner=principal.id)
    home = _home(ctx, principal)
    new = [one for one in domains if not is_known(ours.get(one)) and one not in FREE_MAIL and one != home]
    near = known_near(ctx.records, principal.tenant, new)
    seen = [
        DomainSeen(
            domain=domain,
            recipients=count,
            first_time=domain not in ours,
            first_time_for_you=domain not in own,
            free_mail=domain in FREE_MAIL,
            internal=domain == home,
            like=look_alike(domain, near[domain] | _everybodys(domain) | {home}) if domain in near else None,
        )
        for domain, count in counts.items()
    ]
    return sorted(seen, key=lambda one: (one.like is None, not one.first_time, not one.first_time_for_you, one.domain))


def _domains(emails: Sequence[str]) -> list[str]:
    if not 1 <= len(emails) <= MOST:
        raise Refused("too_many_recipients", f"Give 1 to {MOST} addresses.")
    findings = Findings()
    domains = []
    for n, email in enumerate(emails):
        with findings.at(f"/emails/{n}"):
            domains.append(domain_of(checked_address(email)))
    findings.require_none()
    return domains


def _home(ctx: Context, principal: Principal) -> str:
    """The domain of the caller's own address; of the tenant's sender where the caller has none, or one of free mail."""
    domain = domain_of(member_address(ctx, principal) or "")
    if domain and domain not in FREE_MAIL:
        return domain
    return domain_of(get_tenant(ctx.records, principal.tenant).sender_address)


def _everybodys(domain: str) -> set[str]:
    """Free mail that shares a form: gmial.com is gmail.com."""
    return {known for form in forms(domain) for known in _free_mail_forms().get(form, ())}


@cache
def _free_mail_forms() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for domain in FREE_MAIL:
        for form in forms(domain):
            found.setdefault(form, set()).add(domain)
    return found
