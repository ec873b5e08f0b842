"""The role that scans in the cloud: one queue, the transfers service's own handler, and nothing else."""

from typing import Any

from chalice.app import SQSEvent

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.events import SCANS, Event
from chalicelib.settings import Settings
from onprem.runtime.host import Host
from onprem.runtime.metrics import Metrics
from onprem.runtime.worker import SHAPES, Worker
from tests.fakes.context import FakeContext
from tests.fakes.event_bus import Waiting


def test_what_waits_for_the_scanner_is_handled_by_the_transfers_service() -> None:
    context = FakeContext()
    event = Event("ev_1", "transfer.completed.v1", "acme", "tr_1", 1, 0)
    context.bus.queues[SCANS] = {event.id: Waiting(event, 0)}
    context.records.outbox.append(event)
    seen: list[str] = []
    app = FumibakoApp("transfers", lambda: context)

    @app.on_sqs_message(queue="fumibako-transfers", name="on_events")
    def on_events(batch: SQSEvent) -> Any:
        seen.extend(record.body for record in batch)
        return {}

    host = Host(Settings(threads=1), lambda: context, lambda: None, lambda *_: None, Metrics())
    worker = Worker(host, {"transfers": app}, (SCANS,))
    assert worker.handle_batch(SCANS) == 1
    assert event.id in seen[0]
    assert context.bus.queues[SCANS] == {}
    # The outbox is the stream's business, and the other queues are the functions'.
    assert context.records.outbox == [event]
    assert {thread.name for thread in worker._threads} == {"worker-acks", f"worker-{SCANS}"}
    host.close()


def test_no_more_is_leased_than_is_scanned_at_once() -> None:
    threads, slice_size, leased = SHAPES[SCANS]
    assert leased == threads * slice_size
