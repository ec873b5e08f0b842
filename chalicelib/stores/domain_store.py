"""Mail domains that a tenant sends to: ``<tenant>#domains`` / ``<domain>``, ``<tenant>#domains#<owner>`` / ``<domain>`` for each sender.

Each is looked up by its key, and never listed. A domain that was sent to on two days is *known*: ``<tenant>#near`` / ``<form>`` then names it
under each of its forms (domain/look_alikes.py), at most 16 domains a form.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from chalicelib.domain.look_alikes import forms
from chalicelib.ports.record_store import ANY, Delete, Key, Operation, Put, Record, RecordStore
from chalicelib.stores.keys import expectation

KNOWN_DAYS: Final = 2
_DOMAINS_A_FORM: Final = 16
_MANY: Final = 100


def get_domains(records: RecordStore, tenant: str, domains: Sequence[str], *, owner: str = "") -> dict[str, Record]:
    """What is stored of these domains for the tenant, or for one sender; by domain."""
    return {one.key.sk: one for one in _many(records, [_key(tenant, owner, domain) for domain in domains])}


def is_known(record: Record | None) -> bool:
    """Whether a tenant's domain was sent to on two days or more."""
    return record is not None and int(record.body["days"]) >= KNOWN_DAYS


def known_near(records: RecordStore, tenant: str, domains: Iterable[str]) -> dict[str, set[str]]:
    """For each of these domains, the known ones that share a form with it."""
    of_domain = {domain: forms(domain) for domain in domains}
    every = list(dict.fromkeys(form for some in of_domain.values() for form in some))
    found = {one.key.sk: set(one.body["domains"]) for one in _many(records, [_near(tenant, form) for form in every])}
    return {domain: set().union(*(found.get(form, set()) for form in some)) for domain, some in of_domain.items()}


def domain_puts(records: RecordStore, tenant: str, owner: str | None, domain: str, *, day: int) -> list[Operation]:
    """What a transfer to a domain on a day (days since the epoch) changes: nothing when both sent there on it before; 67 writes at most.

    ``owner`` None notes it for the tenant alone.
    """
    ours = records.get(_key(tenant, "", domain))
    puts: list[Operation] = []
    if owner and records.get(_key(tenant, owner, domain)) is None:
        puts.append(Put(_key(tenant, owner, domain), {}, ANY))
    if ours is not None and day <= ours.body["last"]:
        return puts
    days = 1 if ours is None else min(ours.body["days"] + 1, KNOWN_DAYS)
    if ours is not None and days == ours.body["days"]:
        return puts
    version = 0 if ours is None else ours.version
    puts.append(Put(_key(tenant, "", domain), {"days": days, "last": day}, expectation(version)))
    return [*puts, *(_near_puts(records, tenant, domain) if days == KNOWN_DAYS else ())]


def own_domains_erased(records: RecordStore, tenant: str, owner: str, *, limit: int) -> list[Operation]:
    """The writes that take away up to ``limit`` domains of one sender; none when all are gone."""
    return [Delete(one.key) for one in records.query(f"{tenant}#domains#{owner}", limit=limit).records]


def _near_puts(records: RecordStore, tenant: str, domain: str) -> list[Put]:
    keys = [_near(tenant, form) for form in forms(domain)]
    found = {one.key: one for one in records.get_many(keys)}
    puts = []
    for key in keys:
        record = found.get(key)
        domains = [] if record is None else list(record.body["domains"])
        if domain not in domains and len(domains) < _DOMAINS_A_FORM:
            puts.append(Put(key, {"domains": [*domains, domain]}, expectation(record.version if record else 0)))
    return puts


def _many(records: RecordStore, keys: Sequence[Key]) -> list[Record]:
    return [one for start in range(0, len(keys), _MANY) for one in records.get_many(keys[start : start + _MANY])]


def _key(tenant: str, owner: str, domain: str) -> Key:
    return Key(f"{tenant}#domains#{owner}" if owner else f"{tenant}#domains", domain)


def _near(tenant: str, form: str) -> Key:
    return Key(f"{tenant}#near", form)
