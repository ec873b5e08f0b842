"""A policy as the rights that it gives: every action of a statement on every resource under every value of its conditions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final

from tests.deploy.packaging.iam_actions import TENANT, Grant

_VIA: Final = "kms:ViaService"
_PURPOSE: Final = "kms:EncryptionContext:purpose"
_TENANT: Final = "kms:EncryptionContext:tenant"
_KEYS: Final = "dynamodb:LeadingKeys"
_TAG: Final = "aws:PrincipalTag/TenantId"
# ForAllValues alone is true where a request names no key at all.
GUARD: Final = {_KEYS: "false"}
TAG_GUARD: Final = {_TAG: "false"}
# What a change answers could be a record that its keys do not let the role read.
BLIND: Final = {"dynamodb:ReturnValues": "NONE"}
READS: Final = frozenset(f"dynamodb:{one}" for one in ("BatchGetItem", "ConditionCheckItem", "GetItem", "Query"))
PUTS: Final = frozenset(("dynamodb:PutItem",))
CHANGES: Final = frozenset(("dynamodb:DeleteItem", "dynamodb:UpdateItem"))
_KNOWN: Final = {"StringEquals", "ForAllValues:StringLike", "Null", "StringEqualsIfExists"}


def grants_of(statements: Sequence[Mapping[str, Any]]) -> set[Grant]:
    """The rights of these statements. Raises AssertionError for a condition that is not understood here, or a guard that is missing."""
    return {grant for one in statements for grant in _of_one(one)}


def in_classes(grants: Iterable[Grant]) -> set[Grant]:
    """The rights of sessions of a tenant as its role gives them: one list of keys for all that reads a table, one for puts, one for changes.

    DynamoDB may show IAM all keys of one action of a transaction together, and then one statement has to take them all.
    """
    given = set(grants)
    for table in {one.resource for one in given if one.key}:
        for kind in (READS, PUTS, CHANGES):
            seen = [one for one in given if one.resource == table and one.action in kind]
            actions, keys = {one.action for one in seen}, {one.key for one in seen}
            given |= {replace(seen[0], action=action, key=key) for action, key in product(actions, keys)}
    return given


def _of_one(statement: Mapping[str, Any]) -> Iterator[Grant]:
    assert statement["Effect"] == "Allow", statement
    actions = _several(statement["Action"])
    vias, purposes, keys, tenant = _conditions(statement.get("Condition", {}), actions)
    for action, resource, via, purpose, key in product(actions, _several(statement["Resource"]), vias, purposes, keys):
        yield Grant(action, resource, via, purpose, key, tenant)


def _conditions(asked: Mapping[str, Any], actions: Sequence[str]) -> tuple[list[str], list[str], list[str], str]:
    """(services that KMS is called through, purposes, patterns of partition keys), each [""] where nothing is asked; and the tenant."""
    equal = dict(asked.get("StringEquals", {}))
    vias = [one.partition(".")[0] for one in _several(equal.pop(_VIA, ""))]
    purposes, sealed_for = _several(equal.pop(_PURPOSE, "")), equal.pop(_TENANT, "")
    like = dict(asked.get("ForAllValues:StringLike", {}))
    keys = _several(like.pop(_KEYS, ""))
    nulls = dict(asked.get("Null", {}))
    tagged = nulls.pop(_TAG, "") == "false"
    assert nulls == (GUARD if keys != [""] else {}), asked
    assert tagged == any(TENANT in key for key in keys) or vias != [""], asked
    changes = tagged and any(action in PUTS | CHANGES for action in actions)
    assert asked.get("StringEqualsIfExists", {}) == (BLIND if changes else {}), asked
    assert not equal, equal
    assert not like, like
    assert sealed_for in ("", TENANT), asked
    assert asked.keys() <= _KNOWN, asked
    return vias, purposes, keys, TENANT if tagged or sealed_for else ""


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
