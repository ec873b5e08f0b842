"""What alarms and the dashboard ask for is written by somebody, and what is written is asked for: figures of our own, and those that AWS gives."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.api.embedded_metrics import NAMESPACE, UNITS
from chalicelib.api.observed import HandlerFailed, Observer
from deploy.names import CONSUMERS, SERVICES
from deploy.packaging.functions import all_functions
from deploy.stacks.alarm_table import ALARMS, Figure
from deploy.stacks.dashboard import dashboard_body
from deploy.stacks.web_alarms import web_alarms
from deploy.stage import Stage, load_stage, stage_names
from tests.deploy.stacks_b.test_alarms import ROOT

# Written for queries and for who draws a graph of their own; docs/cloud/observability.md has their rows.
FOR_QUERIES = {"Refusals", "EventLag", "ScheduleTime"}
# Counted by a filter over one log line (deploy.stacks.observability), not by a function.
FILTERED = {"AuditBroken"}
# Figures of AWS with the dimensions under which it keeps them, from the page of each service on its CloudWatch metrics.
OF_AWS = {
    ("AWS/Lambda", "ConcurrentExecutions"): {"FunctionName"},
    ("AWS/Lambda", "Errors"): {"FunctionName"},
    ("AWS/Lambda", "IteratorAge"): {"FunctionName"},
    ("AWS/Lambda", "Throttles"): {"FunctionName"},
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {"QueueName"},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits"): {"TableName"},
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): {"TableName"},
    ("AWS/DynamoDB", "ReadThrottleEvents"): {"TableName"},
    ("AWS/DynamoDB", "WriteThrottleEvents"): {"TableName"},
    ("AWS/Events", "TriggeredRules"): {"RuleName"},
    ("AWS/SES", "Reputation.BounceRate"): set(),
    ("AWS/SES", "Reputation.ComplaintRate"): set(),
    ("AWS/States", "ExecutionsFailed"): {"StateMachineArn"},
    ("AWS/States", "ExecutionsTimedOut"): {"StateMachineArn"},
    ("AWS/CloudFront", "5xxErrorRate"): {"DistributionId", "Region"},
    ("AWS/WAFV2", "BlockedRequests"): {"WebACL", "Rule"},
    # Kept where a cluster has Container Insights on, as ours has.
    ("ECS/ContainerInsights", "RunningTaskCount"): {"ClusterName", "ServiceName"},
}


def asked_by_alarms(stage: Stage) -> Iterator[Figure]:
    for alarm in (*ALARMS, *web_alarms("E0000000000000")):
        for rule in alarm.rules(stage).values():
            yield from rule.figures


def asked_by_the_dashboard(stage: Stage) -> Iterator[Figure]:
    for widget in json.loads(dashboard_body(stage))["widgets"]:
        for namespace, metric, *dimensions in widget["properties"]["metrics"]:
            yield Figure(namespace, metric, dict(zip(dimensions[::2], dimensions[1::2], strict=True)))


def asked(stage: Stage) -> list[Figure]:
    return [*asked_by_alarms(stage), *asked_by_the_dashboard(stage)]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(figure, dimension) of every line that a function can write: of requests, batches and schedules, done and failed."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fumibako-transfers-prod-sweep_due")
    lines: list[str] = []
    observer = Observer("transfers", "prod", lines.append)
    observer.request({"requestContext": {}}, lambda: {"statusCode": 500})
    observer.schedule(None, lambda event: event)
    with pytest.raises(HandlerFailed):
        observer.schedule(None, failing)
    with pytest.raises(HandlerFailed):
        observer.batch(Batch(), failing)
    observer.batch(Batch(), lambda batch: {"batchItemFailures": []})
    found = set()
    for about in (json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in lines):
        assert about["Namespace"] == f"{NAMESPACE}/prod"
        ((dimension,),) = about["Dimensions"]
        found |= {(metric["Name"], dimension) for metric in about["Metrics"]}
    return found


class Batch:
    """As Chalice hands a queue's events over."""

    def to_dict(self) -> dict[str, Any]:
        return {"Records": [{"body": "{}"}]}


def failing(event: Any) -> Any:
    raise ValueError(event)


def test_every_figure_of_the_table_is_written_and_no_other(written: set[tuple[str, str]]) -> None:
    assert {name for name, _ in written} == set(UNITS)


def test_what_is_asked_for_is_written_with_that_dimension(written: set[tuple[str, str]]) -> None:
    ours = [one for one in asked(load_stage("prod")) if one.namespace.startswith(NAMESPACE)]
    assert {(one.metric, *one.dimensions) for one in ours} - written == {(name,) for name in FILTERED}


def test_what_is_written_is_asked_for_or_is_for_queries() -> None:
    used = {one.metric for one in asked(load_stage("prod")) if one.namespace.startswith(NAMESPACE)} - FILTERED
    assert set(UNITS) - used == FOR_QUERIES
    page = (ROOT / "docs/cloud/observability.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in sorted(FOR_QUERIES))


@pytest.mark.parametrize("name", sorted(stage_names()))
def test_every_figure_names_its_stage_and_something_that_the_stage_has(name: str) -> None:
    stage = load_stage(name)
    functions = {f"fumibako-{one.service}-{name}-{one.name}" for one in all_functions()}
    schedules = {one.name for one in all_functions() if one.kind == "schedule"}
    values = {
        "FunctionName": functions,
        "Service": set(SERVICES),
        "Consumer": set(CONSUMERS),
        "Schedule": schedules,
    }
    for one in asked(stage):
        if one.namespace.startswith(NAMESPACE):
            assert one.namespace == f"{NAMESPACE}/{name}"
        for dimension, value in one.dimensions.items():
            assert value in values.get(dimension, {value}), one
            if dimension in ("QueueName", "TableName", "ClusterName", "ServiceName", "RuleName"):
                assert value.startswith(f"fumibako-{name}-"), one


def test_figures_of_aws_are_those_that_it_keeps() -> None:
    found = {(one.namespace, one.metric): set(one.dimensions) for one in asked(load_stage("prod"))}
    theirs = {key: dimensions for key, dimensions in found.items() if not key[0].startswith(NAMESPACE)}
    assert theirs == OF_AWS
