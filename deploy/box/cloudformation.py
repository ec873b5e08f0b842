"""Stacks in the emulator: made and changed by change sets, as a deployment does it, and deleted."""

import time
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.errors import Refused

_WITHIN: Final = 120.0
_BY_BODY: Final = 51_200


def deploy(
    client: Any, stack: str, template: str, parameters: Mapping[str, str], *, store: Any, bucket: str
) -> dict[str, str]:
    """Create or update a stack; gives its resources, logical id -> physical id. Raises Refused("stack_failed").

    ``store`` and ``bucket`` take templates that are too long for a request, as with the real service.
    """
    kind = "UPDATE" if _status(client, stack) else "CREATE"
    change = f"box-{time.time_ns()}"
    client.create_change_set(
        StackName=stack,
        ChangeSetName=change,
        ChangeSetType=kind,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())],
        **_body(stack, template, store, bucket),
    )
    _wait(lambda: _change_status(client, stack, change), ("CREATE_COMPLETE",), client, stack)
    client.execute_change_set(StackName=stack, ChangeSetName=change)
    _wait(lambda: _status(client, stack), (f"{kind}_COMPLETE",), client, stack)
    return resources(client, stack)


def delete(client: Any, stack: str) -> None:
    """Delete a stack and wait until it is gone. Raises Refused("stack_failed")."""
    client.delete_stack(StackName=stack)
    _wait(lambda: _status(client, stack), ("", "DELETE_COMPLETE"), client, stack)


def resources(client: Any, stack: str) -> dict[str, str]:
    """Logical id -> physical id."""
    found: dict[str, str] = {}
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            found[each["LogicalResourceId"]] = each.get("PhysicalResourceId", "")
    return found


def template_of(client: Any, stack: str) -> Any:
    """The template as the service keeps it: text or document."""
    return client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]


def _body(stack: str, template: str, store: Any, bucket: str) -> dict[str, str]:
    if len(template.encode()) <= _BY_BODY:
        return {"TemplateBody": template}
    key = f"templates/{stack}.json"
    store.put_object(Bucket=bucket, Key=key, Body=template.encode())
    return {"TemplateURL": f"{store.meta.endpoint_url}/{bucket}/{key}"}


def _status(client: Any, stack: str) -> str:
    try:
        [found] = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return ""
        raise
    status = str(found["StackStatus"])
    return "" if status == "DELETE_COMPLETE" else status


def _change_status(client: Any, stack: str, change: str) -> str:
    return str(client.describe_change_set(StackName=stack, ChangeSetName=change)["Status"])


def _wait(ask: Any, ends: tuple[str, ...], client: Any, stack: str) -> None:
    deadline = time.monotonic() + _WITHIN
    while (status := ask()) not in ends:
        if status.endswith("FAILED") or "ROLLBACK" in status or time.monotonic() > deadline:
            raise Refused(
                "stack_failed",
                f"{stack} is {status or 'gone'}: {_reasons(client, stack)}",
                "See build/cloud/emulator.log.",
            )
        time.sleep(0.1)


def _reasons(client: Any, stack: str) -> str:
    try:
        events = client.describe_stack_events(StackName=stack)["StackEvents"]
    except ClientError:
        return "nothing is known of why."
    told = [
        f"{one['LogicalResourceId']}: {one['ResourceStatusReason']}"
        for one in events
        if one.get("ResourceStatusReason")
    ]
    return "; ".join(told[:5]) or "nothing is known of why."
