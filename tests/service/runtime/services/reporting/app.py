"""A small service of the runtime's own tests: a signed-in route, an event that fails, a schedule that counts."""

import os
from typing import Any

from chalice.app import AuthResponse

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import context
from chalicelib.domain.event_json import event_from_json
from chalicelib.ports.record_store import Key, Put

app = FumibakoApp("reporting", context)


@app.authorizer(ttl_seconds=30)
def signed_in(request: Any) -> AuthResponse:
    if request.token == "Bearer good":
        return AuthResponse(["*"], "mb_1", {"tenant": "acme", "id": "mb_1"})
    if request.token == "Bearer elsewhere":
        return AuthResponse(["/v1/other"], "mb_1")
    if request.token == "Bearer broken":
        raise ValueError("hunter2")
    raise Exception("Unauthorized")  # noqa: TRY002  # the text that API Gateway knows


@app.route("/v1/things/{thing}/parts/{part}", authorizer=signed_in)
def part(thing: str, part: str) -> dict[str, str]:
    return {"thing": thing, "part": part, "who": app.request.context["authorizer"]["id"]}


@app.route("/v1/echo", methods=["POST"], content_types=["application/json", "application/octet-stream"])
def echo() -> dict[str, Any]:
    request = app.request
    return {
        "length": len(request.raw_body or b""),
        "query": request.to_original_event()["multiValueQueryStringParameters"],
    }


@app.on_sqs_message(queue="reporting", batch_size=10)
def on_events(event: Any) -> None:
    for record in event:
        got = event_from_json(record.body)
        if got.data.get("poison"):
            raise ValueError("this one never works")
        context().records.transact([Put(Key("acme#reported", got.id), {"type": got.type})])


@app.schedule("rate(1 day)")
def count(_event: Any) -> None:
    ctx = context()
    moment = ctx.clock.now_ms()
    ctx.records.transact([Put(Key("acme#ticks", f"{moment:015d}#{os.getpid()}"), {"pid": os.getpid()})])
