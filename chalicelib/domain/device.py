"""Device sign-in (RFC 8628): a terminal shows a short code, a person approves it in a page where they are signed in. Milliseconds."""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

LIFE_MS = 10 * 60_000
INTERVAL_SECONDS = 5
# RFC 8628 6.1: no vowels, so that no words come out; 20^8 is 34 bits, tried only by people who are signed in.
USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH = 8


class DeviceState(StrEnum):
    """What the person said, and whether the terminal has heard it."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    SPENT = "spent"


@dataclass(frozen=True)
class DeviceSignIn:
    """``interval`` in seconds grows with each poll that came too soon; ``member`` is who approved."""

    tenant: TenantId
    code_hash: str
    user_code: str
    device_name: str
    created_at: int
    expires_at: int
    state: DeviceState = DeviceState.PENDING
    interval: int = INTERVAL_SECONDS
    last_poll_at: int = 0
    member: str | None = None
    version: int = 0


def checked_user_code(text: str) -> str:
    """The eight letters of what a person typed, in any case, with or without the hyphen. Raises Refused("user_code_unknown")."""
    code = "".join(letter for letter in text.upper() if letter not in "- ")
    if len(code) != USER_CODE_LENGTH or not set(code) <= set(USER_CODE_LETTERS):
        raise user_code_unknown()
    return code


def user_code_unknown() -> Refused:
    """The refusal for a code that leads to nothing, or to nothing any more."""
    return Refused("user_code_unknown", "No sign-in waits under this code.")


def judged(device: DeviceSignIn, *, approve: bool, member: str, now: int) -> DeviceSignIn:
    """The sign-in as the person judged it. Raises Refused("user_code_unknown") once it was judged or its time is over."""
    if device.state is not DeviceState.PENDING or now >= device.expires_at:
        raise user_code_unknown()
    state = DeviceState.APPROVED if approve else DeviceState.DENIED
    return replace(device, state=state, member=member)


def polled(device: DeviceSignIn, now: int) -> DeviceSignIn:
    """The sign-in after the terminal asked (RFC 8628 3.5): SPENT where tokens are due, otherwise a note of the poll."""
    if device.state is DeviceState.APPROVED and now < device.expires_at:
        return replace(device, state=DeviceState.SPENT)
    if device.state is DeviceState.PENDING and now - device.last_poll_at < device.interval * 1000:
        return replace(device, interval=device.interval + 5, last_poll_at=now)
    return replace(device, last_poll_at=now)


def refusal(before: DeviceSignIn, now: int) -> Refused | None:
    """What the terminal is told instead of tokens: RFC 8628's error codes, or None where it gets them."""
    if now >= before.expires_at or before.state is DeviceState.SPENT:
        return Refused("expired_token", "This sign-in was not approved in time, or was used already.")
    if before.state is DeviceState.DENIED:
        return Refused("access_denied", "The sign-in was denied.")
    if before.state is DeviceState.PENDING:
        if now - before.last_poll_at < before.interval * 1000:
            return Refused("slow_down", "Ask less often.", retry_after=before.interval + 5)
        return Refused("authorization_pending", "Nobody has approved it yet.", retry_after=before.interval)
    return None
