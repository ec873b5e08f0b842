"""A stage of development at night: no container runs, no queue is polled, no schedule begins, no alarm wakes anybody. What waits, waits.

Queues keep messages for days and the stream for 24 hours (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html), so a
night loses nothing; a week-end would lose what the outbox's relay has not read, and the relay is therefore left awake.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from deploy.errors import Refused
from deploy.names import function, prefix
from deploy.packaging.functions import all_functions
from deploy.pipeline.alarms import watched
from deploy.stage import Stage

# It reads the stream, which forgets after a day.
AWAKE: Final = ("relay_outbox",)
_DIMENSION: Final = "ecs:service:DesiredCount"
_AT_ONCE: Final = 100
Clients = Callable[..., Any]


def note_parameter(stage: Stage) -> str:
    """The SSM parameter with how it was before; it is there while the stage sleeps."""
    return f"/fumibako/{stage.name}/asleep"


def sleep(clients: Clients, stage: Stage) -> list[str]:
    """Put it to sleep; gives a line for each thing. Raises Refused("never_sleeps") for production. Repeating it changes nothing more."""
    if stage.name.startswith("prod"):
        raise Refused("never_sleeps", f"Stage `{stage.name}` is production.", "Name a stage of development.")
    ssm = clients("ssm")
    # The note is written first: a sleep that dies half-way can be woken whole. The first note is the true one.
    note = _note(ssm, stage) or {
        "targets": _targets(clients("application-autoscaling"), stage),
        "sources": _sources(clients("lambda"), stage),
        "rules": _rules(clients("events"), stage),
    }
    ssm.put_parameter(Name=note_parameter(stage), Value=json.dumps(note), Type="String", Overwrite=True)
    _set_alarms(clients("cloudwatch"), stage, awake=False)
    return _apply(clients, note, awake=False)


def wake(clients: Clients, stage: Stage) -> list[str]:
    """As it was before; gives a line for each thing. Raises Refused("not_asleep")."""
    ssm = clients("ssm")
    note = _note(ssm, stage)
    if note is None:
        raise Refused("not_asleep", f"Stage `{stage.name}` is not asleep.", "Nothing is to be done.")
    lines = _apply(clients, note, awake=True)
    _set_alarms(clients("cloudwatch"), stage, awake=True)
    ssm.delete_parameter(Name=note_parameter(stage))
    return lines


def _apply(clients: Clients, note: dict[str, Any], *, awake: bool) -> list[str]:
    lines = []
    for one in note["targets"]:
        least, most = (one["least"], one["most"]) if awake else (0, 0)
        clients("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=one["id"],
            ScalableDimension=_DIMENSION,
            MinCapacity=least,
            MaxCapacity=most,
        )
        _, cluster, service = one["id"].split("/")
        clients("ecs").update_service(cluster=cluster, service=service, desiredCount=least)
        lines.append(f"{one['id']}: {least} to {most}")
    for source in note["sources"]:
        clients("lambda").update_event_source_mapping(UUID=source, Enabled=awake)
        lines.append(f"source {source}: {'on' if awake else 'off'}")
    for rule in note["rules"]:
        events = clients("events")
        (events.enable_rule if awake else events.disable_rule)(Name=rule)
        lines.append(f"rule {rule}: {'on' if awake else 'off'}")
    return lines


def _targets(scaling: Any, stage: Stage) -> list[dict[str, Any]]:
    ids = [f"service/{prefix(stage)}-{one}/{prefix(stage)}-{one}" for one in ("downloads", "scanner")]
    got = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=ids, ScalableDimension=_DIMENSION)
    return [
        {"id": one["ResourceId"], "least": one["MinCapacity"], "most": one["MaxCapacity"]}
        for one in got["ScalableTargets"]
    ]


def _sources(functions: Any, stage: Stage) -> list[str]:
    """Queues that are polled now; one that somebody switched off stays off when the stage wakes."""
    return [
        one["UUID"]
        for name in sorted(_names(stage))
        for page in functions.get_paginator("list_event_source_mappings").paginate(FunctionName=name)
        for one in page["EventSourceMappings"]
        if one["State"] in ("Enabled", "Enabling")
    ]


def _names(stage: Stage) -> Iterator[str]:
    for one in all_functions():
        if one.name not in AWAKE:
            # The alias that everything calls (docs/cloud/packaging.md).
            yield f"{function(stage, one.service, one.name)}:live"


def _rules(events: Any, stage: Stage) -> list[str]:
    """Rules with a clock; those that hear of keys go on."""
    ours = {function(stage, one.service, one.name) for one in all_functions()}
    pages = events.get_paginator("list_rules").paginate(NamePrefix="fumibako-")
    rules = [one for page in pages for one in page["Rules"]]
    return sorted(
        one["Name"]
        for one in rules
        if one.get("ScheduleExpression")
        and one["State"] == "ENABLED"
        and (one["Name"] in ours or one["Name"].startswith(f"{prefix(stage)}-"))
    )


def _set_alarms(cloudwatch: Any, stage: Stage, *, awake: bool) -> None:
    names = watched(stage)
    for first in range(0, len(names), _AT_ONCE):
        asked = names[first : first + _AT_ONCE]
        (cloudwatch.enable_alarm_actions if awake else cloudwatch.disable_alarm_actions)(AlarmNames=asked)


def _note(ssm: Any, stage: Stage) -> dict[str, Any] | None:
    try:
        held: dict[str, Any] = json.loads(ssm.get_parameter(Name=note_parameter(stage))["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None
    return held
