"""The right of each function: its own policy file, and what Lambda itself does in the function's name.

deploy/policies/<service>/<function>.json holds what the code calls; tests/deploy/packaging holds each file against recorded calls. What
Lambda needs besides follows from where the function's events come from, so it stands here, once.

The function that serves requests has two forms. Alone in an account (``silo``) it does everything by itself. Where tenants share the account
(``pooled``) it keeps what happens before a tenant is known, and does the rest as the role of its service's tenants (tenant.json beside it).
"""

import json
from pathlib import Path
from typing import Any, Final, Literal

from deploy.errors import Refused
from deploy.packaging.functions import Function

POLICIES: Final = Path(__file__).resolve().parents[1] / "policies"
Statement = dict[str, Any]
Delivery = Literal["silo", "pooled"]


def policy_file(function: Function, folder: Path = POLICIES, *, delivery: Delivery = "silo") -> Path:
    """Where the policy of a function lies; only one that serves requests has another where tenants share an account."""
    form = ".pooled" if delivery == "pooled" and function.kind == "api" else ""
    return folder / function.service / f"{function.name}{form}.json"


def tenant_statements(service: str, folder: Path = POLICIES) -> list[Statement]:
    """What the role of a service's tenants may. Raises as ``own_statements``."""
    return _read(folder / service / "tenant.json", service)


def own_statements(function: Function, folder: Path = POLICIES, *, delivery: Delivery = "silo") -> list[Statement]:
    """The statements of the policy file, with ${Parameter} in them. Raises Refused("policy_missing") or Refused("policy_wrong")."""
    return _read(policy_file(function, folder, delivery=delivery), function.service)


def _read(path: Path, service: str) -> list[Statement]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError:
        raise Refused("policy_missing", f"{path.name} of {service} is not there.", "Write the file.") from None
    except ValueError:
        raise Refused("policy_wrong", f"{path} is no JSON.", "Correct the file.") from None
    return list(document["Statement"])


def document(function: Function, folder: Path = POLICIES, *, delivery: Delivery = "silo") -> dict[str, Any]:
    """The policy document of the function's role, its ${Parameter} to be filled in by CloudFormation."""
    statements = [*own_statements(function, folder, delivery=delivery), *lambda_statements(function)]
    return {"Version": "2012-10-17", "Statement": [_filled_in(one) for one in statements]}


def lambda_statements(function: Function) -> list[Statement]:
    """What Lambda does in the function's name, by its events (AWS's own ...ExecutionRole policies, held to one resource each).

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-execution-role.html
    """
    statements = [_logs(function), _traces(), _decrypts("lambda", "SettingsKeyArn", "OpensItsSettings")]
    if function.kind == "queue":
        statements += [_reads_queue(), _decrypts("sqs", "EventsKeyArn", "OpensMessages")]
    if function.kind == "stream":
        statements += [_reads_stream(), _lists_streams(), _decrypts("dynamodb", "RecordsKeyArn", "OpensStream")]
    if function.has_failed_runs:
        statements.append(
            _allow(
                "KeepsFailedRuns",
                ["sqs:SendMessage"],
                "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + failed_runs(function.service),
            )
        )
    return statements


def failed_runs(service: str) -> str:
    """The queue of a service's failed runs."""
    return "fumibako-${Stage}-" + service + "-failed-runs"


def log_group(function: Function) -> str:
    """As deploy.names.log_group, with the stage to be filled in."""
    return f"/aws/lambda/fumibako-{function.service}-${{Stage}}-{function.name}"


def _logs(function: Function) -> Statement:
    group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:" + log_group(function)
    return _allow("WritesItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{group}:*")


def _traces() -> Statement:
    # X-Ray has no resources to name for these two.
    return _allow("WritesTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")


def _reads_queue() -> Statement:
    return _allow("ReadsItsQueue", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "${QueueArn}")


def _reads_stream() -> Statement:
    actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    return _allow("ReadsTheStream", actions, "${OutboxStreamArn}")


def _lists_streams() -> Statement:
    # ListStreams has no resource to name.
    return _allow("FindsTheStream", ["dynamodb:ListStreams"], "*")


def _decrypts(service: str, key: str, sid: str) -> Statement:
    via = {"StringEquals": {"kms:ViaService": f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"}}
    return {**_allow(sid, ["kms:Decrypt"], f"${{{key}}}"), "Condition": via}


def _allow(sid: str, actions: list[str], resource: str) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _filled_in(value: Any) -> Any:
    """Every text that names a parameter as Fn::Sub."""
    if isinstance(value, str):
        return {"Fn::Sub": value} if "${" in value else value
    if isinstance(value, list):
        return [_filled_in(one) for one in value]
    return {name: _filled_in(one) for name, one in value.items()} if isinstance(value, dict) else value
