"""The runtime with an event bus at its worst: run instead of ``python -m onprem.runtime``. Events come out of order, some twice, some late, and
some acknowledgements are lost, so that their events come again when the lease is over. UNRULY_SEED decides, UNRULY_LOG counts."""

import os
import random
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from chalicelib.adapters.sql_event_bus import SQLEventBus
from chalicelib.ports.event_bus import Delivery
from onprem.runtime.__main__ import main

_receive, _ack = SQLEventBus.receive, SQLEventBus.ack
_chance = random.Random(os.environ.get("UNRULY_SEED", "0"))
_lock = threading.Lock()
_late: dict[str, list[Delivery]] = {}
_lost: set[str] = set()


def receive(self: SQLEventBus, consumer: str, *, limit: int, lease_ms: int) -> list[Delivery]:
    fresh = _receive(self, consumer, limit=limit, lease_ms=lease_ms)
    with _lock:
        given = _late.pop(consumer, [])
        for one in fresh:
            kind = _chance.random()
            if kind < 0.7:
                given.append(one)
            if kind > 0.4:  # between them: now, and again with a later batch
                _late.setdefault(consumer, []).append(one)
                _count("late" if kind >= 0.7 else "twice")
        _chance.shuffle(given)
        return given


def ack(self: SQLEventBus, consumer: str, receipts: Sequence[str]) -> None:
    with _lock:
        lost = {one for one in receipts if one not in _lost and _chance.random() < 0.2}
        _lost.update(lost)
        for _ in lost:
            _count("acknowledgement lost")
    _ack(self, consumer, [one for one in receipts if one not in lost])


def _count(what: str) -> None:
    with Path(os.environ["UNRULY_LOG"]).open("a") as log:
        log.write(what + "\n")


def run() -> int:
    SQLEventBus.receive, SQLEventBus.ack = receive, ack  # type: ignore[method-assign]
    return main()


if __name__ == "__main__":
    sys.exit(run())
