"""Templates side by side: what a deployment would add, change and remove, and which of it people could lose data by."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

# Types that hold what can't be made again.
KEEPERS: Final = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem",
        "AWS::KMS::Key",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
    }
)
# A change of these makes a new thing and leaves or removes the old one
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html, "Update requires: Replacement").
REPLACING: Final[Mapping[str, frozenset[str]]] = {
    "AWS::Backup::BackupVault": frozenset({"BackupVaultName", "EncryptionKeyArn"}),
    "AWS::Cognito::UserPool": frozenset({"AliasAttributes", "UsernameAttributes", "UsernameConfiguration"}),
    "AWS::DynamoDB::Table": frozenset({"KeySchema", "TableName"}),
    "AWS::KMS::Key": frozenset({"KeySpec", "KeyUsage", "MultiRegion"}),
    "AWS::S3::Bucket": frozenset({"BucketName"}),
}
Kind = Literal["add", "change", "remove"]


@dataclass(frozen=True)
class Change:
    """One resource. ``danger`` says in a sentence what could be lost; empty for a change that loses nothing."""

    kind: Kind
    stack: str
    logical_id: str
    type: str
    properties: tuple[str, ...] = ()
    danger: str = ""

    def __str__(self) -> str:
        mark = {"add": "+", "change": "~", "remove": "-"}[self.kind]
        more = f" ({', '.join(self.properties)})" if self.properties else ""
        danger = f"  !! {self.danger}" if self.danger else ""
        return f"{mark} {self.stack}/{self.logical_id} {self.type}{more}{danger}"


def templates_of(assembly: Path) -> dict[str, dict[str, Any]]:
    """Stack name -> template of a synthesized folder."""
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text("utf-8"))
        for path in sorted(assembly.glob("*.template.json"))
    }


def changes(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    """What leads from one set of templates to another, by stack and logical id."""
    found: list[Change] = []
    for stack in sorted(before.keys() | after.keys()):
        old = before.get(stack, {}).get("Resources", {})
        new = after.get(stack, {}).get("Resources", {})
        for logical_id in sorted(old.keys() | new.keys()):
            found += _change(stack, logical_id, old.get(logical_id), new.get(logical_id))
    return found


def _change(stack: str, logical_id: str, old: Any, new: Any) -> Iterator[Change]:
    if old is None:
        yield Change("add", stack, logical_id, new["Type"])
    elif new is None:
        yield Change("remove", stack, logical_id, old["Type"], danger=_removal(old))
    elif old["Type"] != new["Type"]:
        yield Change("remove", stack, logical_id, old["Type"], danger=_removal(old))
        yield Change("add", stack, logical_id, new["Type"])
    else:
        differing = _differing(old, new)
        if differing:
            yield Change("change", stack, logical_id, new["Type"], differing, _loss(old, new, differing))


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    names |= {name for name in ("DeletionPolicy", "UpdateReplacePolicy") if old.get(name) != new.get(name)}
    return tuple(sorted(names))


def _removal(resource: Mapping[str, Any]) -> str:
    if resource["Type"] not in KEEPERS:
        return ""
    if resource.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}:
        return "It stays in the account, outside every stack."
    return "It is deleted with what it holds."


def _loss(old: Mapping[str, Any], new: Mapping[str, Any], differing: tuple[str, ...]) -> str:
    kind = new["Type"]
    if kind not in KEEPERS:
        return ""
    replacing = REPLACING.get(kind, frozenset()) & set(differing)
    if replacing:
        return f"A new one takes its place, empty, because of {', '.join(sorted(replacing))}."
    if "DeletionPolicy" in differing and old.get("DeletionPolicy") == "Retain":
        return "From now on it would be deleted with its stack."
    before, after = old.get("Properties", {}), new.get("Properties", {})
    if before.get("DeletionProtectionEnabled") is True and not after.get("DeletionProtectionEnabled"):
        return "From now on it can be deleted by one call."
    return ""
