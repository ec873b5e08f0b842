"""A policy as the rights that it gives: every action of a statement on every resource under every value of its conditions."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from tests.deploy.packaging.iam_actions import Grant

_VIA: Final = "kms:ViaService"
_PURPOSE: Final = "kms:EncryptionContext:purpose"
_KEYS: Final = "dynamodb:LeadingKeys"
# ForAllValues alone is true where a request names no key at all.
GUARD: Final = {_KEYS: "false"}


def grants_of(statements: Sequence[Mapping[str, Any]]) -> set[Grant]:
    """The rights of these statements. Raises AssertionError for a condition that is not understood here."""
    return {grant for one in statements for grant in _of_one(one)}


def _of_one(statement: Mapping[str, Any]) -> Iterator[Grant]:
    assert statement["Effect"] == "Allow", statement
    vias, purposes, keys = _conditions(statement.get("Condition", {}))
    for action, resource, via, purpose, key in product(
        _several(statement["Action"]), _several(statement["Resource"]), vias, purposes, keys
    ):
        yield Grant(action, resource, via, purpose, key)


def _conditions(asked: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """(services that KMS is called through, purposes, patterns of partition keys), each [""] where nothing is asked."""
    equal = dict(asked.get("StringEquals", {}))
    vias = [one.partition(".")[0] for one in _several(equal.pop(_VIA, ""))]
    purposes = _several(equal.pop(_PURPOSE, ""))
    like = dict(asked.get("ForAllValues:StringLike", {}))
    keys = _several(like.pop(_KEYS, ""))
    assert asked.get("Null", {}) == (GUARD if keys != [""] else {}), asked
    assert not equal, equal
    assert not like, like
    assert asked.keys() <= {"StringEquals", "ForAllValues:StringLike", "Null"}, asked
    return vias, purposes, keys


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
