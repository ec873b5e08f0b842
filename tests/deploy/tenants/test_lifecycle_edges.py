"""The edges of the machine: what AWS refuses, the smoke test over HTTP, names in DNS, the export, and the command."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from chalicelib.stores.account_store import bootstrap_key
from chalicelib.stores.tenant_store import host_key, tenant_key
from chalicelib.stores.wrapped_key_store import wrapped_key
from deploy.errors import Refused
from deploy.names import SERVICES
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.registry import FileRegistry
from deploy.tenants.lifecycle.smoke import HttpSmoke
from deploy.tenants.lifecycle.tenancy import Tenancy
from deploy.tenants.lifecycle.tenant_items import tenant_pk
from deploy.tenants.lifecycle.world import UnderWay
from tests.deploy.tenants.lifecycle_world import SILO, Vendor, vendor_world

ROOT = Path(__file__).resolve().parents[3]


def answer(code: str, message: str = "said") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Op")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answer("ExpiredToken"), "credentials_expired"),
        (answer("ExpiredTokenException"), "credentials_expired"),
        (answer("InvalidClientTokenId"), "credentials_expired"),
        (NoCredentialsError(), "credentials_missing"),
        (answer("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED"), "quota_reached"),
        (answer("LimitExceededException"), "quota_reached"),
        (answer("ServiceQuotaExceededException"), "quota_reached"),
    ],
    ids=str,
)
def test_what_a_person_has_to_mend(error: Exception, code: str) -> None:
    with pytest.raises(Refused) as refused, told():
        raise error
    assert refused.value.code == code


@pytest.mark.parametrize("code", ["ConcurrentModificationException", "OperationInProgressException", "Throttling"])
def test_what_time_mends(code: str) -> None:
    with pytest.raises(UnderWay), told():
        raise answer(code)


def test_what_nobody_foresaw_passes_up() -> None:
    with pytest.raises(ClientError), told():
        raise answer("InternalFailure")


@contextmanager
def served(pages: dict[str, tuple[int, bytes]], *, cut: str = "") -> Iterator[str]:
    """A host that answers these paths, and 404 elsewhere. ``cut``: a path whose answer breaks off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            status, body = pages.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + (self.path == cut)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


GOOD = {f"/{service}/v1/openapi.json": (200, b'{"openapi": "3.1.0"}') for service in SERVICES}


def test_the_smoke_test_asks_every_service() -> None:
    smoke = HttpSmoke(scheme="http", seconds=5)
    with served(GOOD) as host:
        assert smoke.faults(host) == []
    with served({**GOOD, "/auth/v1/openapi.json": (502, b"")}) as host:
        assert smoke.faults(host) == ["auth answers 502."]
    with served({**GOOD, "/transfers/v1/openapi.json": (200, b"<html>")}) as host:
        assert smoke.faults(host) == ["transfers does not answer (JSONDecodeError)."]
    with served({**GOOD, "/reporting/v1/openapi.json": (200, b"{}")}) as host:
        assert smoke.faults(host) == ["reporting answers something else than our document."]
    with served({**GOOD, "/reporting/v1/openapi.json": (200, b"[]")}) as host:
        assert smoke.faults(host) == ["reporting answers something else than our document."]
    with served(GOOD, cut="/auth/v1/openapi.json") as host:
        assert smoke.faults(host) == ["auth does not answer (IncompleteRead)."]
    assert len(smoke.faults(host)) == 4


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with vendor_world() as made:
        yield made


def test_the_keys_here_are_the_keys_of_the_stores() -> None:
    assert tenant_key("acme") == (tenant_pk("acme", "tenant"), "tenant")
    assert host_key("files.acme.example") == (tenant_pk("host", "files.acme.example"), "host")
    assert bootstrap_key("acme") == (tenant_pk("acme", "bootstrap"), "bootstrap")
    assert wrapped_key("acme", "tr_1").pk.startswith(tenant_pk("acme", "key", "tr_"))


def test_a_set_up_that_died_between_tenant_and_admin_is_begun_anew(vendor: Vendor) -> None:
    client = vendor.aws.client("dynamodb")
    vendor.put(client, "fumibako-shared-records", "beta#tenant", "tenant", {"base_url": "https://files.beta.example"})
    vendor.put(client, "fumibako-shared-records", "host#files.beta.example", "host", {"tenant": "beta"})
    members = vendor.place().world.members
    members.create("shared", "", "beta", name="Beta", host="files.beta.example")
    assert vendor.set_ups == {"beta": 1}
    members.create("shared", "", "beta", name="Beta", host="files.beta.example")
    assert vendor.set_ups == {"beta": 1}


def test_the_export_holds_audit_and_usage_and_nobody_elses(vendor: Vendor) -> None:
    client, table = vendor.aws.client("dynamodb"), "fumibako-shared-records"
    vendor.put(client, table, "beta#audit#blocks", "000000000002", {"n": 2})
    vendor.put(client, table, "beta#audit#blocks", "000000000001", {"n": 1})
    vendor.put(client, table, "beta#usage", "2026-01-01", {"bytes": 7})
    vendor.put(client, table, "acme#usage", "2026-01-01", {"bytes": 9})
    place = vendor.place().world.members.export("shared", "", "beta")
    assert place == "s3://exports/shared/beta.jsonl"
    text = vendor.aws.client("s3").get_object(Bucket="exports", Key="shared/beta.jsonl")["Body"].read().decode()
    assert [(one["part"], one["sk"]) for one in map(json.loads, text.splitlines())] == [
        ("audit#blocks", "000000000001"),
        ("audit#blocks", "000000000002"),
        ("usage", "2026-01-01"),
    ]


def test_an_account_that_nobody_knows(vendor: Vendor) -> None:
    with pytest.raises(Refused) as refused:
        vendor.place().world.accounts.assign("999999999999", "acme")
    assert refused.value.code == "account_unknown"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy", "tenant", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_lists_and_refuses(tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    FileRegistry(path).save(Tenancy(SILO).with_done("account", {"account": "111122223333"}))
    listed = run("list", "--registry", str(path))
    assert (listed.returncode, listed.stdout) == (0, "acme\tsilo\tacme1\tbaseline\n")
    units = ["--pool-unit", "ou-1", "--customers-unit", "ou-2", "--leaving-unit", "ou-3", "--exports", "e"]
    unknown = run("go-on", "nobody", "--registry", str(path), *units)
    assert (unknown.returncode, "[tenancy_unknown]" in unknown.stderr) == (2, True)
    never = run("offboard", "acme", "--registry", str(path), *units)
    assert (never.returncode, "[tenancy_never_served]" in never.stderr) == (2, True)
    wrong = run(
        "onboard",
        "due",
        "--delivery",
        "silo",
        "--stage",
        "x1",
        "--host",
        "h",
        "--name",
        "N",
        "--registry",
        str(path),
        *units,
    )
    assert (wrong.returncode, "[tenancy_wrong]" in wrong.stderr) == (2, True)
