"""The usage report as a state machine of Step Functions: every tenant's usage of a day, side by side, into one file each.

It asks DynamoDB and S3 by itself; no function runs. What it reads are counts (chalicelib/stores/usage_store.py): no name, no address, no file. Tenants are
listed by the index that is written with each tenant (chalicelib/stores/tenant_store.py), page by page. Expressions are JSONata
(https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html); a ``$name`` is a variable of the execution.
"""

from typing import Any, Final

from deploy.names import records_table
from deploy.stage import Stage

# As chalicelib.stores.tenant_store.TENANTS; a test holds the two together.
TENANTS: Final = "host#"
PAGE: Final = 200
AT_ONCE: Final = 20
_DAY_MS: Final = 86_400_000
# Throttling and AWS's own faults pass; what is left after six tries fails the run, and its alarm rings.
_AGAIN: Final = [
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "MaxAttempts": 6,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    }
]


def usage_report(stage: Stage, bucket: str) -> dict[str, Any]:
    """The definition in Amazon States Language. Input: ``{"at": "2026-02-03T00:30:00Z", "back": 1}``: the day that many before."""
    return {
        "Comment": "Usage of each tenant for a day, into one file each.",
        "QueryLanguage": "JSONata",
        "StartAt": "Day",
        "TimeoutSeconds": 3_600,
        "States": {
            "Day": {"Type": "Pass", "Assign": {"day": _day()}, "Next": "Tenants"},
            "Tenants": _tenants(stage),
            "Each tenant": _each(stage, bucket),
            "More": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $next != null %}", "Next": "Tenants after"}],
                "Default": "Done",
            },
            "Tenants after": _tenants(stage, after="{% $next %}"),
            "Done": {"Type": "Succeed"},
        },
    }


def _day() -> str:
    past = f"$toMillis($states.input.at) - $states.input.back * {_DAY_MS}"
    return f"{{% $fromMillis({past}, '[Y0001]-[M01]-[D01]') %}}"


def _tenants(stage: Stage, *, after: str = "") -> dict[str, Any]:
    """One page of the index. The key of its last line is where the next page begins."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:query",
        "Arguments": {
            "TableName": records_table(stage),
            "KeyConditionExpression": "pk = :tenants",
            "ExpressionAttributeValues": {":tenants": {"S": TENANTS}},
            "ProjectionExpression": "sk",
            "Limit": PAGE,
            **({"ExclusiveStartKey": after} if after else {}),
        },
        "Retry": _AGAIN,
        "Assign": {
            "next": "{% $exists($states.result.LastEvaluatedKey) ? $states.result.LastEvaluatedKey : null %}",
        },
        # A list of one is still a list.
        "Output": {"tenants": "{% [$states.result.Items.sk.S] %}"},
        "Next": "Each tenant",
    }


def _each(stage: Stage, bucket: str) -> dict[str, Any]:
    return {
        "Type": "Map",
        "Items": "{% $states.input.tenants %}",
        "MaxConcurrency": AT_ONCE,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Read",
            "States": {
                "Read": _read(stage),
                "Anything": {
                    "Type": "Choice",
                    "Choices": [{"Condition": "{% $exists($states.input.usage) %}", "Next": "Write"}],
                    "Default": "Nothing",
                },
                "Write": _write(bucket),
                "Nothing": {"Type": "Succeed"},
            },
        },
        # What each tenant's run gave is in its file; together it could outgrow an execution's 256 KiB.
        "Output": {},
        "Next": "More",
    }


def _read(stage: Stage) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
        "Arguments": {
            "TableName": records_table(stage),
            "Key": {"pk": {"S": "{% $states.input & '#usage' %}"}, "sk": {"S": "{% $day %}"}},
        },
        "Retry": _AGAIN,
        "Assign": {"tenant": "{% $states.input %}"},
        # Without an item there is no ``usage`` in it: that day nothing was sent or fetched.
        "Output": "{% $exists($states.result.Item) ? {'usage': $parse($states.result.Item.b.S)} : {} %}",
        "Next": "Anything",
    }


def _write(bucket: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
        "Arguments": {
            "Bucket": bucket,
            "Key": "{% 'usage/' & $day & '/' & $tenant & '.json' %}",
            "ContentType": "application/json",
            "Body": {"tenant": "{% $tenant %}", "day": "{% $day %}", "usage": "{% $states.input.usage %}"},
        },
        "Retry": _AGAIN,
        "Output": {},
        "End": True,
    }
