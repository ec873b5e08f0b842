"""The host's clock, held to never go back: a high-water mark in the store outlives restarts and a clock that was stepped back.

The mark is written at most once a minute, by whoever is first; losing that write to another process is no harm, because that one wrote
a mark of the same minute. A clock stepped *forward* and back again stands still until real time has caught up: what expired stays expired.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from chalicelib.domain.errors import Conflict, StoreAway, StoreFull
from chalicelib.ports.record_store import ABSENT, Expectation, Key, Put, RecordStore

MARK: Final = Key("clock#", "mark")
REFRESH_MS: Final = 60_000


def host_ms() -> int:
    """What the host says, UTC milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class SystemClock:
    """Reads the mark at first use. ``source`` is the host's clock; only tests give another."""

    def __init__(self, records: RecordStore, *, source: Callable[[], int] = host_ms) -> None:
        self._records = records
        self._source = source
        self._shown = 0
        self._marked: int | None = None
        self._expect: Expectation = ABSENT
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Raises StoreAway only where the mark was never read: without it, expired things could come back to life."""
        with self._lock:
            if self._marked is None:
                self._marked = self._load()
            self._shown = max(self._shown, self._source(), self._marked)
            if self._shown - self._marked >= REFRESH_MS:
                self._refresh()
            return self._shown

    def _load(self) -> int:
        record = self._records.get(MARK)
        self._expect = ABSENT if record is None else record.version
        return 0 if record is None else int(record.body["at"])

    def _refresh(self) -> None:
        """Two processes in the same minute::

        A: read v7 ---- put v8 (expects 7)
        B:     read v7 -------- put (expects 7): Conflict, take over A's mark
        """
        try:
            self._records.transact([Put(MARK, {"at": self._shown}, expect=self._expect)])
            self._expect = 1 if self._expect == ABSENT else int(self._expect) + 1
        except Conflict:
            mark = self._load()
            self._marked = mark
            self._shown = max(self._shown, mark)
            return
        except (StoreAway, StoreFull):
            pass  # an old mark is better than no time; the next minute tries again
        self._marked = self._shown
