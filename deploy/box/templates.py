"""A synthesized template less what the emulator refuses, and less what stands on that."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

# Types of our stacks that it does not know.
UNKNOWN: Final = frozenset(
    (
        "AWS::Backup::BackupSelection",
        "AWS::EC2::FlowLog",
        "AWS::IAM::RolePolicy",
        "AWS::Logs::Delivery",
        "AWS::Logs::DeliveryDestination",
        "AWS::Logs::DeliverySource",
        "AWS::WAFv2::LoggingConfiguration",
    )
)
# Attributes of user pools that it has no value for.
_UNKNOWN_ATTRIBUTES: Final = frozenset(("ProviderURL",))
_IN_TEXT: Final = re.compile(r"\$\{([A-Za-z0-9]+)")
Resources = dict[str, Any]


def divided(template: Mapping[str, Any]) -> tuple[dict[str, Any], Resources]:
    """(the template that the emulator takes, the resources that were left out). Outputs go: nobody reads them."""
    kept: Resources = dict(template["Resources"])
    left_out: Resources = {name: kept.pop(name) for name, one in template["Resources"].items() if _refused(one)}
    while behind := [name for name, one in kept.items() if left_out.keys() & set(_mentioned(one))]:
        left_out |= {name: kept.pop(name) for name in behind}
    without = {name: value for name, value in template.items() if name != "Outputs"}
    return {**without, "Resources": {name: _waiting_for(one, kept) for name, one in kept.items()}}, left_out


def _refused(resource: Mapping[str, Any]) -> bool:
    properties: Mapping[str, Any] = resource.get("Properties", {})
    by_formula = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties
    return resource["Type"] in UNKNOWN or by_formula or bool(_UNKNOWN_ATTRIBUTES & set(_attributes(properties)))


def _waiting_for(resource: Mapping[str, Any], kept: Resources) -> dict[str, Any]:
    awaited = resource.get("DependsOn", [])
    names = [awaited] if isinstance(awaited, str) else awaited
    return {**resource, "DependsOn": [name for name in names if name in kept]} if names else dict(resource)


def _mentioned(value: object) -> Iterator[str]:
    """Logical ids that something refers to; what it only waits for is no reference."""
    for name, one in _functions(value):
        if name == "Ref":
            yield str(one)
        elif name == "Fn::GetAtt":
            yield str(one[0] if isinstance(one, list) else str(one).partition(".")[0])
        elif name == "Fn::Sub":
            yield from _IN_TEXT.findall(one if isinstance(one, str) else one[0])


def _attributes(value: object) -> Iterator[str]:
    for name, one in _functions(value):
        if name == "Fn::GetAtt":
            yield str(one[1] if isinstance(one, list) else str(one).partition(".")[2])


def _functions(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            if name in ("Ref", "Fn::GetAtt", "Fn::Sub"):
                yield name, one
            if name != "DependsOn":
                yield from _functions(one)
    elif isinstance(value, list):
        for one in value:
            yield from _functions(one)
