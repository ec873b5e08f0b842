"""One SQS batch of events handled together: few transactions for many events, and still each judged alone."""

from collections.abc import Callable, Sequence
from typing import Any

from chalice.app import SQSEvent

from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event


def handle_together(batch: SQSEvent, act: Callable[[Sequence[Event]], set[str]]) -> dict[str, Any]:
    """Call ``act`` once with all events that can be read; it gives the ids of those that must come again.

    The answer is Lambda's partial batch response; an unreadable message comes again until it is a dead letter.
    """
    failed: list[str] = []
    messages: list[tuple[str, Event]] = []
    for record in batch.to_dict()["Records"]:
        try:
            messages.append((record["messageId"], event_from_json(record["body"])))
        except Refused:
            failed.append(record["messageId"])
    again = act([event for _, event in messages])
    failed += [message for message, event in messages if event.id in again]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
