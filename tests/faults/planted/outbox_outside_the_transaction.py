"""A store that writes the records first and their events in a transaction of its own a while later: a kill in between loses them."""

import sys
import threading
from collections.abc import Sequence

from sqlalchemy import Engine

from chalicelib.adapters import sql_record_store
from chalicelib.adapters.sql_transaction import transact
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Operation
from onprem.runtime.__main__ import main

_LATE_SECONDS = 60.0


def apart(
    engine: Engine, operations: Sequence[Operation], texts: Sequence[str | None], events: Sequence[Event]
) -> None:
    transact(engine, operations, texts, ())
    if events:
        timer = threading.Timer(_LATE_SECONDS, transact, (engine, (), (), events))
        timer.daemon = True
        timer.start()


if __name__ == "__main__":
    sql_record_store.transact = apart
    sys.exit(main())
