"""The one place that chooses: whose ports a request gets, with whose credentials, and for how long."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.dynamodb_connection import create_table, dynamodb_connection
from chalicelib.adapters.s3_blob_store import S3BlobStore
from chalicelib.adapters.sts_tenant_sessions import HANDED_OUT_MS, STSTenantSessions
from chalicelib.adapters.tenant_key_store import TenantKeyStore
from chalicelib.bootstrap import LazyContext, context, process_context
from chalicelib.bootstrap_tenants import TenantContexts
from chalicelib.config import SettingsInvalid, load_settings
from chalicelib.domain.errors import NotFound
from chalicelib.ports.blob_store import BlobRef
from chalicelib.ports.record_store import Put
from chalicelib.stores.tenant_store import tenant_key
from chalicelib.use_cases.acting_tenant import acting_for
from tests.contract.aws_world import REGION, World, aws_world

ROLE = "arn:aws:iam::123456789012:role/fumibako-test-tenant"
SETTINGS = {
    "FUMIBAKO_MODE": "evaluation",
    "FUMIBAKO_MAIL": "maildir",
    "FUMIBAKO_SCANNER": "none",
    "FUMIBAKO_STORE": "dynamodb",
    "FUMIBAKO_BUS": "sns",
    "FUMIBAKO_SNS_TOPIC_ARN": "arn:aws:sns:ap-northeast-1:123456789012:t",
    "FUMIBAKO_BLOBS": "s3",
    "FUMIBAKO_S3_BUCKET": "b",
    "FUMIBAKO_AWS_REGION": REGION,
    "FUMIBAKO_KEYS": "kms",
    **{f"FUMIBAKO_KMS_{use}_KEY": use for use in ("SEAL", "MAC", "ACCESS", "PROOF", "ROOT")},
}
REF = BlobRef("acme", "tr_01kdv0000000000000000000zz", "bl_01kdv0000000000000000000zz")


@pytest.fixture
def world() -> Iterator[World]:
    with aws_world() as made:
        yield made
    bootstrap._process.clear()


@pytest.fixture
def process(world: World) -> LazyContext:
    made = LazyContext(load_settings({**SETTINGS, "FUMIBAKO_TENANT_ROLE_ARN": ROLE}))
    made.tenants = TenantContexts(made, exists=lambda tenant: tenant != "nobody")
    bootstrap.use_context(made)
    return made


def everybody(_tenant: str) -> bool:
    return True


def key_of(client: Any) -> str:
    return str(client._request_signer._credentials.access_key)


def test_a_request_gets_its_tenants_ports_and_nobody_elses(process: LazyContext) -> None:
    assert context() is process
    with acting_for("acme"):
        acme = context()
        assert context() is acme
    with acting_for("rival"):
        rival = context()
    assert acme is not rival
    assert context() is process is process_context()


def test_every_client_of_a_tenant_has_its_credentials(process: LazyContext) -> None:
    with acting_for("acme"):
        made = context()
    tenants = process.tenants
    assert tenants is not None
    own = tenants.of("acme").session.access_key
    blobs, keys = made.blobs, made.keys
    assert isinstance(blobs, S3BlobStore)
    assert isinstance(keys, TenantKeyStore)
    clients = [
        made.records._connection.client,  # type: ignore[attr-defined]
        made.wrapped_keys._connection.client,  # type: ignore[attr-defined]
        blobs._client,
        keys._own._client,  # type: ignore[attr-defined]
    ]
    assert [key_of(client) for client in clients] == [own] * 4
    assert key_of(process.records._connection.client) != own  # type: ignore[attr-defined]
    assert made.clock is process.clock
    assert made.ids is process.ids
    assert keys._shared is process.keys


def test_an_address_lives_no_longer_than_the_session_that_signed_it(process: LazyContext) -> None:
    with acting_for("acme"):
        made = context()
    tenants = process.tenants
    assert tenants is not None
    ends = tenants.of("acme").session.ends
    late = made.blobs.put_url(REF, "u", number=1, size=1, expires_at=ends + 86_400_000, base_url="https://s3.example")
    seconds = int(late.url.partition("X-Amz-Expires=")[2].partition("&")[0])
    assert seconds <= 31 * 60


class Time:
    ms = 0

    def __call__(self) -> int:
        return self.ms


class Sessions(STSTenantSessions):
    """As many as are wanted, without AWS."""

    def __init__(self, now: Time) -> None:
        super().__init__(self, ROLE, now=now)
        self.count = 0

    def assume_role(self, **_: Any) -> Any:
        import datetime

        self.count += 1
        ends = datetime.datetime.fromtimestamp(self._now() / 1000 + 1860, datetime.UTC)
        return {
            "Credentials": {
                "AccessKeyId": f"A{self.count}",
                "SecretAccessKey": "s",
                "SessionToken": "t",
                "Expiration": ends,
            }
        }


def test_a_new_session_brings_new_clients_and_the_old_ones_go() -> None:
    now = Time()
    contexts = TenantContexts(LazyContext(load_settings(SETTINGS)), Sessions(now), exists=everybody)
    first = contexts.of("acme")
    now.ms = HANDED_OUT_MS - 1
    assert contexts.of("acme") is first
    now.ms = HANDED_OUT_MS
    second = contexts.of("acme")
    assert second is not first
    assert (first.session.access_key, second.session.access_key) == ("A1", "A2")


def test_no_more_contexts_are_kept_than_was_said() -> None:
    contexts = TenantContexts(LazyContext(load_settings(SETTINGS)), Sessions(Time()), kept=2, exists=everybody)
    first = contexts.of("one")
    contexts.of("two")
    contexts.of("three")
    assert list(contexts._made) == ["two", "three"]
    assert contexts.of("one") is not first


def test_nothing_is_asked_for_a_tenant_that_is_not_there() -> None:
    sessions = Sessions(Time())
    contexts = TenantContexts(
        LazyContext(load_settings(SETTINGS)), sessions, kept=1, exists=lambda tenant: tenant == "acme"
    )
    kept = contexts.of("acme")
    for tenant in ("nobody", "no-one", "host", "due"):
        with pytest.raises(NotFound):
            contexts.of(tenant)
    assert (sessions.count, contexts.of("acme")) == (1, kept)


def test_a_tenant_is_there_where_its_settings_are(world: World) -> None:
    made = LazyContext(load_settings({**SETTINGS, "FUMIBAKO_TENANT_ROLE_ARN": ROLE}))
    create_table(dynamodb_connection("fumibako", region=REGION), "fumibako")
    made.records.transact([Put(tenant_key("acme"), {})])
    assert made.of("acme").settings is made.settings
    for tenant in ("nobody", "host"):
        with pytest.raises(NotFound):
            made.of(tenant)


def test_the_front_is_judged_for_nobody(process: LazyContext) -> None:
    with acting_for("nobody"):
        assert bootstrap.front_keys() == ()


def test_without_the_setting_the_process_serves_everybody(world: World) -> None:
    made = LazyContext(load_settings(SETTINGS))
    bootstrap.use_context(made)
    with acting_for("acme"):
        assert context() is made


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"FUMIBAKO_TENANT_ROLE_ARN": "fumibako-prod-tenant"}, "ARN of a role"),
        ({"FUMIBAKO_TENANT_ROLE_ARN": "arn:aws:iam::1:role/x"}, "ARN of a role"),
        ({"FUMIBAKO_TENANT_ROLE_ARN": ROLE, "FUMIBAKO_STORE": "sqlite", "FUMIBAKO_BUS": "sql"}, "store = dynamodb"),
    ],
    ids=["a name", "a short account", "another store"],
)
def test_settings_that_do_not_go_together(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings({**SETTINGS, **changes})
    assert sentence in refused.value.detail
