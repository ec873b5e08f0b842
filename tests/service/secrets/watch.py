"""Everything that leaves a request: what was ever written to a database, every log line at its lowest level, the metrics, files, mails."""

import base64
import io
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import sqlalchemy

from onprem.runtime.logs import configure_logs
from tests.service.support.world import World

# A partition key of the record store: the tenant or a word of ours, and what lies there.
_KEY = re.compile(r"[a-z][a-z0-9-]*#\S*\Z")


@dataclass
class Watch:
    """``seen`` pairs the place of each text with the text: ``records <pk> <sk>``, ``outbox``, ``deliveries``, ``log``, ``metrics`` and so on."""

    world: World
    lines: io.StringIO = field(default_factory=io.StringIO)
    seen: set[tuple[str, bytes]] = field(default_factory=set)

    def gathered(self) -> set[tuple[str, bytes]]:
        """All of it, with what lies in the folders and the metrics as they are now."""
        found = set(self.seen)
        for handler in logging.getLogger().handlers:
            handler.flush()
        found |= {("log", line.encode()) for line in self.lines.getvalue().splitlines()}
        found.add(("metrics", self.world.call("GET", "/metrics").raw))
        data = self.world.folder / "data"
        for path in data.rglob("*"):
            name = str(path.relative_to(data))
            if path.is_file() and not name.startswith(("records.db", "wrapped-keys.db")):
                found.add(("mail" if name.startswith("mail/") else f"file {name}", path.read_bytes() + name.encode()))
        return found

    def note(self, place: str, parameters: Any) -> None:
        """One write, as the database was given it: rows by name, several of them in a list."""
        for row in parameters if isinstance(parameters, list) else [parameters]:
            values = [str(one) for one in (row.values() if isinstance(row, Mapping) else row)]
            at = next((n for n, value in enumerate(values) if _KEY.match(value)), None)
            where = place if at is None or "records" not in place else f"{place} {values[at]} {values[at + 1]}"
            self.seen.add((where, json.dumps(values, ensure_ascii=False).encode()))


@contextmanager
def watching(world: World) -> Iterator[Watch]:
    """Watch until the block ends, with the logs as a runtime has them at their most talkative."""
    watch = Watch(world)
    root = logging.getLogger()
    former = root.handlers[:], root.level
    configure_logs("debug")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(watch.lines)
    world.recording = True
    engines = (("records", world.ctx.engine), ("wrapped records", world.ctx.wrapped_keys_engine))
    listeners = []
    for name, engine in engines:

        def write(_c: Any, _k: Any, statement: str, parameters: Any, _x: Any, _m: Any, name: str = name) -> None:
            verb, _, rest = statement.partition(" ")
            if verb in ("INSERT", "UPDATE"):
                table = rest.split()[1 if verb == "INSERT" else 0]
                watch.note(name if table == "records" else table, parameters)

        sqlalchemy.event.listen(engine, "before_cursor_execute", write)
        listeners.append((engine, write))
    try:
        yield watch
    finally:
        for engine, listener in listeners:
            sqlalchemy.event.remove(engine, "before_cursor_execute", listener)
        world.recording = False
        root.handlers[:], level = former
        root.setLevel(level)


def forms(secret: str | bytes) -> set[bytes]:
    """A value as it would look in a text, a JSON text, a URL, in hex or in base64."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    found = {raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")}
    if isinstance(secret, str):
        found |= {json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode(), secret.lower().encode()}
        # Text inside JSON inside JSON, as an event in a queue is.
        found.add(json.dumps(json.dumps(secret)[1:-1])[1:-1].encode())
    return found
