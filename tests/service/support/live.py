"""The product's runtime as its own process, called over TCP, with people who are signed in."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chalicelib.domain.tenant import with_settings
from chalicelib.ports.record_store import ANY
from chalicelib.stores.tenant_store import get_tenant, put_ops
from tests.service.runtime.processes import ROOT, Install, Runtime
from tests.service.support.caller import Answer
from tests.service.support.people import sign_in


@dataclass
class Live:
    """A started runtime."""

    install: Install
    runtime: Runtime
    client: httpx.Client
    email: str
    password: str
    _token: str = ""
    _renew_at: float = 0.0

    @property
    def admin(self) -> str:
        """The first admin's access token, a new one when the last has been used for half its life: a module may run for longer."""
        if time.monotonic() >= self._renew_at:
            answer = sign_in(self, self.email, self.password)
            self._token = str(answer["access_token"])
            self._renew_at = time.monotonic() + answer["expires_in"] / 2
        return self._token

    @property
    def base(self) -> str:
        return self.runtime.url

    @property
    def mail_folder(self) -> Path:
        return self.install.folder / "data" / "mail"

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
        # A network of their own for people who behave: failed sign-ins are counted by network too.
        sent = {"x-forwarded-for": "198.51.100.7"} | ({} if token is None else {"authorization": f"Bearer {token}"})
        content = raw if body is None else json.dumps(body).encode()
        if content is not None:
            sent["content-type"] = "application/json"
        return _answer(
            self.client.request(
                method, (base or self.base) + path, content=content, headers={**sent, **(headers or {})}
            )
        )

    def signed(self, signed: dict[str, Any], content: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        sent = {**signed["headers"], **(headers or {})}
        return _answer(self.client.request(signed["method"], signed["url"], content=content, headers=sent))

    def settle(self) -> None:
        """The runtime's own workers do it."""


def _answer(answer: httpx.Response) -> Answer:
    return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


@contextmanager
def live(folder: Path, **extra: str) -> Iterator[Live]:
    """A runtime until the block ends, its tenant's host name set to the port it took and its rates out of the way."""
    settings = {"SERVICES_DIR": str(ROOT / "services"), "SCHEDULE_SECONDS": "0.5"}
    settings |= {"ADDRESS_REQUESTS_PER_MINUTE": "1000000", "TRUSTED_PROXIES": "127.0.0.1"}
    install = Install(folder, {**settings, **extra})
    first = install.init()
    with install.serving() as runtime, httpx.Client(timeout=60) as client:
        _settle_in(install, runtime.url)
        yield Live(install, runtime, client, first["email"], first["password"])


def _settle_in(install: Install, url: str) -> None:
    ctx = install.context()
    former = get_tenant(ctx.records, "acme")
    changed = with_settings(
        former, base_url=url, blob_base_url=url, requests_per_minute=1_000_000, quota_transfers_per_day=1_000_000
    )
    ctx.records.transact(put_ops(changed, expect=ANY, former=former))
    ctx.engine.dispose()
