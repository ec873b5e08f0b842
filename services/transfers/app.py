"""Files on their way: transfers, file requests, parts, downloads, certificates. Mounted at /transfers."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

import os
from typing import Any

from chalice.app import CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.api import (
    plain_pages_files,
    transfers_routes,
    transfers_routes_addresses,
    transfers_routes_downloads,
    transfers_routes_files,
    transfers_routes_requests,
)
from chalicelib.api.authorizer import make_authorizer
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.event_batch import handle_batch
from chalicelib.api.openapi import register_openapi
from chalicelib.bootstrap import context, front_keys

app = FumibakoApp("transfers", context, front_keys)
signed_in = make_authorizer(app, context)
transfers_routes.register(app, context)
transfers_routes_addresses.register(app, context)
transfers_routes_files.register(app, context)
transfers_routes_downloads.register(app, context)
transfers_routes_requests.register(app, context)
plain_pages_files.register(app, context)
register_openapi(app, "transfers")


@app.on_sqs_message(queue="fumibako-transfers", batch_size=10, name="on_events")
def on_events(event: SQSEvent) -> dict[str, Any]:
    """Check, invite, destroy: what follows from what happened."""
    from chalicelib.use_cases.clearing.on_transfer_event import on_transfer_event

    ctx = context()
    return handle_batch(event, lambda one: on_transfer_event(ctx, one))


# The stream's name holds the moment it was made: packaging puts the deployment's own in its place.
@app.on_dynamodb_record(stream_arn="fumibako-outbox-stream", batch_size=100, name="relay_outbox")
def relay_outbox(event: DynamoDBEvent) -> dict[str, Any]:
    """Events that were just written, to the topic."""
    from chalicelib.api.stream_batch import relay_batch

    return relay_batch(event, context().outbox_relay)


@app.schedule("rate(1 minute)", name="sweep_due")
def sweep_due(_event: CloudWatchEvent) -> None:
    """Whatever is due: holds that are over, expiry, destruction, reminders."""
    from chalicelib.use_cases.ending.sweep import sweep

    sweep(context(), holder=f"sweeper-{os.getpid()}")


@app.schedule("rate(1 minute)", name="issue_certificate_batches")
def issue_certificate_batches(_event: CloudWatchEvent) -> None:
    """Sign what was destroyed since."""
    from chalicelib.use_cases.ending.issue_certificates import issue_certificates

    issue_certificates(context())


@app.schedule("rate(5 minutes)", name="resend_unsent")
def resend_unsent_events(_event: CloudWatchEvent) -> None:
    """Events that were not sent yet."""
    from chalicelib.use_cases.resend_unsent import resend_unsent

    resend_unsent(context())


@app.schedule("rate(1 minute)", name="purge_records")
def purge_past_records(_event: CloudWatchEvent) -> None:
    """What outlived its use, and the traces of what was deleted."""
    from chalicelib.use_cases.purge_records import purge_records

    purge_records(context())
