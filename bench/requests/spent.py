"""CPU time of one request in a Lambda's shape, the fake store below: ``python -m bench.requests.spent ours|bare COUNT BODY``.

``ours`` shows a transfer through the real app of the transfers service and writes the JSON it answered to the file BODY; ``bare`` is a Chalice
app with one route that gives the same JSON. Both print one line, ``{"us": CPU microseconds a request, "body": the answer}``.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalice.app import Chalice

from bench.requests.events import LambdaContext, gateway_event

Handler = Callable[[Any, Any], dict[str, Any]]
ROUTE = "/v1/transfers/{transfer}"
_WARM = 500


def ours() -> tuple[Handler, dict[str, Any]]:
    """The app, and the event that shows a transfer of one file and one recipient. The authorizer ran before."""
    from bench.requests.fake_office import open_office

    office = open_office()
    return office.app, gateway_event("transfers", ROUTE, {"transfer": office.transfer}, office.authorizer)


def bare(body: dict[str, Any]) -> tuple[Handler, dict[str, Any]]:
    """The least that Chalice can do for this answer."""
    app = Chalice("bare", configure_logs=False)

    @app.route(ROUTE)
    def show(transfer: str) -> dict[str, Any]:  # noqa: ARG001  # the route's parameter
        return body

    return app, gateway_event("transfers", ROUTE, {"transfer": body["id"]}, {"principalId": "mb_1"})


def spent(handler: Handler, event: dict[str, Any], count: int) -> dict[str, Any]:
    """CPU time of ``count`` requests after some that warm up."""
    context = LambdaContext()
    for _ in range(_WARM):
        answer = handler(event, context)
    began = time.process_time()
    for _ in range(count):
        answer = handler(event, context)
    us = (time.process_time() - began) / count * 1e6
    if answer["statusCode"] != 200:
        raise RuntimeError(f"answered {answer['statusCode']}: {answer['body']}")
    return {"us": us, "body": json.loads(answer["body"])}


def main(which: str, count: int, file: Path) -> None:
    handler, event = ours() if which == "ours" else bare(json.loads(file.read_text()))
    found = spent(handler, event, count)
    if which == "ours":
        file.write_text(json.dumps(found["body"]))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
