"""Partners (``<tenant>#partners`` / id), the domain that finds one (``<tenant>#partner-domain#<domain>``), and sign-ins under way at them."""

from dataclasses import asdict, fields
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import checked_id
from chalicelib.domain.partner import MAX_PARTNERS, Attempt, Partner
from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Operation, Put, RecordStore

_PARTNER = frozenset(field.name for field in fields(Partner)) - {"version"}
_ATTEMPT = frozenset(field.name for field in fields(Attempt)) - {"version"}


def partner_key(tenant: str, partner: str) -> Key:
    """Where a partner stands."""
    return Key(f"{tenant}#partners", partner)


def domain_key(tenant: str, domain: str) -> Key:
    """Where the partner of a mail domain is named."""
    return Key(f"{tenant}#partner-domain#{domain}", "partner")


def attempt_key(tenant: str, state_hash: str) -> Key:
    """Where a sign-in under way stands."""
    return Key(f"{tenant}#sso#{state_hash}", "attempt")


def new_partner(partner: Partner) -> list[Operation]:
    """The writes of a new partner; a domain that another one has makes them a Conflict."""
    body = {name: value for name, value in asdict(partner).items() if name in _PARTNER}
    body["domains"] = list(partner.domains)
    claims = [Put(domain_key(partner.tenant, one), {"id": partner.id}, expect=ABSENT) for one in partner.domains]
    return [Put(partner_key(partner.tenant, partner.id), body, expect=ABSENT), *claims]


def removed_partner(partner: Partner) -> list[Operation]:
    """The writes that end a partner; its domains are free again."""
    claims = [Delete(domain_key(partner.tenant, one), expect=ANY) for one in partner.domains]
    return [Delete(partner_key(partner.tenant, partner.id), expect=partner.version), *claims]


def get_partner(records: RecordStore, tenant: str, partner: str) -> Partner:
    """Raises NotFound."""
    record = records.get(partner_key(tenant, checked_id(partner, "pn")))
    if record is None:
        raise NotFound
    return _partner(record.body, record.version)


def find_partner(records: RecordStore, tenant: str, domain: str) -> Partner | None:
    """The partner that speaks for a domain, or None. Two reads where there is one."""
    claim = records.get(domain_key(tenant, domain))
    if claim is None:
        return None
    record = records.get(partner_key(tenant, claim.body["id"]))
    return None if record is None else _partner(record.body, record.version)


def list_partners(records: RecordStore, tenant: str) -> list[Partner]:
    """All of them: there are a hundred at most."""
    page = records.query(f"{tenant}#partners", limit=MAX_PARTNERS)
    return [_partner(record.body, record.version) for record in page.records]


def put_attempt(tenant: str, state_hash: str, attempt: Attempt) -> Put:
    """The write of a new sign-in."""
    body = {name: value for name, value in asdict(attempt).items() if name in _ATTEMPT}
    return Put(attempt_key(tenant, state_hash), body, expect=ABSENT, purge_after=attempt.expires_at)


def get_attempt(records: RecordStore, tenant: str, state_hash: str) -> Attempt | None:
    """The sign-in of a state, or None."""
    record = records.get(attempt_key(tenant, state_hash))
    if record is None:
        return None
    known = {name: value for name, value in record.body.items() if name in _ATTEMPT}
    return Attempt(**known, version=record.version)


def spent_attempt(tenant: str, state_hash: str, attempt: Attempt) -> Delete:
    """The write that makes a state good for once."""
    return Delete(attempt_key(tenant, state_hash), expect=attempt.version)


def _partner(body: dict[str, Any], version: int) -> Partner:
    known = {name: value for name, value in body.items() if name in _PARTNER}
    return Partner(**{**known, "domains": tuple(known["domains"])}, version=version)
