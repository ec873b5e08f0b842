"""A whole install in this process: the four real apps behind the runtime's ASGI app, over SQLite, a directory, a keyring and a maildir.

Requests pass everything that HTTP requests pass, but for the sockets. Workers and schedules run when ``settle`` and ``sweep`` say so, and
the clock is the real one's code over a source that tests move, back too.
"""

import asyncio
import functools
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy

from chalicelib.adapters.argon2_secret_hash import Argon2SecretHash
from chalicelib.adapters.sql_schema import metadata
from chalicelib.adapters.system_clock import SystemClock
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import LazyContext
from chalicelib.bootstrap_prepare import prepare
from chalicelib.config import load_settings
from chalicelib.domain.tenant import Tenant
from chalicelib.use_cases.receiving.byte_gate import require_open
from onprem.runtime.apps import SERVICES
from onprem.runtime.asgi import RuntimeASGI
from onprem.runtime.host import Host
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.metrics import Metrics
from onprem.runtime.scheduler import Schedule, scheduled_event, schedules_of
from onprem.runtime.worker import Worker
from tests.fakes.identity import FakeIdentity
from tests.service.auth.office import service_app
from tests.service.support.caller import Answer
from tests.service.support.tenants import add_tenant, change_tenant

BASE = "https://files.acme.example"
RIVAL = "https://files.rival.example"
ADMIN = "admin@acme.example"
Dump = dict[str, str]


@dataclass
class World:
    """``offset`` is what the host's clock is ahead by, in milliseconds."""

    folder: Path
    offset: int = 0
    requests: list[bytes] = field(default_factory=list)
    recording: bool = False

    def __post_init__(self) -> None:
        self.settings = load_settings(
            {
                "FUMIBAKO_MODE": "evaluation",
                "FUMIBAKO_MAIL": "maildir",
                "FUMIBAKO_SCANNER": "none",
                "FUMIBAKO_DATA_DIR": str(self.folder / "data"),
                "FUMIBAKO_BASE_URL": BASE,
                "FUMIBAKO_MIN_FREE_BYTES": "1",
                "FUMIBAKO_THREADS": "4",
            }
        )
        self.ctx = LazyContext(self.settings)
        self.ctx.clock = SystemClock(self.ctx.records, source=self.host_ms)
        # The cost of Argon2id is its adapter's to show; a world signs in many times.
        self.ctx.hashes = Argon2SecretHash(memory=1_024, passes=1)
        # Nobody outside is asked who somebody is.
        self.ctx.identity = FakeIdentity()
        prepare(self.ctx)
        self.apps: dict[str, FumibakoApp] = {name: service_app(name, self.ctx) for name in SERVICES}
        gate = functools.partial(require_open, self.ctx)
        self.host = Host(self.settings, lambda: self.ctx, lambda: self.ctx.filesystem, gate, Metrics())
        self.worker = Worker(self.host, self.apps)
        self.asgi = RuntimeASGI(self.host, self.apps, ("api", "bytes"))
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.asgi, client=("203.0.113.7", 1)))

    def close(self) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()
        self.host.close()
        self._let_go()

    def host_ms(self) -> int:
        """What the host's clock says."""
        return time.time_ns() // 1_000_000 + self.offset

    @property
    def mail_folder(self) -> Path:
        return self.folder / "data" / "mail"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        base: str | None = None,
    ) -> Answer:
        sent = {} if token is None else {"authorization": f"Bearer {token}"}
        content = raw
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            sent["content-type"] = "application/json"
        return self._ask(method, (base or BASE) + path, content or b"", {**sent, **(headers or {})})

    def signed(self, signed: dict[str, Any], content: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        return self._ask(signed["method"], signed["url"], content, {**signed["headers"], **(headers or {})})

    def at_once(self, *asked: tuple[str, str, bytes, dict[str, str]]) -> list[Answer]:
        """Requests that are all under way at the same time."""

        async def all_of_them() -> list[Answer]:
            return list(await asyncio.gather(*(self._answer(*one) for one in asked)))

        return self._loop.run_until_complete(all_of_them())

    def settle(self) -> None:
        """Hand events to the apps' handlers until none is left."""
        while self.ctx.bus.pump(200) or any(self.worker.handle_batch(name) for name in self.consumers):
            pass

    @property
    def consumers(self) -> list[str]:
        return list(self.worker._handlers)

    def scheduled(self, name: str = "") -> None:
        """Run one schedule of whichever app has it, or every one of all apps."""
        found: list[Schedule] = [one for n, app in self.apps.items() for one in schedules_of(n, app, 1)]
        wanted = [one for one in found if name in ("", one.name)]
        assert wanted, name
        for schedule in wanted:
            schedule.handler(scheduled_event(schedule), HostContext(schedule.name))

    def pass_time(self, ms: int) -> None:
        """Time passes, and what is due gets done."""
        self.offset += ms
        self.scheduled("sweep_due")
        self.settle()

    def tenant(self, tenant: str = "acme", **changes: object) -> Tenant:
        """Change settings as an operator would."""
        return change_tenant(self.ctx, tenant, **changes)

    def new_tenant(self, tenant: str, base: str, admin: str) -> str:
        """A tenant with its first admin; gives the password. Its rate is high, for tests send much."""
        return add_tenant(self.ctx, tenant, base=base, blobs=base, admin=admin)

    def restart_clock(self) -> None:
        """The clock as a process has it that starts now."""
        self.ctx.clock = SystemClock(self.ctx.records, source=self.host_ms)
        for name in ("bus", "mail"):  # built anew at their next use, over the new clock
            self.ctx.__dict__.pop(name, None)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens in the block, the time that passes included, has not happened behind it."""
        data, saved, offset = self.folder / "data", self.folder / "saved", self.offset
        self._let_go()
        shutil.copytree(data, saved)
        try:
            yield
        finally:
            self._let_go()
            shutil.rmtree(data)
            saved.rename(data)
            self.offset = offset
            self.restart_clock()

    def _let_go(self) -> None:
        self.ctx.engine.dispose()
        self.ctx.wrapped_keys_engine.dispose()

    def dump(self) -> Dump:
        """Every row of both databases and the hash of every file of the blob store, by an address of its own."""
        found: Dump = {}
        for place, engine in (("records", self.ctx.engine), ("keys", self.ctx.wrapped_keys_engine)):
            with engine.connect() as connection:
                for table in metadata.sorted_tables:
                    for row in connection.execute(sqlalchemy.select(table)):
                        primary = [str(row._mapping[column]) for column in table.primary_key]
                        found["|".join([place, table.name, *primary])] = repr(tuple(row))
        blobs = self.folder / "data" / "blobs"
        for path in sorted(blobs.rglob("*")):
            name = str(path.relative_to(blobs))
            found[f"blobs|{name}"] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        return found

    def _ask(self, method: str, url: str, content: bytes, headers: dict[str, str]) -> Answer:
        return self._loop.run_until_complete(self._answer(method, url, content, headers))

    async def _answer(self, method: str, url: str, content: bytes, headers: dict[str, str]) -> Answer:
        if self.recording:
            self.requests.append("\n".join([method, url, *map(str, headers.items())]).encode() + b"\n" + content)
        answer = await self._client.request(method, url, content=content, headers=headers)
        return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A world until the block ends."""
    made = World(folder)
    try:
        yield made
    finally:
        made.close()
