"""What no page may do, whatever a test is about: errors in the console, policy violations, requests to other hosts, answers 5xx.

The guard watches a whole browser context, pages and workers, and its verdict comes when the context is closed. A test that breaks something on
purpose says so with ``allow``.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_OWN_SCHEMES = frozenset({"blob", "data", "about", "chrome-error", "filesystem"})
_API = ("/auth/", "/transfers/", "/notifications/", "/reporting/", "/blobs/")
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Guard:
    """``origins`` are the page's own and that of its tenant's store."""

    def __init__(self, context: BrowserContext, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)
        self._allowed: list[re.Pattern[str]] = []
        self._seen: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def allow(self, pattern: str) -> None:
        """A regular expression of what this test brings about on purpose."""
        self._allowed.append(re.compile(pattern))

    @property
    def offences(self) -> list[str]:
        """What was seen and not allowed, in order, each once."""
        return [one for one in dict.fromkeys(self._seen) if not any(p.search(one) for p in self._allowed)]

    def forget(self) -> None:
        """Begin anew: what was seen and what was allowed so far belongs to a test that is over."""
        self._allowed = []
        self._seen = []

    def verdict(self) -> None:
        """Raises AssertionError with all offences."""
        found = self.offences
        assert not found, "the page did what no page may:\n" + "\n".join(found)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning", "assert"):
            return
        where = message.location.get("url", "")
        # The API refuses things every day (no cookie yet, a wrong code), and Chromium writes each refusal into the console.
        if _ANSWERED.match(message.text) and urlsplit(where).path.startswith(_API):
            return
        self._seen.append(f"console {message.type}: {message.text} ({where})")

    def _error(self, error: WebError) -> None:
        self._seen.append(f"page error: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _OWN_SCHEMES and f"{parts.scheme}://{parts.netloc}" not in self._origins:
            self._seen.append(f"third-party request: {request.method} {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._seen.append(f"answer {response.status}: {response.request.method} {urlsplit(response.url).path}")
