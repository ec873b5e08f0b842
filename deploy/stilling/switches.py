"""Everything of a stage that moves by itself or because somebody asks, as switches: which there are, how each stands, off and on again.

What a switch stands at is one JSON value: enough to put it back as it was, whatever that was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from deploy.account import Clients
from deploy.names import FUNCTIONS, SERVICES, function, prefix
from deploy.stage import Stage

# The containers that read queues or answer people (deploy/stacks/scanner.py, downloads.py): cluster and service have one name.
CONTAINERS: Final = ("scanner", "downloads")
_BUSY: Final = frozenset({"ResourceInUseException", "ConcurrentUpdateException", "ConcurrentModificationException"})


class Switches(Protocol):
    """One kind. ``set`` of what already stands so changes nothing that counts; of what is gone it raises LookupError."""

    def standing(self) -> dict[str, Any]:
        """Name -> how it stands; those alone that are not off."""
        ...

    def off(self, name: str, stood: Any) -> None: ...

    def on(self, name: str, stood: Any) -> None: ...


class Requests:
    """Functions that answer people: none runs while its reserved concurrency is 0
    (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html). Stands at its number; null: none is reserved.
    """

    def __init__(self, clients: Clients, stage: Stage) -> None:
        self._client = clients("lambda")
        self._names = [function(stage, service, "api_handler") for service in SERVICES]

    def standing(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self._names:
            try:
                told = self._client.get_function_concurrency(FunctionName=name)
            except self._client.exceptions.ResourceNotFoundException:
                continue
            if told.get("ReservedConcurrentExecutions") != 0:
                found[name] = told.get("ReservedConcurrentExecutions")
        return found

    def off(self, name: str, stood: Any) -> None:  # noqa: ARG002  # off is the same for each
        self._set(name, 0)

    def on(self, name: str, stood: Any) -> None:
        self._set(name, stood)

    def _set(self, name: str, number: int | None) -> None:
        with _there(self._client.exceptions.ResourceNotFoundException):
            if number is None:
                self._client.delete_function_concurrency(FunctionName=name)
            else:
                self._client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=number)


class Sources:
    """Queues and the stream that call functions: event source mappings, by their id. ``awake``: functions that are let alone."""

    def __init__(self, clients: Clients, stage: Stage, *, awake: Sequence[str] = ()) -> None:
        self._client = clients("lambda")
        self._functions = _functions(stage, awake)

    def standing(self) -> dict[str, Any]:
        pages = self._client.get_paginator("list_event_source_mappings").paginate()
        return {
            one["UUID"]: True
            for page in pages
            for one in page["EventSourceMappings"]
            if one["FunctionArn"].split(":")[6] in self._functions and one["State"] not in ("Disabled", "Disabling")
        }

    def off(self, name: str, stood: Any) -> None:  # noqa: ARG002  # off is the same for each
        self._set(name, enabled=False)

    def on(self, name: str, stood: Any) -> None:
        self._set(name, enabled=bool(stood))

    def _set(self, name: str, *, enabled: bool) -> None:
        with _there(self._client.exceptions.ResourceNotFoundException):
            self._client.update_event_source_mapping(UUID=name, Enabled=enabled)


class Rules:
    """Schedules of functions and of stacks: rules of EventBridge that have a schedule. Those that hear of something go on."""

    def __init__(self, clients: Clients, stage: Stage) -> None:
        self._client = clients("events")
        self._functions = _functions(stage)
        self._prefix = f"{prefix(stage)}-"

    def standing(self) -> dict[str, Any]:
        pages = self._client.get_paginator("list_rules").paginate(NamePrefix="fumibako-")
        rules = (one for page in pages for one in page["Rules"] if one.get("ScheduleExpression"))
        ours = (one for one in rules if one["Name"] in self._functions or one["Name"].startswith(self._prefix))
        return {one["Name"]: True for one in ours if one["State"] != "DISABLED"}

    def off(self, name: str, stood: Any) -> None:  # noqa: ARG002  # off is the same for each
        with _there(self._client.exceptions.ResourceNotFoundException):
            self._client.disable_rule(Name=name)

    def on(self, name: str, stood: Any) -> None:  # noqa: ARG002  # on is the same for each
        with _there(self._client.exceptions.ResourceNotFoundException):
            self._client.enable_rule(Name=name)


class Timers:
    """The daily report: schedules of EventBridge Scheduler, which take everything anew with each change."""

    _TOLD: Final = ("FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "Target", "Description")

    def __init__(self, clients: Clients, stage: Stage) -> None:
        self._client = clients("scheduler")
        self._prefix = f"{prefix(stage)}-"

    def standing(self) -> dict[str, Any]:
        pages = self._client.get_paginator("list_schedules").paginate(NamePrefix=self._prefix)
        return {one["Name"]: True for page in pages for one in page["Schedules"] if one["State"] != "DISABLED"}

    def off(self, name: str, stood: Any) -> None:  # noqa: ARG002  # off is the same for each
        self._set(name, "DISABLED")

    def on(self, name: str, stood: Any) -> None:  # noqa: ARG002  # on is the same for each
        self._set(name, "ENABLED")

    def _set(self, name: str, state: str) -> None:
        with _there(self._client.exceptions.ResourceNotFoundException):
            held = self._client.get_schedule(Name=name)
            told = {one: held[one] for one in self._TOLD if held.get(one)}
            self._client.update_schedule(Name=name, State=state, **told)


class Containers:
    """Services of ECS that scale: their bounds are 0 while they are off. Stands at [least, most, wanted]."""

    def __init__(self, clients: Clients, stage: Stage) -> None:
        self._ecs, self._scaling = clients("ecs"), clients("application-autoscaling")
        self._names = [f"{prefix(stage)}-{one}" for one in CONTAINERS]

    def standing(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self._names:
            bounds = self._scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[_resource(name)])
            for one in bounds["ScalableTargets"]:
                least, most, wanted = int(one["MinCapacity"]), int(one["MaxCapacity"]), self._wanted(name)
                if most or wanted:
                    found[name] = [least, most, wanted]
        return found

    def off(self, name: str, stood: Any) -> None:  # noqa: ARG002  # off is the same for each
        self._set(name, 0, 0, 0)

    def on(self, name: str, stood: Any) -> None:
        self._set(name, *stood)

    def _wanted(self, name: str) -> int:
        return sum(int(one["desiredCount"]) for one in self._active(name))

    def _active(self, name: str) -> list[dict[str, Any]]:
        try:
            found = self._ecs.describe_services(cluster=name, services=[name])["services"]
        except self._ecs.exceptions.ClusterNotFoundException:
            return []
        return [one for one in found if one["status"] == "ACTIVE"]

    def _set(self, name: str, least: int, most: int, wanted: int) -> None:
        if not self._active(name):
            # The bounds of a service that is gone are refused with no code of their own.
            raise LookupError(name)
        # The bounds first: whatever scales meanwhile scales within them.
        self._scaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=_resource(name),
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=least,
            MaxCapacity=most,
        )
        gone = (self._ecs.exceptions.ServiceNotFoundException, self._ecs.exceptions.ClusterNotFoundException)
        with _there(*gone):
            self._ecs.update_service(cluster=name, service=name, desiredCount=wanted)


KINDS: Final[Mapping[str, Callable[[Clients, Stage], Switches]]] = {
    "requests": Requests,
    "schedules": Rules,
    "reports": Timers,
    "sources": Sources,
    "containers": Containers,
}


def busy(error: ClientError) -> bool:
    """AWS is still at the last change of it: to be tried again."""
    return str(error.response["Error"]["Code"]) in _BUSY


@contextmanager
def _there(*absent: type[Exception]) -> Iterator[None]:
    try:
        yield
    except absent as error:
        raise LookupError from error


def _functions(stage: Stage, but: Sequence[str] = ()) -> set[str]:
    return {function(stage, service, one) for service in FUNCTIONS for one in FUNCTIONS[service] if one not in but}


def _resource(name: str) -> str:
    return f"service/{name}/{name}"
