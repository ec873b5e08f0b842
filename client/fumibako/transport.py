"""Single attempts of each kind of call, over one pool of connections.

Only answers of Fumibako itself count: JSON on the API, the store's own ETag or range on signed URLs. Anything else (a portal's
page, a proxy's error) is tried again, and in the end reported as a network failure, never as success. No answer may be larger than
what was asked for: a server that sends more ends as an integrity failure, and never fills this computer's memory.
"""

import json
import threading
from collections.abc import Iterable
from typing import Any

import httpx

from fumibako import __version__
from fumibako.errors import Full, Gone, IntegrityFailed, NetworkFailed, NotAllowed, ServerRefused, UsageError
from fumibako.messages import language, text
from fumibako.retries import ATTEMPTS, FIRST_CONTACT_ATTEMPTS, LONGEST_PAUSE, WRONG_ATTEMPTS, Retry

Answer = dict[str, Any]
_LARGEST_ANSWER = 64 << 20
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_FINAL = frozenset({"quota_exceeded", "code_spent", "too_many_challenges"})


class ServerAnswer(dict[str, Any]):
    """A JSON object of the server. A member that spec/api.md promises and that is not there is the server's mistake."""

    def __missing__(self, name: str) -> Any:
        raise server_wrong(f"no {name!r}")


class Pool(httpx.Client):
    """``known`` is set once anything answered as Fumibako does."""

    known = False


def server_wrong(why: str) -> NetworkFailed:
    """What answers there is not Fumibako, or none that this version understands."""
    return NetworkFailed("server_wrong", text("server_wrong", why=why), text("server_wrong_hint"))


def open_pool(*, connections: int = 16) -> Pool:
    """A pool that honours proxy variables and SSL_CERT_FILE; connecting takes 10 s at most, an idle read 60 s.

    Raises UsageError("proxy_wrong") where a proxy variable can't be used.
    """
    try:
        return Pool(
            timeout=httpx.Timeout(60, connect=10),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"User-Agent": f"fumibako/{__version__}", "Accept-Language": language()},
            follow_redirects=False,
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise UsageError("proxy_wrong", text("proxy_wrong"), text("proxy_wrong_hint")) from error
    except OSError as error:  # SSL_CERT_FILE names what is no list of certificates
        raise UsageError("ca_wrong", text("ca_wrong"), text("ca_wrong_hint")) from error


def request_json(
    pool: Pool,
    method: str,
    url: str,
    *,
    body: Answer | None = None,
    query: dict[str, str | int] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One attempt. Raises ServerRefused for a problem, Retry for what is not an answer of Fumibako or may pass."""
    first = not pool.known
    try:
        with pool.stream(method, url, json=body, params=query, headers=headers) as answer:
            content = _read(answer)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise UsageError("url_wrong", text("url_wrong"), text("url_wrong_hint")) from error
    except UnicodeError as error:
        raise NotAllowed("token_wrong", text("token_wrong"), text("signed_out_hint")) from error
    except httpx.TransportError as error:
        if first:
            # A host that drops packets takes 10 s to say nothing.
            attempts = 2 if isinstance(error, httpx.TimeoutException) else FIRST_CONTACT_ATTEMPTS
            raise Retry(type(error).__name__, attempts=attempts, failure=_unreachable(error)) from error
        raise
    return _checked(pool, answer, content, first)


def _unreachable(error: httpx.TransportError) -> NetworkFailed:
    timeout = isinstance(error, httpx.TimeoutException)
    why = text("why_timeout") if timeout else text("why_unreachable")
    return NetworkFailed("network", text("network", why=why), text("network_hint"))


def _checked(pool: Pool, answer: httpx.Response, content: bytes, first: bool) -> Answer:  # noqa: FBT001  # read once above
    if answer.status_code == 204:
        pool.known = True
        return {}
    kind = answer.headers.get("content-type", "").split(";")[0].strip()
    found = _object(content) if kind in ("application/json", "application/problem+json") else None
    if found is None:
        why = f"{answer.status_code} {kind}".strip()
        attempts = FIRST_CONTACT_ATTEMPTS if first else ATTEMPTS
        raise Retry(why, attempts=attempts, failure=server_wrong(why) if first else None)
    if answer.is_success:
        pool.known = True
        return found
    raise _refusal(pool, answer, found)


def _refusal(pool: Pool, answer: httpx.Response, problem: Answer) -> Exception:
    after = answer.headers.get("retry-after", "")
    pause = float(after) if after.isdigit() else None
    code = problem.get("code")
    pool.known = pool.known or code is not None
    refused = ServerRefused(answer.status_code, problem, pause)
    transient = answer.status_code in _TRANSIENT or code == "in_flight"
    # A pause that nobody would sit through is an answer to the person, not to this loop.
    if transient and (pause is None or pause <= LONGEST_PAUSE) and code not in _FINAL:
        return Retry(str(code), pause, failure=refused.as_client_error())
    return refused


def _read(answer: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            raise Retry("too large", attempts=WRONG_ATTEMPTS, failure=server_wrong("too large"))
    return bytes(content)


def _object(content: bytes) -> Answer | None:
    try:
        found = json.loads(content, object_hook=ServerAnswer)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def put_part(pool: httpx.Client, upload: Answer, body: Iterable[bytes], size: int) -> str:
    """One attempt to PUT a part; gives the store's ETag. Raises Retry, Gone (closed meanwhile), Full."""
    headers = {**upload["headers"], "Content-Length": str(size)}
    # The answer's own body is of no interest, so it is not read: it could be endless.
    with pool.stream(upload["method"], upload["url"], content=body, headers=headers) as answer:
        status, etag = answer.status_code, answer.headers.get("etag")
        if answer.headers.get("content-length", "0") == "0":
            answer.read()  # nothing comes; the connection goes back to the pool
    if status in (200, 201, 204) and etag:
        return str(etag)
    if status == 412:  # if-none-match: an earlier attempt had arrived, its answer had not
        return "present"
    if status == 410:
        raise Gone("gone", text("gone"), text("gone_hint"))
    if status == 507:
        raise Full("store_full", text("store_full"), text("store_full_hint"))
    raise Retry(f"status {status}")


def get_range(
    pool: httpx.Client,
    download: Answer,
    start: int,
    end: int,
    buffer: bytearray,
    stop: threading.Event | None = None,
) -> None:
    """One attempt to fetch bytes ``start`` to ``end`` (exclusive) into ``buffer``. Raises Retry, Gone; stops where ``stop`` is set."""
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
                raise _lie("more bytes than asked for")
            if stop is not None and stop.is_set():
                raise Retry("stopped")
            buffer[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        if filled != end - start:
            if answer.headers.get("content-length") == str(filled):
                raise _lie("fewer bytes than its range")  # it said so itself: no line was cut
            raise Retry("fewer bytes than asked for")


def _lie(why: str) -> Retry:
    failure = IntegrityFailed("length_differs", text("length_differs"), text("size_differs_hint"))
    return Retry(why, attempts=WRONG_ATTEMPTS, failure=failure)
