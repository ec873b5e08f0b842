"""Trying again: pauses that double, with full jitter, and an end to it."""

import random
import ssl
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from fumibako.errors import ClientError, NetworkFailed
from fumibako.messages import text

ATTEMPTS = 8
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


def with_retries(attempt: Callable[[int], T], *, stop: threading.Event | None = None) -> T:
    """Call ``attempt(n)`` until it gives a value; pauses double from 0.25 s to 30 s with full jitter (AWS Builders' Library).

    Raises NetworkFailed or the ``failure`` of the last Retry after 8 attempts or as many as the Retry allows, at once when
    ``stop`` is set or the server's TLS certificate is not trusted.
    """
    number = 0
    while True:
        try:
            return attempt(number)
        except (Retry, httpx.RequestError, httpx.InvalidURL) as error:
            _require_trusted(error)
            number += 1
            if number >= (error.attempts if isinstance(error, Retry) else ATTEMPTS):
                raise failure_of(error) from error
            asked = error.after if isinstance(error, Retry) else None
            ceiling = min(LONGEST_PAUSE, 0.25 * 2 ** (number - 1))
            pause = asked if asked is not None else random.uniform(0, ceiling)  # noqa: S311  # jitter is no secret
            if stop is None:
                time.sleep(pause)
            elif stop.wait(pause):
                raise NetworkFailed("stopped", text("stopped")) from error


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
