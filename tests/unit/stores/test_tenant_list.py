"""Which tenants there are: written with each tenant, read by the operator's reports alone."""

from dataclasses import replace

from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import ABSENT, Key
from chalicelib.stores.tenant_store import TENANTS, get_tenant, put_ops, tenant_of_host
from tests.fakes.record_store import FakeRecordStore

TENANT = Tenant(
    TenantId("acme"), "ACME", "https://files.acme.example", "https://files.acme.example", "box@acme.example"
)


def listed(records: FakeRecordStore) -> list[str]:
    return [one.key.sk for one in records.query(TENANTS, prefix="", limit=100, cursor=None).records]


def test_a_tenant_is_listed_from_its_first_write() -> None:
    records = FakeRecordStore()
    records.transact(put_ops(TENANT, expect=ABSENT))
    assert listed(records) == ["acme"]


def test_one_that_an_earlier_version_made_is_listed_with_its_next_change() -> None:
    records = FakeRecordStore()
    records.transact([one for one in put_ops(TENANT, expect=ABSENT) if one.key.pk != TENANTS])
    before = get_tenant(records, "acme")
    records.transact(put_ops(replace(before, name="New"), expect=before.version, former=before))
    assert listed(records) == ["acme"]


def test_the_list_is_nobodys_host() -> None:
    records = FakeRecordStore()
    records.transact(put_ops(TENANT, expect=ABSENT))
    assert tenant_of_host(records, "files.acme.example") == "acme"
    assert records.get(Key(TENANTS, "host")) is None
