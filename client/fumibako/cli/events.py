"""``events``: what happened, one JSON object a line, from a cursor on; nothing is missed and nothing comes twice."""

import json
import time
from argparse import Namespace
from typing import Any, Final

from fumibako.cli.connection import signed_in
from fumibako.cli.interrupts import Interrupts
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import tell
from fumibako.decoding import items_in
from fumibako.http import Api
from fumibako.messages import text
from fumibako.results import Event
from fumibako_format.names import display_name

PAGE: Final = 200
# The server holds no request open for us (a worker of its would stand idle), so we ask: soon after something came, else every 2 s.
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 2.0


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "events",
        shared.member,
        help=text("help_events"),
        about=text("about_events"),
        examples=["fumibako events --since 1200 --follow", "fumibako events --type transfer.ready.v1"],
    )
    verb.add_argument("--since", metavar="CURSOR", help=text("help_since"))
    verb.add_argument("--follow", action="store_true", help=text("help_follow"))
    verb.add_argument("--type", action="append", default=[], metavar="TYPE", help=text("help_event_type"))
    verb.set_defaults(run=run)


class _Reader:
    """``cursor`` lies behind the last line that was printed, or passed over because it is of another type."""

    def __init__(self, api: Api, options: Namespace) -> None:
        self._api = api
        self._types = {one.removeprefix("com.fumibako.") for one in options.type}
        self.cursor: str | None = options.since

    def page(self, stop: Interrupts) -> int:
        """Print what is new; gives how much that was."""
        page = self._api.get("/reporting/v1/events", after=self.cursor, limit=PAGE)
        items = items_in(page, Event)
        for one in items:
            with stop.whole_line():
                if not self._types or one["type"].removeprefix("com.fumibako.") in self._types:
                    print(json.dumps(one, ensure_ascii=False), flush=True)
                self.cursor = one["cursor"]
        self.cursor = page["next"]
        return len(items)


def run(options: Namespace) -> None:
    """Until there is no more, with ``--follow`` until Ctrl-C or SIGTERM. However it ends, the cursor to go on with is told."""
    reader = _Reader(signed_in(options), options)
    pause = _FIRST_PAUSE
    try:
        with Interrupts() as stop:
            while True:
                if reader.page(stop):
                    pause = _FIRST_PAUSE
                    continue
                if not options.follow:
                    break
                time.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 1.5)
    except KeyboardInterrupt:
        if not options.follow:
            raise
    finally:
        if reader.cursor is not None:
            tell(text("events_next", cursor=display_name(reader.cursor)))
