"""event_bus on SQLite and PostgreSQL: rows under lease. Everything goes in batches, because on SQLite each commit waits for the disk.

A lease is a moment in ``visible_at``; a receipt names event, attempt and that moment, so a lease that was lost is recognised::

    A: receive (attempt 1) ---- works too long .................. ack: no such lease, nothing happens
    B:                          lease ends, receive (attempt 2) ---- ack: removed

PostgreSQL's workers pass by each other's rows (FOR UPDATE SKIP LOCKED), SQLite's take turns.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Engine, Integer, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chalicelib.adapters.sql_engine import reading, writing
from chalicelib.adapters.sql_schema import deliveries, outbox
from chalicelib.domain.event_interest import patient, wanted
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import CONSUMERS, Event
from chalicelib.ports.clock import Clock
from chalicelib.ports.event_bus import MAX_ATTEMPTS, Delivery, Depth

_columns = deliveries.c
# How long mails that nobody waits for stand back from a flood: twice as long as what ends in it may take.
STAND_BACK_MS: Final = 10 * 60_000
# A flood has rounds that are nearly empty between its full ones; it is over when none was full for so long.
FLOOD_MS: Final = 30_000
_MOST: Final[BindParameter[int]] = bindparam("most", type_=Integer())
_NEXT: Final = (
    select(outbox.c.position, outbox.c.event).order_by(outbox.c.position).limit(_MOST).with_for_update(skip_locked=True)
)
_AMONG: Final = outbox.c.position.in_(bindparam("positions", expanding=True))
_COPIED: Final = ["consumer", "event_id", "dead", "visible_at", "attempt", "event"]
_COPY: Final = select(
    bindparam("reader", type_=_columns.consumer.type),
    outbox.c.event_id,
    literal(0),
    bindparam("now", type_=_columns.visible_at.type),
    literal(0),
    outbox.c.event,
).where(_AMONG)
_DELIVER: Final = {
    "sqlite": sqlite.insert(deliveries).from_select(_COPIED, _COPY).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(deliveries).from_select(_COPIED, _COPY).on_conflict_do_nothing(),
}
_LEAVE: Final = delete(outbox).where(_AMONG)
_MINE: Final = _columns.consumer == bindparam("reader")
_VISIBLE: Final = (
    select(_columns.event_id)
    .where(_MINE, _columns.dead == 0, _columns.visible_at <= bindparam("now"))
    .order_by(_columns.visible_at, _columns.event_id)
    .limit(_MOST)
    .with_for_update(skip_locked=True)
)
_LEASE: Final = (
    update(deliveries)
    .where(_MINE, _columns.event_id.in_(bindparam("ids", expanding=True)))
    .values(visible_at=bindparam("until"), attempt=_columns.attempt + 1)
    .returning(_columns.event_id, _columns.attempt, _columns.event)
)
_HELD: Final = (
    _columns.consumer == bindparam("held_by"),
    _columns.event_id == bindparam("held_id"),
    _columns.attempt == bindparam("held_attempt"),
    _columns.visible_at == bindparam("held_until"),
    _columns.dead == 0,
)
_EXTEND: Final = update(deliveries).where(*_HELD).values(visible_at=bindparam("until"))
_ACK: Final = delete(deliveries).where(*_HELD)
_FAIL: Final = update(deliveries).where(*_HELD)
_DEAD: Final = select(_columns.event).where(_MINE, _columns.dead == 1).order_by(_columns.event_id).limit(_MOST)
_REPLAY: Final = (
    update(deliveries).where(_MINE, _columns.dead == 1).values(dead=0, attempt=0, visible_at=bindparam("now"))
)
_WAITING: Final = select(func.count()).select_from(outbox)
_COUNTS: Final = select(_columns.consumer, _columns.dead, func.count()).group_by(_columns.consumer, _columns.dead)


class SQLEventBus:
    """``engine`` is the one of the record store whose outbox is emptied; ``clock`` times the leases, in milliseconds."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._flood_until = 0

    def pump(self, limit: int) -> int:
        """From the outbox to every queue in one transaction; a crash leaves an event in the outbox or in all queues.

        A round that is a quarter full or more is part of a flood, and so are those soon after it: thousands of transfers end at once, and what is promised for their end
        needs every core. Mails that only tell of it come into sight ten minutes later.
        """
        now = self._clock.now_ms()
        with writing(self._engine) as connection:
            events = {row.position: event_from_json(row.event) for row in connection.execute(_NEXT, {"most": limit})}
            if 4 * len(events) >= limit:
                self._flood_until = now + FLOOD_MS
            back = STAND_BACK_MS if now < self._flood_until else 0
            for consumer in CONSUMERS:
                mine = {position: event for position, event in events.items() if wanted(consumer, event)}
                later = [position for position, event in mine.items() if patient(consumer, event)]
                # Received in the order of visible_at, so a mail that somebody waits for goes ahead of all that are not.
                first = [position for position in mine if position not in set(later)]
                soon = 0 if consumer == "notifications" else now
                for positions, since in ((first, soon), (later, now + back)):
                    if positions:
                        values = {"reader": consumer, "now": since, "positions": positions}
                        connection.execute(_DELIVER[self._engine.dialect.name], values)
            if events:
                connection.execute(_LEAVE, {"positions": list(events)})
        return len(events)

    def receive(self, consumer: str, *, limit: int, lease_ms: int) -> list[Delivery]:
        """Looks before it writes: an empty queue costs no commit."""
        now = self._clock.now_ms()
        asked = {"reader": consumer, "now": now, "most": limit}
        with reading(self._engine) as connection:
            if connection.execute(_VISIBLE, asked | {"most": 1}).first() is None:
                return []
        with writing(self._engine) as connection:
            ids = list(connection.execute(_VISIBLE, asked).scalars())
            until = now + lease_ms
            leased = connection.execute(_LEASE, {"reader": consumer, "ids": ids, "until": until}).all() if ids else []
        found = [Delivery(_receipt(event_id, n, until), event_from_json(event), n) for event_id, n, event in leased]
        return sorted(found, key=lambda delivery: delivery.event.id)

    def extend(self, consumer: str, receipts: Sequence[str], *, lease_ms: int) -> dict[str, str]:
        """All receipts in one commit. The new moment is part of a receipt, so the old one names no lease any more."""
        kept: dict[str, str] = {}
        if not receipts:
            return kept
        until = self._clock.now_ms() + lease_ms
        with writing(self._engine) as connection:
            for receipt in receipts:
                lease = _lease(consumer, receipt)
                if lease and connection.execute(_EXTEND, lease | {"until": until}).rowcount:
                    kept[receipt] = _receipt(lease["held_id"], lease["held_attempt"], until)
        return kept

    def ack(self, consumer: str, receipts: Sequence[str]) -> None:
        """All receipts in one commit."""
        held = [lease for lease in (_lease(consumer, receipt) for receipt in receipts) if lease]
        if held:
            with writing(self._engine) as connection:
                connection.execute(_ACK, held)

    def fail(self, consumer: str, receipt: str, *, delay_ms: int) -> None:
        """Back into the queue, or to the dead letters."""
        lease = _lease(consumer, receipt)
        if lease is None:
            return
        dead = int(lease["held_attempt"] >= MAX_ATTEMPTS)
        # Before the transaction: a clock may write its mark into this very database.
        visible_at = self._clock.now_ms() + delay_ms
        with writing(self._engine) as connection:
            connection.execute(_FAIL, lease | {"dead": dead, "visible_at": visible_at})

    def dead(self, consumer: str, *, limit: int) -> list[Event]:
        """In order of their ids, which is the order of time."""
        with reading(self._engine) as connection:
            rows = connection.execute(_DEAD, {"reader": consumer, "most": limit}).scalars().all()
        return [event_from_json(event) for event in rows]

    def replay(self, consumer: str) -> int:
        """Attempts begin at 1 again."""
        values = {"reader": consumer, "now": self._clock.now_ms()}
        with writing(self._engine) as connection:
            return connection.execute(_REPLAY, values).rowcount

    def depth(self) -> Depth:
        """Two counts."""
        with reading(self._engine) as connection:
            waiting = connection.execute(_WAITING).scalar_one()
            counts = {(consumer, dead): count for consumer, dead, count in connection.execute(_COUNTS)}
        return Depth(
            outbox=waiting,
            queues={consumer: counts.get((consumer, 0), 0) for consumer in CONSUMERS},
            dead={consumer: counts.get((consumer, 1), 0) for consumer in CONSUMERS},
        )


def _receipt(event_id: str, attempt: int, until: int) -> str:
    return f"{event_id}:{attempt}:{until}"


def _lease(consumer: str, receipt: str) -> dict[str, Any] | None:
    """What a receipt names; None for a text that was never a receipt, which is no error."""
    event_id, _, rest = receipt.partition(":")
    attempt, _, until = rest.partition(":")
    if not (attempt.isdecimal() and until.isdecimal()):
        return None
    return {"held_by": consumer, "held_id": event_id, "held_attempt": int(attempt), "held_until": int(until)}
