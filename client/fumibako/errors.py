"""What can go wrong on the client's side, and the exit code each ends with.

0 done, 1 a fault of the command itself, 2 usage, 3 not allowed or signer unknown, 4 not found, 5 expired, 6 integrity, 7 network,
8 full, 130 interrupted.
"""

from collections.abc import Mapping
from typing import Any, Final

from fumibako_format.names import display_name

EXIT_FAULT: Final = 1
EXIT_USAGE: Final = 2
EXIT_NOT_ALLOWED: Final = 3
EXIT_NOT_FOUND: Final = 4
EXIT_EXPIRED: Final = 5
EXIT_INTEGRITY: Final = 6
EXIT_NETWORK: Final = 7
EXIT_FULL: Final = 8
EXIT_INTERRUPTED: Final = 130

# A create of 500 files can be wrong in 500 places; the first ones tell enough.
MOST_PROBLEMS: Final = 5


class ClientError(Exception):
    """One failure: a stable ``code``, what happened, and what to do next."""

    exit_code = EXIT_USAGE

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class LocalFault(ClientError):
    """Nothing a person did: this computer or this command failed in a way that has no better name."""

    exit_code = EXIT_FAULT


class UsageError(ClientError):
    """The command or its files are not as they must be."""


class NotAllowed(ClientError):
    """Signed out, not permitted, or a signer nobody vouched for."""

    exit_code = EXIT_NOT_ALLOWED


class NotFound(ClientError):
    """The server knows nothing at this address for you."""

    exit_code = EXIT_NOT_FOUND


class Gone(ClientError):
    """Expired, recalled, used up or destroyed."""

    exit_code = EXIT_EXPIRED


class IntegrityFailed(ClientError):
    """Bytes, sizes or signatures do not hold; nothing of the segment at fault was written."""

    exit_code = EXIT_INTEGRITY


class NetworkFailed(ClientError):
    """No answer, or none of Fumibako's, after every retry."""

    exit_code = EXIT_NETWORK


class Full(ClientError):
    """No room: on this disk, in the store, or within the company's quota."""

    exit_code = EXIT_FULL


_BY_STATUS: Mapping[int, type[ClientError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    410: Gone,
    429: NetworkFailed,
    503: NetworkFailed,
    507: Full,
}
_BY_CODE: Mapping[str, type[ClientError]] = {"quota_exceeded": Full, "store_full": Full}


class ServerRefused(Exception):
    """A problem answer (RFC 9457) as it came; ``as_client_error`` turns it into the failure a person reads."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        super().__init__(str(problem.get("code", status)))
        self.status = status
        self.code = str(problem.get("code", f"http_{status}"))
        self.problem = problem
        self.retry_after = retry_after

    def as_client_error(self) -> ClientError:
        """The failure with its exit code, the server's own words and next step."""
        kind = _BY_CODE.get(self.code) or _BY_STATUS.get(self.status)
        kind = kind or (NetworkFailed if self.status >= 500 else UsageError)
        words = [str(self.problem.get("title") or self.code)]
        listed = self.problem.get("errors")
        items = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
        words += [f"{item.get('pointer')}: {item.get('detail')}" for item in items[:MOST_PROBLEMS]]
        if len(items) > MOST_PROBLEMS:
            words.append(f"(+ {len(items) - MOST_PROBLEMS})")
        if not items and self.problem.get("detail"):
            words.append(str(self.problem["detail"]))
        # What a server says is shown on a terminal: nothing in it may move the cursor or hide.
        return kind(
            display_name(self.code), display_name(" - ".join(words)), display_name(str(self.problem.get("hint") or ""))
        )
