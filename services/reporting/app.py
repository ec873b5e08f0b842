"""What happened: the audit chain, usage, and the event log. Mounted at /reporting."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

import os
from typing import Any

from chalice.app import CloudWatchEvent, SQSEvent

from chalicelib.api import reporting_routes, reporting_routes_usage
from chalicelib.api.authorizer import make_authorizer
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.openapi import register_openapi
from chalicelib.api.reporting_batch import handle_together
from chalicelib.bootstrap import context, front_keys

app = FumibakoApp("reporting", context, front_keys)
signed_in = make_authorizer(app, context)
reporting_routes.register(app, context)
reporting_routes_usage.register(app, context)
register_openapi(app, "reporting")


@app.on_sqs_message(queue="fumibako-reporting", batch_size=10, name="on_events")
def on_events(event: SQSEvent) -> dict[str, Any]:
    """Log every event, once."""
    from chalicelib.use_cases.reporting.on_reporting_event import on_reporting_events

    ctx = context()
    return handle_together(event, lambda events: on_reporting_events(ctx, events, holder=f"reporting-{os.getpid()}"))


@app.schedule("rate(1 minute)", name="form_audit_blocks")
def form_audit_blocks(_event: CloudWatchEvent) -> None:
    """Entries that wait go into blocks."""
    from chalicelib.use_cases.reporting.form_blocks import form_due_blocks

    form_due_blocks(context(), holder=f"reporting-{os.getpid()}")


@app.schedule("rate(1 hour)", name="sign_audit_roots")
def sign_roots(_event: CloudWatchEvent) -> None:
    """Sign what was written since the last root."""
    from chalicelib.use_cases.reporting.sign_audit_roots import sign_audit_roots

    sign_audit_roots(context())
