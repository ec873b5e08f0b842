"""``wait``: until a transfer is ready, was fetched by everybody, or is gone."""

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any, Final

from fumibako.cli.connection import signed_in
from fumibako.cli.durations import seconds_of
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import id_of, tell
from fumibako.errors import Gone, NetworkFailed, UsageError
from fumibako.http import Api
from fumibako.messages import text

# Often at first, for small files are ready at once; then seldom, for an expiry may be weeks away.
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
_OVER: Final = ("closed", "destroying", "destroyed")
_FETCHED: Final = ("downloaded", "exhausted")


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "wait",
        shared.member,
        help=text("help_wait"),
        about=text("about_wait"),
        examples=["fumibako wait tr_01j9zk3v0x7q8m2n4p5r6s7t8v --for downloaded --timeout 2h"],
    )
    verb.add_argument("id", metavar="ID", help=text("help_id"))
    verb.add_argument("--for", dest="goal", choices=tuple(GOALS), default="ready", help=text("help_wait_for"))
    verb.add_argument("--timeout", metavar="TIME", help=text("help_timeout"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Raises Gone("wait_in_vain") where it can't happen any more, NetworkFailed("wait_over") at the end of the time."""
    transfer, ends = id_of(options.id, "tr"), None
    if options.timeout is not None:
        ends = time.monotonic() + seconds_of(options.timeout)
    api, pause = signed_in(options), _FIRST_PAUSE
    while True:
        found = api.get(f"/transfers/v1/transfers/{transfer}")
        if GOALS[options.goal](api, found):
            return _reached(found, options)
        state = found["state"]
        if options.goal != "destroyed" and state in _OVER:
            why = text("wait_in_vain", goal=options.goal, state=found.get("reason") or state)
            raise Gone("wait_in_vain", why, text("wait_in_vain_hint", id=transfer))
        left = None if ends is None else ends - time.monotonic()
        if left is not None and left <= 0:
            raise NetworkFailed("wait_over", text("wait_over", goal=options.goal, state=state), text("wait_over_hint"))
        time.sleep(pause if left is None else min(pause, left))
        pause = min(_LONGEST_PAUSE, pause * 1.5)


def _reached(found: dict[str, Any], options: Namespace) -> dict[str, Any]:
    tell(text("waited", id=found["id"], goal=options.goal))
    return {"id": found["id"], "for": options.goal, "state": found["state"], "reason": found.get("reason")}


def _ready(_api: Api, found: dict[str, Any]) -> bool:
    return bool(found["state"] == "ready")


def _downloaded(api: Api, found: dict[str, Any]) -> bool:
    """Everybody has fetched it. Without recipients there is nobody to wait for. Raises UsageError("nobody_waited_for")."""
    page, seen = found, 0
    while True:
        if any(one["state"] not in _FETCHED for one in page["recipients"]):
            return False
        seen += len(page["recipients"])
        following = page.get("recipients_next")
        if not following:
            break
        page = api.get(f"/transfers/v1/transfers/{found['id']}", recipients=following)
    if not seen:
        raise UsageError("nobody_waited_for", text("nobody_waited_for"), text("nobody_waited_for_hint"))
    return True


def _destroyed(_api: Api, found: dict[str, Any]) -> bool:
    return bool(found["state"] == "destroyed")


GOALS: Final[Mapping[str, Callable[[Api, dict[str, Any]], bool]]] = {
    "ready": _ready,
    "downloaded": _downloaded,
    "destroyed": _destroyed,
}
