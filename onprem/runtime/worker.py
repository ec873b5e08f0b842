"""The worker role: moves events out of the outbox and hands them to the apps' own SQS handlers.

    outbox --pump--> queue of each consumer --receive (lease)--> @app.on_sqs_message of that service --> ack | fail

A handler that raises fails its whole batch on AWS. Here the batch is then handled one event at a time, so that one poisonous event
does not use up the attempts of the others. Delivery is at least once; handlers are idempotent by event id.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from chalice.app import SQSEventConfig

from chalicelib.api.chalice_app import FumibakoApp, log_unhandled
from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import CONSUMERS
from chalicelib.ports.event_bus import Delivery
from onprem.runtime.host import Host
from onprem.runtime.lambda_context import HostContext

BATCH: Final = 50
PUMP: Final = 200
# One thread may be busy with a long check while the other keeps small events moving.
THREADS: Final = 2
# Between two empty looks. The relay's promise is two seconds at the 99th percentile.
IDLE_SECONDS: Final = (0.05, 0.5)
LONGEST_DELAY_MS: Final = 15 * 60_000
_log = logging.getLogger("fumibako.worker")


class Worker:
    """Threads of one process: one pump, two for each consumer. They end after their batch when the host stops."""

    def __init__(self, host: Host, apps: Mapping[str, FumibakoApp]) -> None:
        self._host = host
        self._handlers = {consumer: sqs_handlers(apps[consumer]) for consumer in CONSUMERS}
        names: list[tuple[str, Callable[[], int]]] = [("pump", self._pump)]
        names += [(consumer, partial(self.handle_batch, consumer)) for consumer in CONSUMERS for _ in range(THREADS)]
        self._threads = [threading.Thread(target=self._loop, args=pair, name=f"worker-{pair[0]}") for pair in names]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the batches under way; the host's ``stopping`` must be set."""
        for thread in self._threads:
            thread.join()

    def handle_batch(self, consumer: str) -> int:
        """Lease, handle and acknowledge one batch; gives how many events it held."""
        deliveries = self._host.ports().bus.receive(
            consumer, limit=BATCH, lease_ms=self._host.settings.event_lease_seconds * 1000
        )
        if not deliveries:
            return 0
        failed = self._handled(consumer, deliveries)
        bus = self._host.ports().bus
        done = [delivery for delivery in deliveries if delivery.receipt not in failed]
        if done:
            bus.ack(consumer, [delivery.receipt for delivery in done])
            now = self._host.ports().clock.now_ms()
            self._host.metrics.lag.labels(consumer).set(max(0, now - done[-1].event.at) / 1000)
        for delivery in deliveries:
            if delivery.receipt in failed:
                bus.fail(consumer, delivery.receipt, delay_ms=retry_delay_ms(delivery.attempt))
        self._host.metrics.deliveries.labels(consumer, "done").inc(len(done))
        self._host.metrics.deliveries.labels(consumer, "failed").inc(len(failed))
        return len(deliveries)

    def _pump(self) -> int:
        return self._host.ports().bus.pump(PUMP)

    def _handled(self, consumer: str, deliveries: Sequence[Delivery]) -> set[str]:
        """Receipts of those that failed."""
        failed: set[str] = set()
        for handler in self._handlers[consumer]:
            try:
                failed |= _call(handler, deliveries)
            except Exception as error:  # noqa: BLE001  # whatever a handler raises, the event must go back
                if len(deliveries) == 1:
                    self._log_failure(consumer, deliveries[0], error)
                    return {deliveries[0].receipt}
                return {receipt for one in deliveries for receipt in self._handled(consumer, [one])}
        return failed

    def _log_failure(self, consumer: str, delivery: Delivery, error: Exception) -> None:
        event = delivery.event
        fields = {"consumer": consumer, "event": event.id, "type": event.type, "attempt": delivery.attempt}
        code = error.code if isinstance(error, Refused) else type(error).__name__
        _log.warning("event not handled", extra={**fields, "code": code})
        if not isinstance(error, Refused):
            log_unhandled(error, f"events of {consumer}")

    def _loop(self, name: str, step: Callable[[], int]) -> None:
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
                self._host.stopping.wait(idle)


def sqs_handlers(app: FumibakoApp) -> list[Any]:
    """The functions that the app registered with @app.on_sqs_message."""
    return [app.handler_map[source.name] for source in app.event_sources if isinstance(source, SQSEventConfig)]


def sqs_event(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """What Lambda is called with (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html)."""
    return {"Records": [_record(delivery) for delivery in deliveries]}


def retry_delay_ms(attempt: int) -> int:
    """1, 2, 4 ... seconds, at most 15 minutes, each up to half as long again so that many don't come back at once."""
    delay = min(LONGEST_DELAY_MS, 1000 << min(attempt - 1, 20))
    return delay + random.randrange(delay // 2 + 1)  # noqa: S311  # spreads load, protects nothing


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


def _call(handler: Any, deliveries: Sequence[Delivery]) -> set[str]:
    answer = handler(sqs_event(deliveries), HostContext(deliveries[0].event.id))
    failures = answer.get("batchItemFailures", []) if isinstance(answer, dict) else []
    return {failure["itemIdentifier"] for failure in failures}
