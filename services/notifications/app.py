"""What people are told: mails in Japanese and English. Mounted at /notifications."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from typing import Any

from chalice.app import SQSEvent

from chalicelib.api import notifications_routes
from chalicelib.api.authorizer import make_authorizer
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.event_batch import handle_batch
from chalicelib.api.openapi import register_openapi
from chalicelib.bootstrap import context, front_keys

app = FumibakoApp("notifications", context, front_keys)
signed_in = make_authorizer(app, context)
notifications_routes.register(app, context)
register_openapi(app, "notifications")


@app.on_sqs_message(queue="fumibako-notifications", batch_size=10, name="on_events")
def on_events(event: SQSEvent) -> dict[str, Any]:
    """Send what events ask to be mailed."""
    from chalicelib.use_cases.telling.send_mails import send_mails

    ctx = context()
    return handle_batch(event, lambda one: send_mails(ctx, one))
