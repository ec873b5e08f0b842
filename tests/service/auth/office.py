"""The auth service over fakes, called as the runtime's gateway calls it: authorizer, policy, app."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import LazyContext
from chalicelib.domain.link import Link
from chalicelib.domain.tenant import Proof, Tenant
from chalicelib.domain.transfer import Scan, State, Transfer, TransferClass
from chalicelib.stores.link_store import new_link
from chalicelib.stores.transfer_store import get_transfer, transfer_put
from chalicelib.use_cases.accounts.bootstrap_admin import bootstrap_admin
from chalicelib.use_cases.accounts.create_tenant import create_tenant
from chalicelib.use_cases.acting_tenant import acting_tenant
from chalicelib.use_cases.context import Context
from onprem.runtime.gateway import Gateway
from onprem.runtime.proxy_event import HTTPRequest
from tests.fakes.context import FakeContext

HOST = "files.example.co.jp"
ADMIN = "admin@example.co.jp"
GUEST = "Taro@example.com"
SERVICES = Path(__file__).resolve().parents[3] / "services"


def service_app(name: str, context: Context) -> FumibakoApp:
    """The real app.py of a service over this context: its ``from chalicelib.bootstrap import context`` gets ours."""
    spec = importlib.util.spec_from_file_location(f"{name}_under_test", SERVICES / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("chalicelib.bootstrap.context", _ports(context))
        patched.setattr("chalicelib.bootstrap.front_keys", tuple)
        spec.loader.exec_module(module)
    app = module.app
    assert isinstance(app, FumibakoApp)
    app.address_requests_per_minute = 100_000
    return app


def _ports(context: Context) -> Callable[[], Context]:
    """As ``chalicelib.bootstrap.context``, over this context in place of the process's."""
    if isinstance(context, LazyContext):
        return lambda: context.of(acting_tenant())
    return lambda: context


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, decoded body."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class Office:
    """A tenant with its first admin, and a way to call the service."""

    ctx: FakeContext = field(default_factory=FakeContext)
    tenant: Tenant = field(init=False)
    password: str = field(init=False)
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        self.tenant = create_tenant(
            self.ctx,
            tenant_id="acme",
            name="Acme",
            base_url=f"https://{HOST}",
            blob_base_url=f"https://{HOST}",
            sender_address="noreply@example.co.jp",
            language="ja",
        )
        self.password = bootstrap_admin(self.ctx, self.tenant, email=ADMIN, name="Hanako")
        self.gateway = Gateway(service_app("auth", self.ctx), "/auth")

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        host: str = HOST,
        ip: str = "203.0.113.7",
    ) -> Answer:
        path, _, query = path.partition("?")
        sent = {"host": host, **(headers or {})}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if body is not None:
            sent["content-type"] = "application/json"
        raw = b"" if body is None else json.dumps(body).encode()
        request = HTTPRequest(method, "/auth", path, query, tuple(sent.items()), raw, ip, "request-0001")
        answer = self.gateway.handle(request)
        text = answer.body.decode()
        return Answer(answer.status, {n.lower(): v for n, v in answer.headers}, json.loads(text) if text else None)

    def login(self, *, client: str = "cli", **more: Any) -> dict[str, Any]:
        """Sign the first admin in; gives the answer's body."""
        answer = self.call("POST", "/v1/login", {"email": ADMIN, "password": self.password, "client": client} | more)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def token(self) -> str:
        return str(self.login()["access_token"])

    def transfer(self, *, proof: Proof = "code", state: State = State.READY, days: int = 7) -> Transfer:
        """A transfer in the store, as another service would have made it."""
        now = self.ctx.clock.now_ms()
        head = Transfer(
            id=self.ctx.ids.new("tr"),
            tenant=self.tenant.id,
            version=0,
            state=state,
            transfer_class=TransferClass.MANAGED,
            owner=self.admin_id(),
            sender_name="Hanako",
            sender_address=ADMIN,
            company="Acme",
            created_at=now,
            expires_at=now + days * 86_400_000,
            proof=proof,
            language="ja",
            title="見積書",
            files=3,
            bytes=12_345,
            scan=Scan.NOT_SCANNED,
        )
        self.ctx.records.transact([transfer_put(head)])
        return get_transfer(self.ctx.records, self.tenant.id, head.id)

    def admin_id(self) -> str:
        return str(self.ctx.records.query("acme#members").records[0].key.sk)

    def link(self, head: Transfer, **more: Any) -> str:
        """A link to it, bound to the guest's address; gives its token."""
        link = Link(
            id=self.ctx.ids.new("ln"),
            tenant=self.tenant.id,
            subject=head.id,
            kind="transfer",
            created_at=self.ctx.clock.now_ms(),
            proof=head.proof,
            language="ja",
            **({"recipient": self.ctx.ids.new("rc"), "name": "太郎", "address": GUEST} | more),
        )
        token, put = new_link(self.ctx, link)
        self.ctx.records.transact([put])
        return token

    def mailed(self, event_type: str) -> dict[str, Any]:
        """What notifications would open of the newest event of this type."""
        event = [one for one in self.ctx.records.outbox if one.type == event_type][-1]
        opened = self.ctx.keys.open(
            event.sealed["notifications"], tenant=event.tenant, purpose="event-notifications", context=event.id
        )
        return dict(json.loads(opened))

    def guest(self, token: str) -> dict[str, Any]:
        """Prove the guest by a code; gives the tokens."""
        asked = self.call("POST", "/v1/links/challenge", {"token": token})
        assert asked.status == 200, asked.body
        code = self.mailed("challenge.issued.v1")["code"]
        answer = self.call(
            "POST", "/v1/links/verify", {"token": token, "challenge": asked.body["challenge"], "code": code}
        )
        assert answer.status == 200, answer.body
        return dict(answer.body)
