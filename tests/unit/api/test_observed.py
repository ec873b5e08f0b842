"""What a function tells: one line of figures for each thing it did, and never what people sent."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import SQSEvent

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.embedded_metrics import NAMESPACE, UNITS, metric_line
from chalicelib.api.log_lines import JSONFormatter
from chalicelib.api.observed import HandlerFailed, Observer, stage_of
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from tests.fakes.context import FakeContext
from tests.unit.runtime.apps import event

SCHEDULED = {
    "version": "0",
    "id": "x",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": "ap-northeast-1",
    "resources": ["arn:aws:events:ap-northeast-1:000000000000:rule/sweep_due"],
    "detail": {},
}
SECRET = "見積書-of-soto@example.com"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator["Lines"]:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fumibako-transfers-prod-sweep_due")
    root = logging.getLogger()
    before = root.level, [(handler, handler.formatter) for handler in root.handlers]
    yield Lines(capsys)
    root.setLevel(before[0])
    for handler, formatter in before[1]:
        handler.setFormatter(formatter)


class Lines:
    """Standard output, line by line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]


def app_on_lambda() -> FumibakoApp:
    made = FakeContext()
    app = FumibakoApp("transfers", lambda: made)

    @app.route("/v1/things/{thing}")
    def things(thing: str) -> Any:
        if thing == "bad":
            raise ValueError(SECRET)
        return {"thing": thing}

    @app.on_sqs_message(queue="q", name="on_events")
    def on_events(batch: SQSEvent) -> Any:
        bodies = [record.body for record in batch]
        if any("explode" in body for body in bodies):
            raise ValueError(SECRET)
        failed = [one["messageId"] for one in batch.to_dict()["Records"] if "fails" in one["body"]]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

    @app.schedule("rate(1 minute)", name="sweep_due")
    def sweep_due(_event: Any) -> None:
        if app.app_name == "away":
            raise StoreAway(SECRET)

    app.under_test = (on_events, sweep_due)
    return app


def queue_event(*names: str, at: int = 0) -> dict[str, Any]:
    records = [
        {
            "messageId": name,
            "receiptHandle": name,
            "body": event_to_json(Event(name, "transfer.ready.v1", "acme", "tr_1", 1, at)),
        }
        for name in names
    ]
    return {"Records": records}


def figures(line: dict[str, Any]) -> dict[str, float]:
    about = line["_aws"]["CloudWatchMetrics"][0]
    return {metric["Name"]: line[metric["Name"]] for metric in about["Metrics"]}


def test_a_request_is_one_line_with_its_route_and_no_path(lines: Lines) -> None:
    app = app_on_lambda()
    app(event("/v1/things/{thing}", parameters={"thing": SECRET}), None)
    (line,) = lines.read()
    assert line["Service"] == "transfers"
    assert (line["route"], line["method"], line["status"]) == ("/v1/things/{thing}", "GET", 200)
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == f"{NAMESPACE}/prod"
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Service"]]
    counted = figures(line)
    assert (counted["Requests"], counted["Refusals"], counted["Faults"]) == (1, 0, 0)
    assert counted["RequestTime"] >= 0
    assert SECRET not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize(("path", "refusals", "faults"), [("/v1/other", 1, 0), ("/v1/things/{thing}", 0, 1)])
def test_refusals_and_faults_are_told_apart(lines: Lines, path: str, refusals: int, faults: int) -> None:
    app_on_lambda()(event(path, parameters={"thing": "bad"}), None)
    (line,) = lines.read()
    assert (line["Refusals"], line["Faults"]) == (refusals, faults)


def test_a_batch_tells_what_was_done_and_what_comes_again(lines: Lines) -> None:
    on_events, _ = app_on_lambda().under_test
    answer = on_events(queue_event("one", "fails", "three"), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "fails"}]}
    (line,) = lines.read()
    assert line["Consumer"] == "transfers"
    assert (line["EventsDone"], line["EventsFailed"]) == (2, 1)
    assert line["EventLag"] > 1_000_000_000  # made at the epoch


def test_a_handler_that_fails_raises_without_its_text(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    on_events, _ = app_on_lambda().under_test
    with pytest.raises(HandlerFailed) as failed:
        on_events(queue_event("explode"), None)
    assert str(failed.value) == ""
    assert failed.value.__suppress_context__
    assert lines.read()[0]["EventsFailed"] == 1
    (record,) = [one for one in caplog.records if one.getMessage() == "handler failed"]
    told = JSONFormatter().format(record)
    assert SECRET not in told
    assert json.loads(told)["code"] == "ValueError"
    assert "test_observed.py" in told


def test_a_schedule_tells_its_name_and_whether_it_was_done(lines: Lines) -> None:
    app = app_on_lambda()
    _, sweep_due = app.under_test
    sweep_due(SCHEDULED, None)
    app.app_name = "away"
    with pytest.raises(HandlerFailed):
        sweep_due(SCHEDULED, None)
    done, failed = lines.read()
    assert (done["Schedule"], done["SchedulesDone"]) == ("sweep_due", 1)
    assert (failed["Schedule"], failed["SchedulesFailed"]) == ("sweep_due", 1)


def test_an_unreadable_event_has_no_age() -> None:
    told: list[str] = []
    observer = Observer("transfers", "prod", told.append)
    observer.batch(SQSEvent({"Records": [{"messageId": "1", "body": "no event"}]}, None), lambda _: None)
    assert json.loads(told[0])["EventLag"] == 0


def test_outside_lambda_nothing_is_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    assert FumibakoApp("test", FakeContext).observer is None


@pytest.mark.parametrize(
    ("function", "stage"),
    [
        ("fumibako-transfers-prod-sweep_due", "prod"),
        ("fumibako-auth-box-api_handler", "box"),
        ("something", "none"),
        ("other-auth-box-x", "none"),
    ],
)
def test_the_stage_is_read_from_the_functions_name(function: str, stage: str) -> None:
    assert stage_of(function) == stage


def test_a_line_follows_the_embedded_metric_format() -> None:
    line = json.loads(metric_line("Service", "auth", {"Requests": 1.0}, stage="prod", at=1_700_000_000_000))
    assert line == {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Fumibako/prod",
                    "Dimensions": [["Service"]],
                    "Metrics": [{"Name": "Requests", "Unit": "Count"}],
                }
            ],
        },
        "Service": "auth",
        "Requests": 1.0,
    }


def test_a_figure_without_a_unit_is_refused() -> None:
    assert len(UNITS) <= 30  # what one line of the format may have is 100; each is paid for
    with pytest.raises(KeyError):
        metric_line("Service", "auth", {"Unheard": 1.0}, stage="prod", at=0)
