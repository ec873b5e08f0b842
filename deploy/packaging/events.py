"""Where a function's events come from, with what Chalice can't say: partial batches, destinations for what failed, filters.

Everything calls the alias, so that a deployment can lead a part of the calls to the new version.
"""

from collections.abc import Mapping
from typing import Any, Final

from deploy.packaging.functions import Function
from deploy.packaging.lambda_resources import ALIAS, Resource

_PARTIAL: Final = ["ReportBatchItemFailures"]
_FAILED: Final = {"Destination": {"Fn::GetAtt": ["FailedRuns", "Arn"]}}
# Outbox rows that were just written; their removal by the relay itself is no news.
_NEW_OUTBOX_ROWS: Final = '{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"outbox#"}]}}}}'
# After an hour the schedule that sends unsent events again has long had them.
_STREAM_AGE_SECONDS: Final = 3_600


def event_resources(function: Function, made: Mapping[str, Any]) -> dict[str, Resource]:
    """The resources that call a function; ``made`` is what Chalice wrote under Events (one event, or none for an API's)."""
    if function.kind in ("api", "authorizer"):
        return {}
    (event,) = made.values()
    if function.kind == "queue":
        return {f"{function.logical_id}Source": _queue(function, event["Properties"])}
    if function.kind == "stream":
        return {f"{function.logical_id}Source": _stream(function, event["Properties"])}
    return _schedule(function, event["Properties"]["Schedule"])


def permission(function: Function, principal: str, source: Mapping[str, Any]) -> Resource:
    """One AWS service, from one resource, may call the alias."""
    properties = {
        "FunctionName": {"Ref": function.alias_id},
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
        "SourceArn": dict(source),
    }
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def _queue(function: Function, event: Mapping[str, Any]) -> Resource:
    """Failed messages come again alone; after the queue's limit they are dead letters. Its pollers stop at what is reserved, so none is throttled."""
    return _mapping(
        function,
        {
            "EventSourceArn": {"Ref": "QueueArn"},
            "BatchSize": event["BatchSize"],
            "ScalingConfig": {"MaximumConcurrency": {"Ref": function.concurrency_parameter}},
        },
    )


def _stream(function: Function, event: Mapping[str, Any]) -> Resource:
    return _mapping(
        function,
        {
            "EventSourceArn": {"Ref": "OutboxStreamArn"},
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": event["BatchSize"],
            "ParallelizationFactor": 10,
            "BisectBatchOnFunctionError": True,
            "MaximumRecordAgeInSeconds": _STREAM_AGE_SECONDS,
            "FilterCriteria": {"Filters": [{"Pattern": _NEW_OUTBOX_ROWS}]},
            "DestinationConfig": {"OnFailure": _FAILED},
        },
    )


def _mapping(function: Function, properties: Mapping[str, Any]) -> Resource:
    called = {"FunctionName": {"Ref": function.alias_id}, "FunctionResponseTypes": _PARTIAL}
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {**called, **properties}}


def _schedule(function: Function, expression: str) -> dict[str, Resource]:
    """A run that failed is tried once more; one older than five minutes is worth nothing, the next has come. What failed is kept."""
    rule = f"{function.logical_id}Schedule"
    properties = {
        "Name": {"Fn::Sub": f"fumibako-{function.service}-${{Stage}}-{function.name}"},
        "Description": f"Fumibako {function.service}: {function.name}",
        "ScheduleExpression": expression,
        "Targets": [{"Id": function.name, "Arn": {"Ref": function.alias_id}}],
    }
    invoked = {
        "FunctionName": {"Ref": function.logical_id},
        "Qualifier": ALIAS,
        "MaximumEventAgeInSeconds": 300,
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": _FAILED},
    }
    return {
        rule: {"Type": "AWS::Events::Rule", "Properties": properties},
        f"{rule}Permission": permission(function, "events.amazonaws.com", {"Fn::GetAtt": [rule, "Arn"]}),
        f"{function.logical_id}Runs": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "DependsOn": [function.alias_id],
            "Properties": invoked,
        },
    }
