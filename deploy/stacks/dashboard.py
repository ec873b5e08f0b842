"""The dashboard: first what people feel, then what waits, then what it costs AWS to do it."""

import json
from collections.abc import Sequence
from typing import Any, Final

from deploy.names import CONSUMERS, SCANS, SERVICES, dead_letters, function, queue, records_table
from deploy.packaging.functions import all_functions
from deploy.stage import Stage

_WIDTH, _HEIGHT = 8, 6
_ACROSS: Final = 24 // _WIDTH
_Line = list[Any]


def dashboard_body(stage: Stage) -> str:
    """The body of the dashboard (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html)."""
    graphs = [*_answers(stage), *_events(stage), *_underneath(stage)]
    widgets = [
        {
            "type": "metric",
            "x": number % _ACROSS * _WIDTH,
            "y": number // _ACROSS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": {
                "title": title,
                "region": stage.region,
                "view": "timeSeries",
                "period": 60,
                **more,
                "metrics": lines,
            },
        }
        for number, (title, more, lines) in enumerate(graphs)
    ]
    return json.dumps({"widgets": widgets}, separators=(",", ":"))


def _answers(stage: Stage) -> list[tuple[str, dict[str, Any], list[_Line]]]:
    def lines(metric: str) -> list[_Line]:
        return [[_space(stage), metric, "Service", service] for service in SERVICES]

    return [
        ("Requests", _sum(), lines("Requests")),
        ("Answers that failed (5xx)", _sum(), lines("Faults")),
        ("Slowest of a hundred, ms", {"stat": "p99"}, lines("RequestTime")),
    ]


def _events(stage: Stage) -> list[tuple[str, dict[str, Any], list[_Line]]]:
    queues = (*CONSUMERS, SCANS) if stage.scanner else CONSUMERS
    schedules = [one.name for one in all_functions() if one.kind == "schedule"]
    return [
        (
            "Oldest event that waits, s",
            {"stat": "Maximum"},
            [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue(stage, one)] for one in queues],
        ),
        (
            "Given up (dead letters)",
            {"stat": "Maximum"},
            [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead_letters(stage, one)]
                for one in queues
            ],
        ),
        (
            "Schedules done",
            {**_sum(), "period": 300},
            [[_space(stage), "SchedulesDone", "Schedule", one] for one in schedules],
        ),
        ("Events handled", _sum(), [[_space(stage), "EventsDone", "Consumer", one] for one in CONSUMERS]),
        ("Events that come again", _sum(), [[_space(stage), "EventsFailed", "Consumer", one] for one in CONSUMERS]),
        (
            "Outbox: age of what is relayed, ms",
            {"stat": "Maximum"},
            [["AWS/Lambda", "IteratorAge", "FunctionName", function(stage, "transfers", "relay_outbox")]],
        ),
    ]


def _underneath(stage: Stage) -> list[tuple[str, dict[str, Any], list[_Line]]]:
    apis = [(one.service, one.name) for one in all_functions() if one.kind == "api"]

    def of_functions(metric: str, names: Sequence[tuple[str, str]]) -> list[_Line]:
        return [["AWS/Lambda", metric, "FunctionName", function(stage, *name)] for name in names]

    tables = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "WriteThrottleEvents", "ReadThrottleEvents")
    return [
        ("Functions at once", {"stat": "Maximum"}, of_functions("ConcurrentExecutions", apis)),
        ("Turned away", _sum(), of_functions("Throttles", apis)),
        ("Records", _sum(), [["AWS/DynamoDB", metric, "TableName", records_table(stage)] for metric in tables]),
    ]


def _sum() -> dict[str, Any]:
    return {"stat": "Sum"}


def _space(stage: Stage) -> str:
    return f"Fumibako/{stage.name}"
