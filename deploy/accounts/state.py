"""The organisation as it is: read from AWS, or from a file that was recorded so. No names and no addresses of people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.errors import Refused
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.organisation import TAG

_SCP = "SERVICE_CONTROL_POLICY"


@dataclass(frozen=True)
class Account:
    """``unit`` is a path as in the organisation's file; ``tenant`` its tag, empty without."""

    id: str
    unit: str
    status: str = "ACTIVE"
    tenant: str = ""


@dataclass(frozen=True)
class State:
    """``units``: path -> names of attached policies. ``policies``: name -> document. ``baseline``: account -> status of its instance."""

    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    baseline: Mapping[str, str] = field(default_factory=dict)


def recorded(path: Path) -> State:
    """A state from a file. Raises Refused("state_unreadable")."""
    try:
        raw = json.loads(path.read_text("utf-8"))
        return State(
            {unit: tuple(names) for unit, names in raw["units"].items()},
            raw["policies"],
            tuple(Account(**one) for one in raw["accounts"]),
            raw["baseline"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            "state_unreadable", f"{path} is no recorded state.", "Record it with `python -m deploy accounts record`."
        ) from error


def to_text(state: State) -> str:
    """What ``recorded`` reads."""
    return json.dumps(asdict(state), indent=1, sort_keys=True) + "\n"


def live(organizations: Any, cloudformation: Any, *, baseline: str) -> State:
    """What AWS says now. Raises Refused and UnderWay as ``told``."""
    with told():
        root = organizations.list_roots()["Roots"][0]["Id"]
        units = dict(_units(organizations, root, ""))
        return State(
            {path: _attached(organizations, unit) for path, unit in units.items()},
            _policies(organizations),
            tuple(one for path, unit in units.items() for one in _accounts(organizations, unit, path)),
            _baseline(cloudformation, baseline),
        )


def unit_id(organizations: Any, path: str) -> str:
    """Id of a unit by its path; "" is the root. Raises Refused("unit_unknown") and as ``told``."""
    with told():
        found = str(organizations.list_roots()["Roots"][0]["Id"])
        for name in (part for part in path.split("/") if part):
            units = _pages(organizations, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=found)
            ids = [str(one["Id"]) for one in units if one["Name"] == name]
            if not ids:
                raise Refused(
                    "unit_unknown",
                    f"The organisation has no unit {path}.",
                    "Run `python -m deploy accounts apply --yes`.",
                )
            found = ids[0]
    return found


def has_unit(organizations: Any, path: str) -> bool:
    """Whether there is such a unit. Raises as ``told``."""
    try:
        unit_id(organizations, path)
    except Refused as refused:
        if refused.code != "unit_unknown":
            raise
        return False
    return True


def _units(organizations: Any, unit: str, path: str) -> Iterator[tuple[str, str]]:
    yield path, unit
    for one in _pages(organizations, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit):
        yield from _units(organizations, one["Id"], f"{path}/{one['Name']}".lstrip("/"))


def _attached(organizations: Any, unit: str) -> tuple[str, ...]:
    found = _pages(organizations, "list_policies_for_target", "Policies", TargetId=unit, Filter=_SCP)
    return tuple(sorted(str(one["Name"]) for one in found))


def _policies(organizations: Any) -> dict[str, Mapping[str, Any]]:
    documents = {}
    for one in _pages(organizations, "list_policies", "Policies", Filter=_SCP):
        if not one["AwsManaged"]:
            content = organizations.describe_policy(PolicyId=one["Id"])["Policy"]["Content"]
            documents[str(one["Name"])] = json.loads(content)
    return documents


def _accounts(organizations: Any, unit: str, path: str) -> Iterator[Account]:
    for one in _pages(organizations, "list_accounts_for_parent", "Accounts", ParentId=unit):
        tags = _pages(organizations, "list_tags_for_resource", "Tags", ResourceId=one["Id"])
        tenant = next((str(tag["Value"]) for tag in tags if tag["Key"] == TAG), "")
        yield Account(str(one["Id"]), path, str(one["State"]), tenant)


def _baseline(cloudformation: Any, name: str) -> dict[str, str]:
    try:
        found = _pages(cloudformation, "list_stack_instances", "Summaries", StackSetName=name)
        return {str(one["Account"]): str(one["Status"]) for one in found}
    except cloudformation.exceptions.StackSetNotFoundException:
        return {}


def _pages(client: Any, operation: str, key: str, **asked: Any) -> list[dict[str, Any]]:
    return [one for page in client.get_paginator(operation).paginate(**asked) for one in page[key]]
