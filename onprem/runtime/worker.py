"""The worker role: moves events out of the outbox and hands them to the apps' own SQS handlers.

    outbox --pump--> queue of each consumer --receive (lease)--> @app.on_sqs_message of that service --> ack | fail

How events are leased, shared between threads and acknowledged stands in ``consumer.py``. A handler that raises fails its whole batch on
AWS. Here the batch is then handled one event at a time, so that one poisonous event does not use up the attempts of the others. Delivery is
at least once; handlers are idempotent by event id.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chalice.app import SQSEventConfig

from chalicelib.api.chalice_app import FumibakoApp, log_unhandled
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import CONSUMERS, SCANS
from chalicelib.ports.event_bus import Delivery
from onprem.runtime.consumer import Consumer, Failures
from onprem.runtime.host import Host
from onprem.runtime.lambda_context import HostContext

PUMP: Final = 200
# (threads, events a call, events leased at once): scans and mail relays take their time, so those events go one by one; the audit chain has
# one writer, which makes one block of many entries.
# Two scans at once keep a clamd of one core busy, and no more are leased than are scanned: another container takes the rest.
SHAPES: Final = {"transfers": (4, 1, 50), "notifications": (4, 1, 20), "reporting": (1, 200, 200), SCANS: (2, 1, 2)}
# Whose handlers take a consumer's events, where it is not the service of that name.
_SERVICE_OF: Final = {SCANS: "transfers"}
# Between two empty looks. The relay's promise is two seconds at the 99th percentile.
IDLE_SECONDS: Final = (0.05, 0.5)
# Loops whose work costs one commit however much it is: they let something gather between two rounds that were not full.
GATHERS: Final = {"pump": PUMP, "acks": PUMP, "reporting": SHAPES["reporting"][1]}
_Loop = tuple[str, Callable[[], int], Callable[[float], object]]
_log = logging.getLogger("fumibako.worker")


class Worker:
    """Threads of one process: one pump, one that acknowledges, and SHAPES for each consumer. They end after their slice when the host stops.

    A worker of some ``consumers`` alone moves nothing out of the outbox: in the cloud the table's stream does.
    """

    def __init__(self, host: Host, apps: Mapping[str, FumibakoApp], consumers: Sequence[str] = CONSUMERS) -> None:
        self._host = host
        self._handlers = {name: sqs_handlers(apps[_SERVICE_OF.get(name, name)]) for name in consumers}
        self._consumers = {
            name: Consumer(host, name, self._handled, slice_size=SHAPES[name][1], batch=SHAPES[name][2])
            for name in consumers
        }
        loops: list[_Loop] = [("acks", self._flush, host.stopping.wait)]
        if tuple(consumers) == CONSUMERS:
            loops.append(("pump", self._pump, host.stopping.wait))
        loops += [
            (one.name, one.step, one.wait) for one in self._consumers.values() for _ in range(SHAPES[one.name][0])
        ]
        self._threads = [threading.Thread(target=self._loop, args=one, name=f"worker-{one[0]}") for one in loops]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the events under way, acknowledge them, give back what waits; the host's ``stopping`` must be set."""
        for thread in self._threads:
            thread.join()
        try:
            self._flush()
            for consumer in self._consumers.values():
                consumer.give_back()
        except Refused as refused:
            # Their leases end by themselves.
            _log.warning("store refused", extra={"worker": "stop", "code": refused.code})

    def handle_batch(self, consumer: str) -> int:
        """Lease, handle and acknowledge one slice in this thread; gives how many events it held."""
        held = self._consumers[consumer].step()
        self._consumers[consumer].flush()
        return held

    def _pump(self) -> int:
        moved = self._host.ports().bus.pump(PUMP)
        if moved:
            for consumer in self._consumers.values():
                consumer.wake()
        return moved

    def _flush(self) -> int:
        flushed = sum(consumer.flush() for consumer in self._consumers.values())
        for consumer in self._consumers.values():
            consumer.keep()
        return flushed

    def _handled(self, consumer: str, deliveries: Sequence[Delivery]) -> Failures:
        """Receipts of those that failed. Never raises."""
        failed: Failures = {}
        for handler in self._handlers[consumer]:
            try:
                failed |= _call(handler, deliveries)
            except Exception as error:  # noqa: BLE001  # whatever a handler raises, the event must go back
                if len(deliveries) == 1:
                    self._log_failure(consumer, deliveries[0], error)
                    return {deliveries[0].receipt: isinstance(error, StoreAway)}
                for one in deliveries:
                    failed |= self._handled(consumer, [one])
                return failed
        return failed

    def _log_failure(self, consumer: str, delivery: Delivery, error: Exception) -> None:
        event = delivery.event
        fields = {"consumer": consumer, "event": event.id, "type": event.type, "attempt": delivery.attempt}
        code = error.code if isinstance(error, Refused) else type(error).__name__
        _log.warning("event not handled", extra={**fields, "code": code})
        if not isinstance(error, Refused):
            log_unhandled(error, f"events of {consumer}")

    def _loop(self, name: str, step: Callable[[], int], wait: Callable[[float], object]) -> None:
        idle = IDLE_SECONDS[0]
        while not self._host.stopping.is_set():
            try:
                worked = step()
                idle = IDLE_SECONDS[0] if worked else min(IDLE_SECONDS[1], idle * 1.5)
            except Refused as refused:
                _log.warning("store refused", extra={"worker": name, "code": refused.code})
                worked, idle = 0, float(refused.retry_after or 1)
            except Exception as error:  # noqa: BLE001  # the loop outlives every fault
                log_unhandled(error, f"worker {name}")
                worked, idle = 0, 1.0
            if not worked:
                wait(idle)
            elif worked < GATHERS.get(name, 0):
                self._host.stopping.wait(IDLE_SECONDS[0])


def sqs_handlers(app: FumibakoApp) -> list[Any]:
    """The functions that the app registered with @app.on_sqs_message."""
    return [app.handler_map[source.name] for source in app.event_sources if isinstance(source, SQSEventConfig)]


def sqs_event(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """What Lambda is called with (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html)."""
    return {"Records": [_record(delivery) for delivery in deliveries]}


def _record(delivery: Delivery) -> dict[str, Any]:
    return {
        "messageId": delivery.receipt,
        "receiptHandle": delivery.receipt,
        "body": event_to_json(delivery.event),
        "attributes": {"ApproximateReceiveCount": str(delivery.attempt), "SentTimestamp": str(int(time.time() * 1000))},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:local:000000000000:fumibako",
        "awsRegion": "local",
    }


def _call(handler: Any, deliveries: Sequence[Delivery]) -> Failures:
    answer = handler(sqs_event(deliveries), HostContext(deliveries[0].event.id))
    if not isinstance(answer, dict):
        return {}
    away = answer.get("away", [])
    failures = [failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])]
    return {receipt: receipt in away for receipt in failures}
