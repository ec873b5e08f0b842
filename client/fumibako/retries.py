"""Trying again: pauses that double, with jitter, and an end to it."""

import random
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from fumibako.driving import run
from fumibako.errors import ClientError, NetworkFailed
from fumibako.messages import text

# With their pauses 76 to 152 s: a minute of a captive portal, or of a server that is started again, is sat through.
ATTEMPTS = 12
LONGEST_PAUSE = 30.0
# A server that never answered in this run is most likely away or misspelt: people wait two seconds for that, not half a minute.
FIRST_CONTACT_ATTEMPTS = 4
# An answer that can't be right may be a proxy's fault once or twice.
WRONG_ATTEMPTS = 3
T = TypeVar("T")


class Retry(Exception):
    """Raised by one attempt that may succeed later.

    ``after``: the pause in seconds that the server asked for. ``attempts``: how many are worth making for this reason.
    ``failure``: what it comes to when none of them helped; a network failure where it is None.
    """

    def __init__(
        self, why: str, after: float | None = None, *, attempts: int = ATTEMPTS, failure: ClientError | None = None
    ) -> None:
        super().__init__(why)
        self.after = after
        self.attempts = attempts
        self.failure = failure


async def again(
    attempt: Callable[[int], Awaitable[T]],
    pause: Callable[[float, threading.Event | None], Awaitable[None]],
    *,
    stop: threading.Event | None = None,
) -> T:
    """Await ``attempt(n)`` until it gives a value; pauses double from 0.25 s to 30 s, half of each with jitter (AWS Builders' Library).

    Raises NetworkFailed or the ``failure`` of the last Retry after 12 attempts or as many as the Retry allows, at once when
    ``stop`` is set or the server's TLS certificate is not trusted.
    """
    number = 0
    while True:
        try:
            return await attempt(number)
        except (Retry, httpx.RequestError, httpx.InvalidURL) as error:
            _require_trusted(error)
            number += 1
            if number >= (error.attempts if isinstance(error, Retry) else ATTEMPTS):
                raise failure_of(error) from error
            asked = error.after if isinstance(error, Retry) else None
            ceiling = min(LONGEST_PAUSE, 0.25 * 2 ** (number - 1))
            # Jitter is no secret.
            await pause(asked if asked is not None else random.uniform(ceiling / 2, ceiling), stop)  # noqa: S311


async def blocking_pause(seconds: float, stop: threading.Event | None = None) -> None:
    """Sleep on this thread. Raises NetworkFailed("stopped") where ``stop`` is set meanwhile."""
    if stop is None:
        time.sleep(seconds)  # noqa: ASYNC251  # of the blocking line alone
    elif stop.wait(seconds):
        raise NetworkFailed("stopped", text("stopped"))


def with_retries(attempt: Callable[[int], T], *, stop: threading.Event | None = None) -> T:
    """``again`` for a function, on this thread."""

    async def awaited(number: int) -> T:
        return attempt(number)

    return run(again(awaited, blocking_pause, stop=stop))


def failure_of(error: Exception) -> ClientError:
    """What an error comes to when it stays."""
    if isinstance(error, Retry) and error.failure is not None:
        return error.failure
    if isinstance(error, httpx.ConnectError):
        why = text("why_unreachable")
    elif isinstance(error, httpx.TimeoutException):
        why = text("why_timeout")
    else:
        why = str(error) if isinstance(error, Retry) else type(error).__name__
    return NetworkFailed("network", text("network", why=why), text("network_hint"))


def _require_trusted(error: BaseException) -> None:
    """Raises NetworkFailed("tls_untrusted"): trying again makes no certificate good."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            raise NetworkFailed("tls_untrusted", text("tls_untrusted"), text("tls_untrusted_hint")) from error
        cause = cause.__cause__ or cause.__context__
