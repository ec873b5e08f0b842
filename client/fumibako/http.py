"""HTTP towards Fumibako: one pool of connections, retries with backoff and jitter, tokens renewed in time.

Only answers of Fumibako itself count: JSON on the API, the store's own ETag or range on signed URLs. Anything else (a portal's
page, a proxy's error) is tried again, and in the end reported as a network failure, never as success.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx

from fumibako import __version__
from fumibako.credentials import Credentials, save
from fumibako.errors import ClientError, Full, Gone, NetworkFailed, NotAllowed, ServerRefused
from fumibako.messages import language, text

ATTEMPTS = 8
LONGEST_PAUSE = 30.0
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_FINAL = frozenset({"quota_exceeded", "code_spent", "too_many_challenges"})
Answer = dict[str, Any]
T = TypeVar("T")


class Retry(Exception):
    """Raised by one attempt that may succeed later."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


def with_retries(attempt: Callable[[int], T], *, stop: threading.Event | None = None) -> T:
    """Call ``attempt(n)`` until it gives a value; pauses double from 0.25 s to 30 s with full jitter (AWS Builders' Library).

    Raises NetworkFailed after 8 attempts, or at once when ``stop`` is set.
    """
    for number in range(ATTEMPTS):
        try:
            return attempt(number)
        except (Retry, httpx.TransportError) as error:
            if number == ATTEMPTS - 1:
                raise NetworkFailed(
                    "network", text("network", why=type(error).__name__), text("network_hint")
                ) from error
            ceiling = min(LONGEST_PAUSE, 0.25 * 2**number)
            asked = error.after if isinstance(error, Retry) else None
            pause = asked if asked is not None else random.uniform(0, ceiling)  # noqa: S311  # jitter is no secret
            if stop is None:
                time.sleep(pause)
            elif stop.wait(pause):
                raise NetworkFailed("stopped", text("stopped")) from error
    raise AssertionError("unreachable")


def open_pool(*, connections: int = 16) -> httpx.Client:
    """A pool that honours proxy variables and SSL_CERT_FILE; connecting takes 10 s at most, an idle read 60 s."""
    return httpx.Client(
        timeout=httpx.Timeout(60, connect=10),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        headers={"User-Agent": f"fumibako/{__version__}", "Accept-Language": language()},
        follow_redirects=False,
    )


class Api:
    """JSON calls with a bearer token that is renewed before it ends. Safe to use from several threads."""

    def __init__(self, credentials: Credentials, pool: httpx.Client, *, kept_at: Path | None = None) -> None:
        self.credentials = credentials
        self.pool = pool
        self._kept_at = kept_at
        self._renewing = threading.Lock()

    def get(self, path: str, **query: str | int | None) -> Answer:
        return self.call("GET", path, query={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Answer | None = None, *, key: str | None = None) -> Answer:
        return self.call("POST", path, body=body or {}, headers={"Idempotency-Key": key} if key else {})

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def patch(self, path: str, body: Answer, *, version: int) -> Answer:
        return self.call("PATCH", path, body=body, headers={"If-Match": f'"{version}"'})

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Answer | None = None,
        query: dict[str, str | int] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One call. Raises the ClientError of the problem, or NetworkFailed."""

        def attempt(number: int) -> Answer:
            token = self._token()
            sent = {"Authorization": f"Bearer {token}", **(headers or {})}
            try:
                return request_json(
                    self.pool, method, self.credentials.url + path, body=body, query=query, headers=sent
                )
            except ServerRefused as refused:
                if refused.status == 401 and number == 0 and self.credentials.refresh_token:
                    self._renew(token)
                    raise Retry("token", 0) from refused
                raise

        try:
            return with_retries(attempt)
        except ServerRefused as refused:
            raise refused.as_client_error() from refused

    def _token(self) -> str:
        # Renewed a minute early: a token that ends while a body travels would cost the whole body.
        if self.credentials.refresh_token and time.time() > self.credentials.access_expires_at - 60:
            self._renew(self.credentials.access_token)
        return self.credentials.access_token

    def _renew(self, used: str) -> None:
        with self._renewing:
            if self.credentials.access_token != used:
                return
            body = {"grant_type": "refresh_token", "refresh_token": self.credentials.refresh_token}
            try:
                answer = call_open(self.pool, self.credentials.url, "/auth/v1/token", body)
            except ClientError as error:
                if isinstance(error, NotAllowed):
                    raise NotAllowed("signed_out", text("session_ended"), text("signed_out_hint")) from error
                raise
            take_tokens(self.credentials, answer)
            if self._kept_at is not None:
                save(self.credentials, self._kept_at)


def take_tokens(credentials: Credentials, answer: Answer) -> None:
    """Put the tokens of an answer of /auth into the sign-in."""
    credentials.access_token = str(answer["access_token"])
    credentials.access_expires_at = time.time() + float(answer["expires_in"])
    credentials.refresh_token = answer.get("refresh_token") or credentials.refresh_token


def call_open(pool: httpx.Client, url: str, path: str, body: Answer) -> Answer:
    """POST to a route that needs no token. Raises the ClientError of the problem, or NetworkFailed."""
    try:
        return with_retries(lambda _: request_json(pool, "POST", url + path, body=body))
    except ServerRefused as refused:
        raise refused.as_client_error() from refused


def request_json(
    pool: httpx.Client,
    method: str,
    url: str,
    *,
    body: Answer | None = None,
    query: dict[str, str | int] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One attempt. Raises ServerRefused for a problem, Retry for what is not an answer of Fumibako or may pass."""
    try:
        answer = pool.request(method, url, json=body, params=query, headers=headers)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ClientError("url_wrong", text("url_wrong"), text("url_wrong_hint")) from error
    kind = answer.headers.get("content-type", "").split(";")[0].strip()
    if answer.status_code == 204:
        return {}
    if kind not in ("application/json", "application/problem+json"):
        raise Retry(f"status {answer.status_code} of {kind or 'no type'}")
    try:
        content = cast("Answer", answer.json())
    except ValueError as error:
        raise Retry("broken JSON") from error
    if answer.is_success:
        return content
    after = answer.headers.get("retry-after", "")
    pause = float(after) if after.isdigit() else None
    # A pause that nobody would sit through is an answer to the person, not to this loop.
    if (
        answer.status_code in _TRANSIENT
        and (pause is None or pause <= LONGEST_PAUSE)
        and content.get("code") not in _FINAL
    ):
        raise Retry(str(content.get("code")), pause)
    raise ServerRefused(answer.status_code, content, pause)


def put_part(pool: httpx.Client, upload: Answer, body: Iterable[bytes], size: int) -> str:
    """One attempt to PUT a part; gives the store's ETag. Raises Retry, Gone (closed meanwhile), Full."""
    headers = {**upload["headers"], "Content-Length": str(size)}
    answer = pool.request(upload["method"], upload["url"], content=body, headers=headers)
    etag = answer.headers.get("etag")
    if answer.status_code in (200, 201, 204) and etag:
        return str(etag)
    if answer.status_code == 412:  # if-none-match: an earlier attempt had arrived, its answer had not
        return "present"
    if answer.status_code == 410:
        raise Gone("gone", text("gone"), text("gone_hint"))
    if answer.status_code == 507:
        raise Full("store_full", text("store_full"), text("store_full_hint"))
    raise Retry(f"status {answer.status_code}")


def get_range(pool: httpx.Client, download: Answer, start: int, end: int, buffer: bytearray) -> None:
    """One attempt to fetch bytes ``start`` to ``end`` (exclusive) into ``buffer``. Raises Retry, Gone."""
    headers = {**download["headers"], "Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
    with pool.stream(download["method"], download["url"], headers=headers) as answer:
        if answer.status_code == 410:
            raise Gone("gone", text("gone"), text("gone_hint"))
        expected = f"bytes {start}-{end - 1}/"
        if answer.status_code != 206 or not answer.headers.get("content-range", "").startswith(expected):
            raise Retry(f"status {answer.status_code}")
        filled = 0
        for chunk in answer.iter_raw():
            if filled + len(chunk) > end - start:
                raise Retry("more bytes than asked for")
            buffer[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        if filled != end - start:
            raise Retry("fewer bytes than asked for")
