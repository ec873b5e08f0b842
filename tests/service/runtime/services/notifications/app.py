"""A small service of the runtime's own tests: its handler writes one record for each event it got."""

from typing import Any

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import context
from chalicelib.domain.event_json import event_from_json
from chalicelib.ports.record_store import Key, Put

app = FumibakoApp("notifications", context)


@app.on_sqs_message(queue="notifications", batch_size=10)
def on_events(event: Any) -> None:
    for record in event:
        got = event_from_json(record.body)
        context().records.transact([Put(Key("acme#seen", got.id), {"type": got.type})])
