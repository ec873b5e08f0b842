"""Prometheus figures of one process, or of all when several share a port (prometheus_client's multiprocess mode).

Labels are route templates, methods, statuses, services and consumers: never an id, a name or an address.
"""

import os
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from chalicelib.domain.errors import Refused
from chalicelib.ports.event_bus import EventBus

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counters of what passed, and what waits, asked at each scrape."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "fumibako_requests", "Requests answered.", ("service", "route", "method", "status"), registry=registry
        )
        self.seconds = Histogram(
            "fumibako_request_seconds",
            "Time to the last byte of the answer.",
            ("service", "route"),
            buckets=_BUCKETS,
            registry=registry,
        )
        self.bytes_in = Counter("fumibako_blob_bytes_received", "Bytes of parts made durable.", registry=registry)
        self.bytes_out = Counter("fumibako_blob_bytes_sent", "Bytes of blobs sent.", registry=registry)
        self.deliveries = Counter("fumibako_deliveries", "Events handled.", ("consumer", "outcome"), registry=registry)
        self.lag = Gauge(
            "fumibako_event_lag_seconds",
            "Age of the event handled last.",
            ("consumer",),
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.schedules = Counter(
            "fumibako_schedules", "Schedules run.", ("service", "schedule", "outcome"), registry=registry
        )

    def rendered(self, bus: Callable[[], EventBus]) -> bytes:
        """The text of a scrape."""
        registry = CollectorRegistry()
        registry.register(_Depth(bus))
        if os.environ.get(SHARED_FOLDER):
            own = CollectorRegistry()
            MultiProcessCollector(own)  # type: ignore[no-untyped-call]
        else:
            own = self.registry
        return generate_latest(own) + generate_latest(registry)


class _Depth(Collector):
    def __init__(self, bus: Callable[[], EventBus]) -> None:
        self._bus = bus

    def collect(self) -> Iterator[Metric]:
        try:
            depth = self._bus().depth()
        except Refused:
            return  # A scrape during an outage still shows everything else.
        outbox = GaugeMetricFamily("fumibako_outbox_depth", "Events that no queue holds yet.")
        outbox.add_metric((), depth.outbox)
        yield outbox
        queues = GaugeMetricFamily("fumibako_queue_depth", "Deliveries that wait.", labels=("consumer",))
        dead = GaugeMetricFamily("fumibako_dead_letters", "Deliveries given up.", labels=("consumer",))
        for consumer, waiting in depth.queues.items():
            queues.add_metric((consumer,), waiting)
        for consumer, letters in depth.dead.items():
            dead.add_metric((consumer,), letters)
        yield queues
        yield dead
