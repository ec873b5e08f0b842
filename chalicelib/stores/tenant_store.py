"""Tenants and their host names as records: ``<tenant>#tenant`` and ``host#<host>``; and which tenants there are: ``host#``.

The host record is what an open route stands on: a request's Host header names the tenant before anybody has signed in. The list of tenants is for the
operator's reports (deploy/stacks/reporting_machine.py); no request reads it.
"""

from dataclasses import asdict, fields
from urllib.parse import urlsplit

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import ABSENT, ANY, Delete, Expectation, Key, Operation, Put, Record, RecordStore

_FIELDS = tuple(field.name for field in fields(Tenant) if field.name != "version")


# The partition of the list: no host is empty, so it is nobody's host record.
TENANTS = "host#"


def tenant_key(tenant: str) -> Key:
    """Where a tenant's settings stand."""
    return Key(f"{tenant}#tenant", "tenant")


def host_key(host: str) -> Key:
    """Where a host name says whose it is. ``host`` with its port, in lower case."""
    return Key(f"host#{host}", "host")


def host_of(base_url: str) -> str:
    """Host (and port where the address has one) of a base URL, in lower case."""
    return urlsplit(base_url).netloc.lower()


def tenant_of_record(record: Record) -> Tenant:
    """The tenant of its record, with the record's version."""
    return Tenant(**{name: record.body[name] for name in _FIELDS if name in record.body}, version=record.version)


def get_tenant(records: RecordStore, tenant: str) -> Tenant:
    """The tenant. Raises NotFound."""
    record = records.get(tenant_key(tenant))
    if record is None:
        raise NotFound
    return tenant_of_record(record)


def tenant_of_host(records: RecordStore, host: str) -> TenantId:
    """Whose host name this is. Raises Refused("host_unknown")."""
    host = host.strip().lower()
    record = records.get(host_key(host)) if 0 < len(host) <= 253 + 6 and "\0" not in host else None
    if record is None:
        raise Refused("host_unknown", "No tenant is served under this host name.")
    return TenantId(record.body["tenant"])


def tenant_put(tenant: Tenant, *, expect: Expectation) -> Put:
    """The write of a tenant's settings alone, its host staying what it is: all that a request of the tenant's own may write of it."""
    body = {name: value for name, value in asdict(tenant).items() if name != "version"}
    return Put(tenant_key(tenant.id), body, expect=expect)


def put_ops(tenant: Tenant, *, expect: Expectation, former: Tenant | None = None) -> list[Operation]:
    """Writes of a tenant and its host record; ``former`` is what stood there, so that a host given up is freed."""
    operations: list[Operation] = [tenant_put(tenant, expect=expect)]
    # Each time: tenants that were made by an earlier version come into the list with the operator's next change.
    operations.append(Put(Key(TENANTS, tenant.id), {}, expect=ANY))
    host = host_of(tenant.base_url)
    if former is None or host_of(former.base_url) != host:
        operations.append(Put(host_key(host), {"tenant": tenant.id}, expect=ABSENT))
    if former is not None and host_of(former.base_url) != host:
        operations.append(Delete(host_key(host_of(former.base_url)), expect=ANY))
    return operations
