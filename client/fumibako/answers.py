"""Which answers count. Only those of Fumibako itself: JSON on the API, the store's own ETag or range on signed URLs.

Anything else (a portal's page, a proxy's error) is tried again, and in the end reported as a network failure, never as success. No answer
may be larger than what was asked for: a server that sends more ends as an integrity failure, and never fills this computer's memory.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from fumibako.errors import Full, Gone, IntegrityFailed, NetworkFailed, NotAllowed, ServerRefused, UsageError
from fumibako.line import Answer, Answered, Line
from fumibako.messages import text
from fumibako.retries import ATTEMPTS, FIRST_CONTACT_ATTEMPTS, LONGEST_PAUSE, WRONG_ATTEMPTS, Retry
from fumibako.shapes import wrong_name

LARGEST_ANSWER = 64 << 20
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_FINAL = frozenset({"quota_exceeded", "code_spent", "too_many_challenges"})


class ServerAnswer(dict[str, Any]):
    """A JSON object of the server. A member that spec/api.md promises and that is not there is the server's mistake."""

    def __missing__(self, name: str) -> Any:
        raise server_wrong(f"no {name!r}")


def server_wrong(why: str) -> NetworkFailed:
    """What answers there is not Fumibako, or none that this version understands."""
    return NetworkFailed("server_wrong", text("server_wrong", why=why), text("server_wrong_hint"))


def server_id(given: object, kind: str) -> str:
    """An id that came from a server, fit to name a file here: nothing in it leads to another folder. Raises NetworkFailed("server_wrong")."""
    if not isinstance(given, str) or not re.fullmatch(rf"{kind}_[0-9a-z]{{26}}", given):
        raise server_wrong("id")
    return given


async def ask_json(
    line: Line,
    method: str,
    url: str,
    *,
    body: Answer | None = None,
    query: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One attempt. Raises ServerRefused for a problem, Retry for what is not an answer of Fumibako or may pass."""
    first = not line.known
    try:
        answer = await line.exchange(method, url, body=body, query=query, headers=headers)
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
    return _checked(line, answer, first)


def _unreachable(error: httpx.TransportError) -> NetworkFailed:
    timeout = isinstance(error, httpx.TimeoutException)
    why = text("why_timeout") if timeout else text("why_unreachable")
    return NetworkFailed("network", text("network", why=why), text("network_hint"))


def _checked(line: Line, answer: Answered, first: bool) -> Answer:  # noqa: FBT001  # read once above
    if answer.status == 204:
        line.known = True
        return {}
    kind = answer.headers.get("content-type", "").split(";")[0].strip()
    try:
        found = _object(answer.content) if kind in ("application/json", "application/problem+json") else None
    except _WrongKind as error:
        raise Retry(str(error), attempts=WRONG_ATTEMPTS, failure=server_wrong(str(error))) from error
    good = 200 <= answer.status < 300
    # Every refusal of Fumibako has a code. One without is somebody else's: a gateway's, another program's.
    if found is None or not (good or isinstance(found.get("code"), str)):
        why = f"{answer.status} {kind}".strip()
        attempts = FIRST_CONTACT_ATTEMPTS if first else ATTEMPTS
        raise Retry(why, attempts=attempts, failure=server_wrong(why) if first else None)
    if good:
        line.known = True
        return found
    raise _refusal(line, answer, found)


def _refusal(line: Line, answer: Answered, problem: Answer) -> Exception:
    pause = _asked_pause(answer)
    code = problem.get("code")
    line.known = True
    refused = ServerRefused(answer.status, problem, pause)
    transient = answer.status in _TRANSIENT or code == "in_flight"
    # A pause that nobody would sit through is an answer to the person, not to this loop.
    if transient and (pause is None or pause <= LONGEST_PAUSE) and code not in _FINAL:
        return Retry(str(code), pause, failure=refused.as_client_error())
    return refused


def _asked_pause(answer: Answered) -> float | None:
    after = answer.headers.get("retry-after", "")
    return float(after) if after.isascii() and after.isdigit() else None


class _WrongKind(Exception):
    """A member of an answer is of another kind than its name stands for."""


def _object(content: bytes) -> Answer | None:
    """The JSON object of an answer, None where it is none. Raises _WrongKind."""
    try:
        found = json.loads(content, object_hook=_checked_object)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _checked_object(found: dict[str, Any]) -> ServerAnswer:
    wrong = wrong_name(found)
    if wrong is not None:
        raise _WrongKind(wrong)
    return ServerAnswer(found)


def too_large() -> Retry:
    """An answer of the API that goes on and on."""
    return Retry("too large", attempts=WRONG_ATTEMPTS, failure=server_wrong("too large"))


def require_stored(status: int, etag: str | None) -> str:
    """The store's ETag of a part that it has. Raises Retry, Gone (closed meanwhile), Full; a Retry ends as UsageError("upload_closed")
    where another run of the command has completed the upload.
    """
    if status in (200, 201, 204) and etag:
        return etag
    if status == 412:  # if-none-match: an earlier attempt had arrived, its answer had not
        return "present"
    if status == 410:
        raise Gone("gone", text("gone"), text("gone_hint"))
    if status == 507:
        raise Full("store_full", text("store_full"), text("store_full_hint"))
    if status == 409:
        closed = UsageError("upload_closed", text("upload_closed"), text("upload_closed_hint"))
        raise Retry("status 409", attempts=WRONG_ATTEMPTS, failure=closed)
    raise Retry(f"status {status}")


def require_range(status: int, headers: Mapping[str, str], start: int, end: int) -> None:
    """The answer carries exactly bytes ``start`` to ``end`` (exclusive), as far as it says. Raises Retry, Gone."""
    if status == 410:
        raise Gone("gone", text("gone"), text("gone_hint"))
    if status != 206 or not headers.get("content-range", "").startswith(f"bytes {start}-{end - 1}/"):
        raise Retry(f"status {status}")
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) != end - start:
        raise lie("more bytes than asked for" if int(length) > end - start else "fewer bytes than its range")


def lie(why: str) -> Retry:
    """The store says or sends what can't be so: tried again (a proxy may be at fault), then an integrity failure."""
    failure = IntegrityFailed("length_differs", text("length_differs"), text("size_differs_hint"))
    return Retry(why, attempts=WRONG_ATTEMPTS, failure=failure)
