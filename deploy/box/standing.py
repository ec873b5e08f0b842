"""What stands in the emulator of the services' own: after their stacks were deleted nothing may."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from deploy import names
from deploy.box.emulator import Emulator
from deploy.packaging.policies import failed_runs
from deploy.stage import Stage

# Kinds of resources that the packaged templates make.
KINDS: Final = (
    "functions",
    "event source mappings",
    "roles",
    "rules",
    "log groups",
    "rest apis",
    "queues of failed runs",
    "domain names",
)


class Standing:
    """``found()``: kind -> names of what belongs to the services' stacks."""

    def __init__(self, emulator: Emulator, stage: Stage) -> None:
        self._emulator = emulator
        self._stage = stage

    def found(self) -> dict[str, list[str]]:
        """Every kind, empty ones too."""
        told: Mapping[str, Iterable[str]] = {
            "functions": self._pages("lambda", "list_functions", "Functions", "FunctionName"),
            "event source mappings": self._mappings(),
            "roles": self._roles(),
            "rules": self._pages("events", "list_rules", "Rules", "Name"),
            "log groups": self._pages("logs", "describe_log_groups", "logGroups", "logGroupName"),
            "rest apis": self._pages("apigateway", "get_rest_apis", "items", "name"),
            "queues of failed runs": self._queues(),
            "domain names": self._pages("apigateway", "get_domain_names", "items", "domainName"),
        }
        return {kind: sorted(self._ours(kind, told[kind])) for kind in KINDS}

    def _ours(self, kind: str, every: Iterable[str]) -> Iterable[str]:
        """Names carry the stage; other stacks' functions and roles do not carry a service's name."""
        if kind == "domain names":
            return every
        marks = [f"fumibako-{service}-{self._stage.name}" for service in names.SERVICES]
        marks += [f"-services-{service}" for service in names.SERVICES]
        marks += [failed_runs(service).replace("${Stage}", self._stage.name) for service in names.SERVICES]
        return [one for one in every if any(mark in one for mark in marks)]

    def _pages(self, service: str, operation: str, listed: str, name: str) -> list[str]:
        client = self._emulator.client(service)
        if not client.can_paginate(operation):
            return [str(one[name]) for one in getattr(client, operation)()[listed]]
        return [str(one[name]) for page in client.get_paginator(operation).paginate() for one in page[listed]]

    def _mappings(self) -> list[str]:
        pages = self._emulator.client("lambda").get_paginator("list_event_source_mappings").paginate()
        return [str(one["FunctionArn"]) for page in pages for one in page["EventSourceMappings"]]

    def _roles(self) -> list[str]:
        """By path and stack: CloudFormation names them after the stack."""
        pages = self._emulator.client("iam").get_paginator("list_roles").paginate()
        return [str(one["RoleName"]) for page in pages for one in page["Roles"]]

    def _queues(self) -> list[str]:
        urls: list[str] = self._emulator.client("sqs").list_queues().get("QueueUrls", [])
        return [url.rpartition("/")[2] for url in urls]


def left(standing: Mapping[str, Any]) -> list[str]:
    """What ``Standing.found`` told, one line for each kind that is not empty."""
    return [f"{kind}: {', '.join(found)}" for kind, found in standing.items() if found]
