"""A process that runs one transaction and kills itself between the records and the outbox: ``python -m tests.contract.crash URL``.

The operations come on stdin as ``encode`` wrote them.
"""

import os
import pickle
import signal
import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy import event

from chalicelib.adapters.sql_engine import make_engine
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Operation


def encode(operations: Sequence[Operation], events: Sequence[Event]) -> bytes:
    """Both as bytes for the process; pickle, because both ends are this very test."""
    return pickle.dumps((list(operations), list(events)))


def main() -> None:
    operations, events = pickle.loads(sys.stdin.buffer.read())
    engine = make_engine(sys.argv[1])

    @event.listens_for(engine, "before_cursor_execute")
    def _die(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "outbox" in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    SQLRecordStore(engine).transact(operations, events)


if __name__ == "__main__":
    main()
