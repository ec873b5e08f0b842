"""One SQS batch of events, each judged alone: what failed goes back, what was done does not come again.

The answer is Lambda's partial batch response (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). A handler
that raised for one event would bring back all of them. ``away``, which Lambda does not look at, names those for which a store, scanner or
relay did not answer, or whose work another handler began and has not ended: a host keeps trying these for as long as that lasts, while others end as dead letters.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from chalice.app import SQSEvent

from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event

_NOT_ITS_FAULT: Final = frozenset(("store_away", "in_flight"))
_log = logging.getLogger("fumibako.events")


def handle_batch(batch: SQSEvent, act: Callable[[Event], object]) -> dict[str, Any]:
    """Call ``act`` for each event; gives the message ids of those that must come again."""
    failed: list[dict[str, str]] = []
    away: list[str] = []
    for record in batch.to_dict()["Records"]:
        event: Event | None = None
        try:
            event = event_from_json(record["body"])
            act(event)
        except Exception as error:  # noqa: BLE001  whatever it is, the other events of the batch must go on
            code = error.code if isinstance(error, Refused) else type(error).__name__
            fields = {"event": event.id, "type": event.type} if event else {}
            _log.warning("event not handled", extra={**fields, "code": code})
            failed.append({"itemIdentifier": record["messageId"]})
            if code in _NOT_ITS_FAULT:
                away.append(record["messageId"])
    return {"batchItemFailures": failed, **({"away": away} if away else {})}
