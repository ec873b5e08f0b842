"""The one port: services, byte path, probes, metrics and the page behind it, as one ASGI app.

Each answer gets a request id, a line in the log and a count in the metrics, with the route's template and never the path itself.
"""

import asyncio
import logging
import os
import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from chalicelib.api import request_scope
from chalicelib.api.body_limits import MAX_BODY_BYTES
from chalicelib.api.chalice_app import FumibakoApp, log_unhandled
from chalicelib.api.plain_html import HEADERS as HTML_HEADERS
from chalicelib.api.plain_request import refusal_page
from chalicelib.api.problems import language_of, problem
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.settings import Role
from onprem.runtime.asgi_messages import (
    MAX_HEAD_BYTES,
    BodyTooLarge,
    Disconnected,
    Message,
    Receive,
    Scope,
    Send,
    answer_lingering,
    head_size,
    header,
    read_body,
    send_answer,
    text_headers,
)
from onprem.runtime.blob_origins import blob_cross_origin
from onprem.runtime.byte_service import ByteService, RangeNotSatisfiable
from onprem.runtime.client_address import ClientAddress
from onprem.runtime.fetch_service import MOUNT, FetchService
from onprem.runtime.gateway import Gateway
from onprem.runtime.health import Health
from onprem.runtime.host import Host
from onprem.runtime.joined_openapi import joined_openapi
from onprem.runtime.mail_reader import MailReader, reads_mail
from onprem.runtime.metrics import MEDIA_TYPE
from onprem.runtime.page import Page
from onprem.runtime.page_origins import TenantOrigins
from onprem.runtime.proxy_event import HTTPRequest

# Paths at the root of the host that the auth service answers without its prefix (RFC 8615, RFC 7644),
# and the pages without script (/p/<token>), whose lists of files are the transfers service's (/p/<token>/files).
_OF_AUTH: Final = (".well-known", "scim", "p")
_PLAIN_FILES: Final = re.compile(r"/[^/]+/files(/.*)?\Z")
_log = logging.getLogger("fumibako.access")


class RuntimeASGI:
    """``gateways`` are the services of this process; none where it only moves bytes."""

    def __init__(self, host: Host, apps: Mapping[str, FumibakoApp], roles: Sequence[Role]) -> None:
        self._host = host
        self._gateways = {name: Gateway(app, f"/{name}") for name, app in apps.items()}
        if "auth" in apps:
            self._gateways |= {name: Gateway(apps["auth"], "") for name in _OF_AUTH}
        self._plain_files = Gateway(apps["transfers"], "") if "transfers" in apps else None
        self._bytes = ByteService(host) if "bytes" in roles else None
        # Where S3 has the bytes, addresses of the compatible download lead to the host of the API.
        opens = "bytes" in roles or (host.settings.blobs == "s3" and "api" in roles)
        self._fetch = FetchService(host) if opens else None
        self._health = Health(host)
        self._address = ClientAddress(host.settings.trusted_proxies, host.settings.front_keys)
        page = host.settings.page_dir
        self._page = Page(page, TenantOrigins(host)) if page else None
        self._mail = MailReader(host) if reads_mail(host.settings) and "api" in roles else None
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._observed(scope, receive, send)

    async def _observed(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        own = os.urandom(12).hex()
        given = header(scope, b"x-request-id")
        identity = request_scope.chosen_request_id({"x-request-id": given}, own)
        seen = _Seen(send)
        service, _, rest = scope["path"].lstrip("/").partition("/")
        token = request_scope.request_id.set(identity)
        route = ""
        try:
            route = await self._answer(service, "/" + rest, scope, receive, seen, identity)
        finally:
            request_scope.request_id.reset(token)
            self._note(service, route, scope["method"], seen.status, time.perf_counter() - began, identity)

    def _note(self, service: str, route: str, verb: str, status: int, seconds: float, identity: str) -> None:
        known = service if service in self._gateways or service in _PLAIN else "page"
        method = verb if verb in _METHODS else "other"
        self._host.metrics.requests.labels(known, route, method, str(status)).inc()
        self._host.metrics.seconds.labels(known, route).observe(seconds)
        if known not in _QUIET:
            fields = {"service": known, "route": route, "method": method, "status": status}
            _log.info("request", extra={**fields, "ms": round(seconds * 1000, 2), "request_id": identity})

    async def _answer(
        self, service: str, rest: str, scope: Scope, receive: Receive, seen: "_Seen", identity: str
    ) -> str:
        """Answer and give the route's template. An error after the answer began cuts the connection, so that nothing looks complete."""
        try:
            return await self._dispatch(service, rest, scope, receive, seen, identity)
        except Disconnected:
            seen.status = seen.status or 499
            return ""
        except Exception as error:  # every fault is answered as a problem
            if not isinstance(error, Refused):
                log_unhandled(error, service)
            if seen.status:
                raise CutOff from error
            refused = error if isinstance(error, Refused) else Refused("internal_error", "The server failed.")
            await self._refuse(refused, scope, receive, seen, identity)
            return f"/{service}" if service in _BYTES else ""

    async def _dispatch(
        self, service: str, rest: str, scope: Scope, receive: Receive, seen: "_Seen", identity: str
    ) -> str:
        _check_head(scope, seen)
        gateway = self._gateways.get(service)
        if service == "p" and _PLAIN_FILES.match(rest):
            gateway = self._plain_files
        if gateway is not None and not self._is_screen(service, rest, scope["method"]):
            return await self._call(gateway, scope, receive, seen, identity)
        if service == "blobs" and self._bytes is not None:
            seen.added = await self._blob_origin(scope)
            if scope["method"] == "OPTIONS":
                await send_answer(seen, 204, (("allow", "GET, HEAD, PUT, OPTIONS"),), b"")
            else:
                await self._bytes.handle(scope, receive, seen)
            return "/blobs"
        if service == "fetch" and self._fetch is not None:
            self._address.require_front(scope)
            await self._fetch.handle(scope, receive, seen, source_ip=self._address.of(scope))
            return "/fetch"
        if service in _PROBES and rest == "/" and (service != "openapi.json" or self._apps):
            await self._probe(service, seen)
            return "/" + service
        if service == "mail" and rest == "/" and self._mail is not None:
            await self._mail.handle(scope, seen, source_ip=self._address.of(scope))
            return "/mail"
        if self._page is not None and scope["method"] in ("GET", "HEAD"):
            await self._page.handle(scope, receive, seen)
            return "/page"
        raise NotFound("There is no such route.")

    def _is_screen(self, service: str, rest: str, method: str) -> bool:
        """Screens and routes share the first step ``/transfers``; routes go on with /v1, screens never do."""
        shared = self._page is not None and service == "transfers" and method in ("GET", "HEAD")
        return shared and not rest.startswith("/v1/")

    async def _call(self, gateway: Gateway, scope: Scope, receive: Receive, seen: "_Seen", identity: str) -> str:
        try:
            body = await read_body(receive, limit=MAX_BODY_BYTES)
        except BodyTooLarge:
            seen.added = (("connection", "close"),)
            raise Refused("body_too_large", f"A body has less than {MAX_BODY_BYTES} bytes.") from None
        raw_path = scope.get("raw_path") or scope["path"].encode()
        request = HTTPRequest(
            method=scope["method"],
            mount=gateway.mount,
            path=raw_path.decode("latin-1").removeprefix(gateway.mount) or "/",
            query=scope["query_string"].decode("latin-1"),
            headers=text_headers(scope),
            body=body,
            source_ip=self._address.of(scope),
            request_id=identity,
        )
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._host.requests, gateway.handle, request)
        await send_answer(seen, answer.status, answer.headers, answer.body)
        return answer.route

    async def _probe(self, name: str, send: Send) -> None:
        loop = asyncio.get_running_loop()
        if name == "metrics":
            ports = self._host.ports
            text = await loop.run_in_executor(self._host.requests, self._host.metrics.rendered, lambda: ports().bus)
            await send_answer(send, 200, (("content-type", MEDIA_TYPE),), text)
            return
        if name == "openapi.json":
            text = await loop.run_in_executor(self._host.requests, joined_openapi, self._apps)
            await send_answer(send, 200, (("content-type", "application/json"), ("cache-control", "no-cache")), text)
            return
        ready = name == "readyz"
        status, body = (
            await loop.run_in_executor(self._host.requests, self._health.ready) if ready else (200, b'{"status":"ok"}')
        )
        await send_answer(send, status, (("content-type", "application/json"), ("cache-control", "no-store")), body)

    async def _blob_origin(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        origin = header(scope, b"origin")
        if not origin:
            return ()
        loop = asyncio.get_running_loop()
        host = header(scope, b"host")
        preflight = scope["method"] == "OPTIONS"
        ask = partial(blob_cross_origin, self._host.ports, origin, host, preflight=preflight)
        return await loop.run_in_executor(self._host.bytes, ask)

    async def _refuse(self, refused: Refused, scope: Scope, receive: Receive, seen: "_Seen", identity: str) -> None:
        extra = {"Content-Range": f"bytes */{refused.size}"} if isinstance(refused, RangeNotSatisfiable) else {}
        language = language_of(header(scope, b"accept-language"))
        answer = partial(answer_lingering, seen, receive) if scope["method"] == "PUT" else partial(send_answer, seen)
        if scope["path"].startswith(MOUNT) and "text/html" in header(scope, b"accept"):
            # A person's browser went there: they read a page, not a document for programs.
            status, text = refusal_page(refused, language)
            await answer(status, (*HTML_HEADERS.items(), *extra.items()), text.encode())
            return
        rendered = problem(refused, request_id=identity, language=language, headers=extra)
        headers = (*rendered.headers.items(), ("X-Request-Id", identity), ("Cache-Control", "no-store"))
        await answer(rendered.status, headers, rendered.body.encode())


def _check_head(scope: Scope, seen: "_Seen") -> None:
    """Raises Refused("headers_too_large"), and Refused("host_unknown") for two hosts: a proxy may have gone by the one that we don't (RFC 9112 3.2)."""
    if head_size(scope) > MAX_HEAD_BYTES:
        seen.added = (("connection", "close"),)
        raise Refused("headers_too_large", f"The head of a request has at most {MAX_HEAD_BYTES} bytes.")
    if sum(name == b"host" for name, _ in scope["headers"]) > 1:
        raise Refused("host_unknown", "A request names one host.")


class CutOff(Exception):
    """The answer could not be completed; the server closes the connection before its promised length."""


class _Seen:
    """A ``send`` that notes the status and adds headers."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.added: tuple[tuple[str, str], ...] = ()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            added = [(name.encode(), value.encode("latin-1", "replace")) for name, value in self.added]
            message["headers"] = [*message["headers"], *added]
        await self._send(message)


_PROBES: Final = frozenset(("healthz", "readyz", "metrics", "openapi.json"))
_BYTES: Final = frozenset(("blobs", "fetch"))
_PLAIN: Final = _PROBES | _BYTES
_QUIET: Final = frozenset(("healthz", "readyz", "metrics"))
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
