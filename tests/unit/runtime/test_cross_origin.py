import pytest

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import ABSENT
from chalicelib.stores.tenant_store import put_ops
from onprem.runtime.blob_origins import blob_cross_origin
from tests.fakes.context import FakeContext
from tests.unit.runtime.apps import app_over_fakes, call

PAGE = "https://files.example.com"


@pytest.fixture
def context() -> FakeContext:
    made = FakeContext()
    tenant = Tenant(TenantId("acme"), "Acme", PAGE, PAGE, "no-reply@example.com")
    made.records.transact(put_ops(tenant, expect=ABSENT))
    return made


@pytest.fixture
def app(context: FakeContext) -> FumibakoApp:
    app = app_over_fakes(context)
    app.route("/v1/things")(dict)
    return app


def test_the_page_of_a_tenant_may_read_answers(app: FumibakoApp) -> None:
    headers = call(app, "/v1/things", headers={"Origin": PAGE, "Host": "api.example.com"})[1]
    assert headers["Access-Control-Allow-Origin"] == PAGE
    assert headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://files.example.com", "null", "https://[", "x" * 999])
def test_no_other_origin_may(app: FumibakoApp, origin: str) -> None:
    headers = call(app, "/v1/things", headers={"Origin": origin, "Host": "api.example.com"})[1]
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("origin", "host"), [("http://files.example.com", "files.example.com"), ("null", ""), ("https://", "")]
)
def test_a_forged_page_of_the_very_host_may_not(app: FumibakoApp, origin: str, host: str) -> None:
    headers = call(app, "/v1/things", headers={"Origin": origin, "Host": host})[1]
    assert "Access-Control-Allow-Origin" not in headers


def test_a_preflight_names_methods_and_headers(app: FumibakoApp) -> None:
    status, headers, _ = call(app, "/v1/things", "OPTIONS", headers={"Origin": PAGE, "Host": "api.example.com"})
    assert status == 204
    assert "PATCH" in headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in headers["Access-Control-Allow-Headers"]


def test_signed_urls_are_open_to_the_same_origins_without_credentials(context: FakeContext) -> None:
    ours = dict(blob_cross_origin(lambda: context, PAGE, "blobs.example.com", preflight=True))
    theirs = dict(blob_cross_origin(lambda: context, "https://evil.example", "blobs.example.com", preflight=True))
    assert ours["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in ours
    assert theirs == {"vary": "Origin"}
