"""Whether a stack still holds what somebody needs: asked before a stack that keeps data is removed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from deploy.account import Clients, stack_states
from deploy.errors import Refused
from deploy.names import (
    CONSUMERS,
    KEEPING,
    SCANS,
    blobs_bucket,
    dead_letters,
    identity_export_bucket,
    parameter,
    queue,
    records_table,
    stack,
    wrapped_keys_table,
)
from deploy.stage import Stage


def refuse_removal(clients: Clients, stage: Stage, lifecycle: str) -> None:
    """Raises Refused where this stack must not go: stage_protected, data_held (with what holds it).

    Stacks outside ``KEEPING`` hold nothing and always may go.
    """
    if lifecycle not in KEEPING:
        return
    if stage.protected:
        raise Refused(
            "stage_protected",
            f"Stage `{stage.name}` keeps its data: `{lifecycle}` is not removed.",
            "Services may be removed without it. Where the data must go too, set protected = false, deploy, and repeat.",
        )
    held = [what for what, holds in _CONTENTS[lifecycle](clients, stage).items() if holds]
    if held:
        raise Refused(
            "data_held",
            f"`{lifecycle}` still holds something: {', '.join(sorted(held))}.",
            "Recall or export what is in there and empty it first.",
        )


def refuse_needed(stage: Stage, lifecycles: Sequence[str], there: Iterable[str]) -> None:
    """Raises Refused("stack_needed") where a stack that keeps something would go from under one that stays."""
    from deploy.app import stack_class  # noqa: PLC0415  # it brings CDK in

    staying = [one for one in there if one not in lifecycles]
    for lifecycle in (one for one in lifecycles if one in KEEPING):
        needing = [one for one in staying if lifecycle in getattr(stack_class(one), "NEEDS", ())]
        if needing:
            raise Refused(
                "stack_needed",
                f"`{lifecycle}` of stage `{stage.name}` is needed by {', '.join(needing)}.",
                "Remove those too, in the same command or before.",
            )


def refuse_deployed_protection(stacks: Iterable[Mapping[str, Any]]) -> None:
    """Raises Refused("stage_protected") for a stack that was deployed with protection, whatever the stage's file says by now."""
    names = sorted(str(one["StackName"]) for one in stacks if one.get("EnableTerminationProtection"))
    if names:
        raise Refused(
            "stage_protected",
            f"Deployed with protection: {', '.join(names)}.",
            "Deploy the stage with protected = false first, then repeat the command.",
        )


def _blobs(clients: Clients, stage: Stage) -> dict[str, bool]:
    return {blobs_bucket(stage): _bucket_holds(clients("s3"), blobs_bucket(stage))}


def _identity(clients: Clients, stage: Stage) -> dict[str, bool]:
    exports = identity_export_bucket(stage)
    pool = _told(clients("ssm"), stage, "user-pool-id")
    users = clients("cognito-idp").list_users(UserPoolId=pool, Limit=1)["Users"] if pool else []
    return {exports: _bucket_holds(clients("s3"), exports), "the user pool": bool(users)}


def _data(clients: Clients, stage: Stage) -> dict[str, bool]:
    dynamodb = clients("dynamodb")
    return {name: _table_holds(dynamodb, name) for name in (records_table(stage), wrapped_keys_table(stage))}


def _messaging(clients: Clients, stage: Stage) -> dict[str, bool]:
    sqs = clients("sqs")
    names = [name(stage, consumer) for consumer in (*CONSUMERS, SCANS) for name in (queue, dead_letters)]
    return {name: _queue_holds(sqs, name) for name in names}


def _keys(clients: Clients, stage: Stage) -> dict[str, bool]:
    there = stack_states(clients, stage)
    return {name: True for name in there if name != stack(stage, "keys")}


_CONTENTS: Final[Mapping[str, Callable[[Clients, Stage], dict[str, bool]]]] = {
    "blobs": _blobs,
    "identity": _identity,
    "data": _data,
    "messaging": _messaging,
    "keys": _keys,
}


def _bucket_holds(s3: Any, name: str) -> bool:
    try:
        listed = s3.list_object_versions(Bucket=name, MaxKeys=1)
    except s3.exceptions.NoSuchBucket:
        return False
    return bool(listed.get("Versions") or listed.get("DeleteMarkers"))


def _table_holds(dynamodb: Any, name: str) -> bool:
    try:
        return bool(dynamodb.scan(TableName=name, Limit=1)["Items"])
    except dynamodb.exceptions.ResourceNotFoundException:
        return False


def _queue_holds(sqs: Any, name: str) -> bool:
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        return False
    asked = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
    return any(int(counted[name]) for name in asked)


def _told(ssm: Any, stage: Stage, name: str) -> str | None:
    try:
        return str(ssm.get_parameter(Name=parameter(stage, name))["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None
