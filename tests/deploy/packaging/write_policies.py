"""`python -m tests.deploy.packaging.write_policies [FOLDER]`: write deploy/policies anew from what the stories were seen to use
(and keep that in FOLDER).

For whoever changed what a function calls: run it, then read the difference as you would read code. A right that surprises is a finding.
"""

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from deploy.names import SERVICES
from deploy.packaging.functions import all_functions
from deploy.packaging.policies import POLICIES
from tests.deploy.packaging.iam_actions import BUCKET, OBJECTS, OWN_OBJECTS, ROLE, SENDERS, TOPIC, Grant
from tests.deploy.packaging.policy_grants import BLIND, CHANGES, GUARD, PUTS, READS, TAG_GUARD, in_classes
from tests.deploy.packaging.recorder import POOLED, TENANT
from tests.deploy.packaging.rights import KEYED, recorded, without_keys

# Resource, service that calls KMS, tenant, and (purpose, pattern of the partition key) of each condition.
_About = tuple[str, str, str, frozenset[tuple[str, str]]]
_NAMES: Final = {
    BUCKET: "Bucket",
    OBJECTS: "Objects",
    OWN_OBJECTS: "OwnObjects",
    ROLE: "ActsForOneTenant",
    SENDERS: "Senders",
    TOPIC: "Topic",
}


def statements(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """As few statements as say exactly this much: actions with the same resource and conditions stand together."""
    asked: dict[tuple[str, str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for one in grants:
        asked[one.action, one.resource, one.via, one.tenant].add((one.purpose, one.key))
    together: dict[_About, list[str]] = defaultdict(list)
    for (action, resource, via, tenant), conditions in sorted(asked.items()):
        together[resource, via, tenant, frozenset(conditions)].append(action)
    made = [_statement(*about, actions) for about, actions in sorted(together.items(), key=lambda item: _order(*item))]
    return _numbered(made)


def _order(about: _About, actions: list[str]) -> tuple[Any, ...]:
    resource, via, tenant, conditions = about
    # What a session may stands in the same order, whatever keys it gets.
    kind = [bool(among & set(actions)) for among in (CHANGES, PUTS)] if tenant else []
    return _name(resource, via), kind, sorted(conditions), actions


def _statement(
    resource: str, via: str, tenant: str, conditions: frozenset[tuple[str, str]], actions: list[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Sid": _name(resource, via),
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": resource,
    }
    purposes = sorted({purpose for purpose, _ in conditions if purpose})
    keys = sorted({key for _, key in conditions if key})
    if via:
        made["Condition"] = {"StringEquals": {"kms:ViaService": f"{via}.${{AWS::Region}}.${{AWS::URLSuffix}}"}}
    elif purposes:
        whose = {"kms:EncryptionContext:tenant": tenant} if tenant else {}
        made["Condition"] = {"StringEquals": {"kms:EncryptionContext:purpose": purposes, **whose}}
    elif keys:
        made["Condition"] = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}, "Null": dict(GUARD)}
        if tenant and not READS.issuperset(actions):
            made["Condition"]["StringEqualsIfExists"] = dict(BLIND)
    if tenant and not purposes:
        made["Condition"]["Null"] = {**made["Condition"].get("Null", {}), **TAG_GUARD}
    return made


def _name(resource: str, via: str) -> str:
    if resource in _NAMES:
        return _NAMES[resource]
    if ":sqs:" in resource:
        words = resource.rpartition("${Stage}-")[2].split("-")
        return "Queue" + "".join(word.capitalize() for word in words)
    name = resource.rpartition("${")[2].rstrip("}").removesuffix("Table").removesuffix("Arn")
    return f"{name}For{via.capitalize()}" if via else name


def _numbered(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A Sid is unique in its policy."""
    seen: dict[str, int] = defaultdict(int)
    for one in made:
        seen[one["Sid"]] += 1
        if seen[one["Sid"]] > 1:
            one["Sid"] += str(seen[one["Sid"]])
    return made


def write(service: str, name: str, grants: Iterable[Grant]) -> None:
    """Write one policy file."""
    keyed = (service, name) in KEYED or ("*", name) in KEYED
    told = set(grants) if keyed else without_keys(grants)
    told = in_classes(told) if name == TENANT else told
    path = POLICIES / service / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements(told)}, indent=2) + "\n", "utf-8")


def main() -> None:
    """Record, then write."""
    with tempfile.TemporaryDirectory() as folder:
        used = recorded(Path(sys.argv[1] if len(sys.argv) > 1 else folder))
    functions = [(one.service, one.name) for one in all_functions()]
    for who in (*functions, *((service, name) for service in SERVICES for name in (POOLED, TENANT))):
        write(*who, used[who])


if __name__ == "__main__":
    main()
