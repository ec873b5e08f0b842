"""What a function tells of each thing that it did: one line with its figures, and errors without their text.

Lambda prints the text of an exception that a handler raises, and that may quote what people sent; so such an exception is logged as type and places, and
one without a text is raised in its place, by which Lambda still counts the failure and calls again.
"""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from chalicelib.api.embedded_metrics import Dimension, metric_line
from chalicelib.api.log_lines import JSONFormatter, set_levels
from chalicelib.api.request_scope import request_id
from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_from_json

if TYPE_CHECKING:
    from chalicelib.api.chalice_app import FumibakoApp

FUNCTION_NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"
LOG_LEVEL: Final = "FUMIBAKO_LOG_LEVEL"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_log = logging.getLogger("fumibako.lambda")


class HandlerFailed(Exception):
    """A handler failed; what and where is in the line before. It has no text on purpose."""


def observer_of_lambda(app: "FumibakoApp") -> "Observer | None":
    """The observer of a Lambda function, set before the app's handlers; None anywhere else."""
    function = os.environ.get(FUNCTION_NAME, "")
    if not function:
        return None
    observer = Observer(app.app_name, stage_of(function))
    app.register_middleware(observer.batch, "sqs")
    app.register_middleware(observer.schedule, "scheduled")
    return observer


def stage_of(function: str) -> str:
    """The stage in a function's name, ``fumibako-<service>-<stage>-<function>``; ``none`` where it has another form."""
    parts = function.split("-", 3)
    return parts[2] if len(parts) == 4 and parts[0] == "fumibako" else "none"


class Observer:
    """``write`` takes one line; standard output is what Lambda's log is made of."""

    def __init__(self, service: str, stage: str, write: Callable[[str], object] | None = None) -> None:
        self._service = service
        self._stage = stage
        self._write = write or _print
        self._ready = False

    def request(self, event: dict[str, Any], answer: Callable[[], Any]) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        self._prepare()
        began = time.perf_counter()
        answered: dict[str, Any] = answer()
        context, status = event["requestContext"], answered["statusCode"]
        method = context.get("httpMethod", "")
        fields = {
            "message": "request",
            "route": context.get("resourcePath", ""),
            "method": method if method in _METHODS else "other",
            "status": status,
            "request_id": request_id.get(),
        }
        figures = {
            "Requests": 1.0,
            "Refusals": float(400 <= status < 500),
            "Faults": float(status >= 500),
            "RequestTime": _since(began),
        }
        self._tell("Service", self._service, figures, fields)
        return answered

    def batch(self, event: Any, handle: Callable[[Any], Any]) -> Any:
        """Handle one batch of events from the queue of this service."""
        self._prepare()
        records = event.to_dict()["Records"]
        lag = _oldest_seconds(records)
        try:
            answer = handle(event)
        except Exception as error:  # noqa: BLE001  # its text must not reach the log
            self._tell("Consumer", self._service, {"EventsFailed": float(len(records)), "EventLag": lag})
            raise _failed(error, "events") from None
        failed = len(answer.get("batchItemFailures", [])) if isinstance(answer, dict) else 0
        figures = {"EventsDone": float(len(records) - failed), "EventsFailed": float(failed), "EventLag": lag}
        self._tell("Consumer", self._service, figures)
        return answer

    def schedule(self, event: Any, run: Callable[[Any], Any]) -> Any:
        """Run one schedule."""
        self._prepare()
        name = (os.environ.get(FUNCTION_NAME, "").split("-", 3) + [""] * 4)[3]
        began = time.perf_counter()
        try:
            answer = run(event)
        except Exception as error:  # noqa: BLE001  # as above
            self._tell("Schedule", name, {"SchedulesFailed": 1.0, "ScheduleTime": _since(began)})
            raise _failed(error, name) from None
        self._tell("Schedule", name, {"SchedulesDone": 1.0, "ScheduleTime": _since(began)})
        return answer

    def _tell(self, dimension: Dimension, value: str, figures: dict[str, float], fields: Any = None) -> None:
        at = int(time.time() * 1000)
        self._write(metric_line(dimension, value, figures, stage=self._stage, at=at, fields=fields))

    def _prepare(self) -> None:
        """At the first call and not at import: importing does nothing."""
        if self._ready:
            return
        self._ready = True
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JSONFormatter())
        level = os.environ.get(LOG_LEVEL, "info").upper()
        set_levels(level if level in ("DEBUG", "INFO", "WARNING", "ERROR") else "INFO")


def _failed(error: BaseException, route: str) -> HandlerFailed:
    places = [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)]
    code = error.code if isinstance(error, Refused) else type(error).__name__
    _log.error("handler failed", extra={"route": route, "code": code, "places": places[-12:]})
    return HandlerFailed()


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _oldest_seconds(records: list[dict[str, Any]]) -> float:
    """Age of the first event of a batch, which waited longest; 0 where it can't be read, which its handler will tell."""
    try:
        return round(max(0.0, time.time() - event_from_json(records[0]["body"]).at / 1000), 3)
    except (Refused, ValueError, KeyError, IndexError, TypeError):
        return 0.0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
