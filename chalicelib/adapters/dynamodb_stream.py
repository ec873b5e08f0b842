"""OutboxRelay over DynamoDB Streams, whose records Lambda hands over with the view NEW_IMAGE.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html; a record's position is its SequenceNumber. The event
source filters by ``outbox#`` already; it is looked at here again, because without its filter every record of the table would come.

Timeline with a pump beside it: the stream's batch is on its way, the pump sends the same rows and removes them; the relay sends them again and
removes nothing. The consumers drop the second by its id. Removing rows writes REMOVE records, which are passed by.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event

_log = logging.getLogger("fumibako.relay")


class Publisher(Protocol):
    """Sends events and removes them from the outbox; SNSEventBus is one. Gives the ids of those that are safe."""

    def publish(self, events: Sequence[Event]) -> list[str]: ...


class DynamoDBStreamRelay:
    """``bus`` sends; building it does no I/O."""

    def __init__(self, bus: Publisher) -> None:
        self._bus = bus

    def relay(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """The sequence numbers of what was not taken. Raises StoreAway as the bus does."""
        rows = [(str(record["dynamodb"]["SequenceNumber"]), text) for record in records if (text := _new_row(record))]
        events: dict[str, Event] = {}
        for position, text in rows:
            try:
                events[position] = event_from_json(text)
            except Refused as refused:
                _log.error("outbox row not readable", extra={"position": position, "code": refused.code})
        sent = set(self._bus.publish(list(events.values())))
        return [position for position, event in events.items() if event.id not in sent]


def _new_row(record: Mapping[str, Any]) -> str | None:
    """The text of an outbox row that was just written; None for any other record."""
    change: Mapping[str, Any] = record["dynamodb"]
    key = str(change.get("Keys", {}).get("pk", {}).get("S", ""))
    if record.get("eventName") != "INSERT" or not key.startswith("outbox#"):
        return None
    text: str | None = change.get("NewImage", {}).get("b", {}).get("S")
    return text
