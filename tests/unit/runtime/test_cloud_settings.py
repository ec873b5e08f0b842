"""Settings of containers in the cloud: a document handed over, the role that scans, who opens files."""

import asyncio
from typing import Any

import pytest

from chalicelib.bootstrap import LazyContext
from chalicelib.config import SettingsInvalid, load_settings
from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.settings import Settings
from onprem.runtime.asgi import RuntimeASGI
from onprem.runtime.client_address import ClientAddress
from onprem.runtime.host import Host
from onprem.runtime.metrics import Metrics
from onprem.runtime.supervisor import planned_children
from tests.fakes.context import FakeContext

GOOD = {"FUMIBAKO_BASE_URL": "https://files.example.jp", "FUMIBAKO_SMTP_HOST": "relay"}
CLOUD = {
    **GOOD,
    "FUMIBAKO_STORE": "dynamodb",
    "FUMIBAKO_BUS": "sns",
    "FUMIBAKO_SNS_TOPIC_ARN": "arn:aws:sns:ap-northeast-1:111122223333:fumibako-dev-events",
}
TENANT = Tenant(
    TenantId("acme"), "ACME", "https://files.acme.example", "https://bytes.acme.example", "box@acme.example"
)


def faults(environ: dict[str, str]) -> set[str]:
    with pytest.raises(SettingsInvalid) as invalid:
        load_settings(environ)
    return {one.pointer for one in invalid.value.errors}


def test_a_document_may_be_handed_over_and_the_environment_wins() -> None:
    document = 'threads = 3\nlisten_port = 1000\nroles = ["api"]\n'
    settings = load_settings({**GOOD, "FUMIBAKO_SETTINGS": document, "FUMIBAKO_LISTEN_PORT": "2000"})
    assert (settings.threads, settings.listen_port, settings.roles) == (3, 2000, ("api",))


def test_the_document_wins_over_the_file(tmp_path: Any) -> None:
    file = tmp_path / "fumibako.toml"
    file.write_text("threads = 3\nworkers = 2\n", "utf-8")
    settings = load_settings({**GOOD, "FUMIBAKO_CONFIG": str(file), "FUMIBAKO_SETTINGS": "threads = 5\n"})
    assert (settings.threads, settings.workers) == (5, 2)


def test_a_document_that_is_no_toml_is_named_and_not_quoted() -> None:
    assert faults({**GOOD, "FUMIBAKO_SETTINGS": "secret = "}) == {"/settings"}


def test_unknown_names_of_the_document_are_refused() -> None:
    assert faults({**GOOD, "FUMIBAKO_SETTINGS": "unheard = 1\n"}) == {"/unheard"}


def test_who_scans_needs_the_cloud_s_bus_and_a_scanner() -> None:
    assert load_settings({**CLOUD, "FUMIBAKO_ROLES": "scan"}).roles == ("scan",)
    assert faults({**GOOD, "FUMIBAKO_ROLES": "scan"}) == {"/roles"}
    without = {"FUMIBAKO_SCANNER": "none", "FUMIBAKO_SCANNER_REASON": "a test"}
    assert faults({**CLOUD, **without, "FUMIBAKO_ROLES": "scan"}) == {"/roles"}


def test_a_short_secret_of_the_front_is_refused() -> None:
    assert faults({**GOOD, "FUMIBAKO_FRONT_KEYS": "short"}) == {"/front_keys"}
    assert load_settings({**GOOD, "FUMIBAKO_FRONT_KEYS": f"{'a' * 32}, {'b' * 40}"}).front_keys == ("a" * 32, "b" * 40)


def test_who_scans_has_a_child_of_its_own_and_no_socket() -> None:
    assert [one.roles for one in planned_children(Settings(roles=("scan",), processes=2), None)] == [("scan",)]


def test_functions_name_the_container_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fumibako-transfers-prod-api_handler")
    assert LazyContext(Settings(fetch="front")).fetch_addresses.url(TENANT, "T") == "https://files.acme.example/fetch/T"
    with pytest.raises(Refused, match="compatible_away"):
        LazyContext(Settings()).fetch_addresses.url(TENANT, "T")


def scope(**headers: str) -> dict[str, Any]:
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": ("10.20.0.7", 1), "headers": given}


def test_the_front_says_who_asks_and_nobody_else_does() -> None:
    address = ClientAddress((), ("k" * 48,))
    said = {"x_fumibako_viewer_address": "203.0.113.5"}
    assert address.of(scope(x_fumibako_front="k" * 48, **said)) == "203.0.113.5"
    assert address.of(scope(x_fumibako_front="o" * 48, **said)) == "10.20.0.7"
    assert ClientAddress(()).of(scope(x_fumibako_front="", **said)) == "10.20.0.7"


@pytest.mark.parametrize(("key", "status"), [("k" * 48, 404), ("o" * 48, 421), ("", 421)])
def test_a_container_opens_files_for_the_front_alone(key: str, status: int) -> None:
    context = FakeContext()
    settings = Settings(threads=1, front_keys=("k" * 48,))
    host = Host(settings, lambda: context, lambda: None, lambda *_: None, Metrics())
    asked = scope(x_fumibako_front=key, x_fumibako_viewer_address="203.0.113.5")
    asked |= {"type": "http", "method": "GET", "path": "/fetch/acme.unknown", "query_string": b""}
    answered: list[Any] = []

    async def send(message: Any) -> None:
        answered.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    asyncio.run(RuntimeASGI(host, {}, ("bytes",))(asked, receive, send))
    assert answered[0]["status"] == status
    host.close()
