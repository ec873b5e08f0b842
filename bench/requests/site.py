"""An install on SQLite and a folder, without a port: requests go straight to the gateways, so that what one costs is the request alone."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.install import wait
from bench.processes import ROOT, plain_environment, python, run, stop
from chalicelib import bootstrap
from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings
from chalicelib.domain.tenant import with_settings
from chalicelib.ports.record_store import ANY
from chalicelib.stores.tenant_store import get_tenant, put_ops
from fumibako_format import base64url
from fumibako_format.keys import associated_data, file_key
from fumibako_format.record import FileRecord, seal_record
from fumibako_format.streaming import Header, Sealer
from onprem.runtime.apps import load_app
from onprem.runtime.gateway import Gateway
from onprem.runtime.proxy_event import HTTPAnswer, HTTPRequest

TENANT = "bench"
HOST = "127.0.0.1:8080"
URL = f"http://{HOST}"
CONTENT = b"x" * 1_000
NEW_TRANSFER = {
    "class": "managed",
    "files": [{"name": "report.pdf", "size": len(CONTENT), "media_type": "application/pdf"}],
    "recipients": [{"email": "guest@partner.example", "name": "Guest"}],
    "title": "Report",
    "hold_minutes": 0,
    "expires_in_minutes": 7 * 24 * 60,
}


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What its processes run with."""
    own = {
        "MODE": "evaluation",
        "DATA_DIR": str(folder / "data"),
        "BASE_URL": URL,
        "MAIL": "maildir",
        "SCANNER": "none",
        "MIN_FREE_BYTES": "1",
        "ADDRESS_REQUESTS_PER_MINUTE": "1000000",
        **more,
    }
    return plain_environment(**{f"FUMIBAKO_{name}": value for name, value in own.items()})


def make_site(folder: Path, *, url: str = URL) -> None:
    """Data folder, keys, schema, tenant, first admin (in ``first.json``); rates and the daily quota out of the way."""
    folder.mkdir(parents=True)
    command = [python(), "-m", "onprem.runtime", "init", "--tenant", TENANT, "--admin-email", "admin@bench.example"]
    made = run(command, environment=environment(folder, BASE_URL=url))
    (folder / "first.json").write_text(made.splitlines()[-1])
    ctx = context_of(folder)
    former = get_tenant(ctx.records, TENANT)
    wide = with_settings(former, requests_per_minute=1_000_000, quota_transfers_per_day=1_000_000)
    ctx.records.transact(put_ops(wide, expect=ANY, former=former))
    ctx.engine.dispose()


def context_of(folder: Path) -> LazyContext:
    """The site's stores, opened in this process."""
    return LazyContext(load_settings(environment(folder)))


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """A worker beside it: events and schedules."""
    own = environment(folder, ROLES="worker", SCHEDULE_SECONDS="0.5")
    with (folder / "worker.log").open("wb") as out:
        process = subprocess.Popen(
            [python(), "-m", "onprem.runtime", "serve"], stdout=out, stderr=out, env=own, cwd=ROOT
        )
    try:
        yield
    finally:
        stop(process)


@dataclass
class Desk:
    """The first admin of a site, signed in."""

    folder: Path
    ctx: LazyContext
    host: str = HOST
    transfers: Gateway = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        bootstrap.use_context(self.ctx)
        first = json.loads((self.folder / "first.json").read_text())
        auth = Gateway(load_app("auth", self.ctx.settings), "/auth")
        self.transfers = Gateway(load_app("transfers", self.ctx.settings), "/transfers")
        body = {"email": first["email"], "password": first["password"], "client": "cli"}
        self.token = _body(auth.handle(request("POST", "/auth", "/v1/login", body, host=self.host)), 200)[
            "access_token"
        ]

    def request(self, method: str, path: str, body: Any = None) -> HTTPRequest:
        """A request to the transfers service."""
        return request(method, "/transfers", path, body, token=self.token, host=self.host)

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Its answer's body. Raises RuntimeError for another status."""
        return _body(self.transfers.handle(self.request(method, path, body)), status)

    def uploaded(self) -> str:
        """A new transfer whose one file lies in the store and is named; what is left is to complete it."""
        made = self.call("POST", "/v1/transfers", NEW_TRANSFER, status=201)
        (entry,), (upload,) = made["files"], made["uploads"]
        own = file_key(base64url.decode(made["transfer_key"]), entry["id"])
        sealer = Sealer(own, associated_data(made["id"], entry["id"]), Header.generate(self.ctx.ids.random))
        self._put(upload["url"], sealer.seal(0, CONTENT, last=True))
        record = FileRecord("report.pdf", "application/pdf", len(CONTENT), None)
        sealed = seal_record(record, file_key=own, file_id=entry["id"], random=self.ctx.ids.random)
        done = {"files": [{"id": entry["id"], "record": base64url.encode(sealed)}]}
        self.call("POST", f"/v1/transfers/{made['id']}/files/complete", done)
        return str(made["id"])

    def ready(self) -> str:
        """A transfer that reached its recipient."""
        transfer = self.uploaded()
        self.call("POST", f"/v1/transfers/{transfer}/complete", {}, status=202)
        with working(self.folder):
            wait(lambda: self.call("GET", f"/v1/transfers/{transfer}")["state"] == "ready", "it is ready", seconds=60)
            # Twice: an event that a handler made while its own left the queue was in neither at the first look.
            wait(lambda: all(self._quiet() for _ in range(2)), "its events are handled", seconds=60)
        return transfer

    def _quiet(self) -> bool:
        """Nothing waits, on its way to a queue or in one."""
        depth = self.ctx.bus.depth()
        return not depth.outbox and not any(depth.queues.values())

    def _put(self, url: str, content: bytes) -> None:
        path, _, query = url.removeprefix(f"http://{self.host}").partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&"))
        grant = self.ctx.filesystem.authorize("PUT", path, pairs, now=self.ctx.clock.now_ms())
        sink = self.ctx.filesystem.sink(grant)
        sink.write(content)
        sink.commit()


def request(method: str, mount: str, path: str, body: Any = None, *, token: str = "", host: str = HOST) -> HTTPRequest:
    """As the runtime's front hands it on."""
    path, _, query = path.partition("?")
    headers = {"host": host, "user-agent": "bench", "accept": "application/json"}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    headers |= {"content-type": "application/json"} if body is not None else {}
    raw = b"" if body is None else json.dumps(body).encode()
    return HTTPRequest(method, mount, path, query, tuple(headers.items()), raw, "127.0.0.1", "request-0001")


def _body(answer: HTTPAnswer, status: int) -> Any:
    if answer.status != status:
        raise RuntimeError(f"answered {answer.status}: {answer.body.decode()}")
    return json.loads(answer.body)
