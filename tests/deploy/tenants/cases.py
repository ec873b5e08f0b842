"""Every decision that the tests ask of our model, as plain values: what another implementation is asked too.

    python -m tests.deploy.tenants.cases > cases.json
    npm install @cloud-copilot/iam-simulate && node tests/deploy/tenants/ask_other.mjs cases.json > tests/deploy/tenants/other_answers.json

The second writes what that one says; ``test_other_answers`` holds ours against it.
"""

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any

from deploy.accounts.organisation import FULL, levels, load_organisation, policy
from deploy.tenants.calls import asked
from deploy.tenants.policy.decision import Policies, Request
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.role import role_permissions, role_trust
from tests.deploy.accounts import test_guard_rails as rails
from tests.deploy.tenants.pool import ACCOUNT, PLACE, PLACES, STAGE, policies_of, tenant_role
from tests.deploy.tenants.test_isolation import ASSUMPTIONS, CASES
from tests.deploy.tenants.worked_examples import EXAMPLES

Case = tuple[str, Request, Policies]


def cases() -> Iterator[Case]:
    """Names are unique and stay."""
    for one in EXAMPLES:
        yield f"example: {one.name}", one.request, one.policies
    yield from _isolation()
    yield from _rails()
    yield from _operators()


def _isolation() -> Iterator[Case]:
    for (ours, name), calls in CASES.items():
        caller = Caller(
            tenant_role(ours), f"arn:aws:sts::{ACCOUNT}:assumed-role/fumibako-prod-{ours}-tenant/fumibako-acme"
        )
        role = role_permissions(ours, PLACES)
        for half, (service, operation, call) in zip(("refused", "twin"), calls, strict=True):
            for number, one in enumerate(asked(service, operation, call, PLACE)):
                context = {**one.context, "aws:PrincipalTag/TenantId": "acme"}
                request = Request(caller, one.action, one.resource, context)
                yield f"isolation of {ours}: {name}: {half} {number}", request, policies_of(role, service)
    own = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for (ours, name), (arn, call, _) in ASSUMPTIONS.items():
        trust = Policies((own,), (role_trust(ACCOUNT, STAGE, ours),), resource_decides=True)
        for number, one in enumerate(asked("sts", "AssumeRole", call, PLACE)):
            given = {**one.context, "aws:PrincipalArn": arn}
            request = Request(Caller(arn), one.action, one.resource, given, ACCOUNT)
            yield f"assume of {ours}: {name}: {number}", request, trust


def _rails() -> Iterator[Case]:
    organisation = load_organisation()
    documents = {name: policy(name, organisation) for name in organisation.policies} | {FULL: rails.EVERYTHING}
    for name, acts in rails.PAIRS.items():
        for half, act in zip(("refused", "twin"), acts, strict=True):
            context: dict[str, Value] = {"aws:PrincipalArn": act.by, "aws:RequestedRegion": act.region, **act.more}
            scps = tuple(tuple(documents[one] for one in names) for names in levels(organisation, act.unit))
            request = Request(Caller(act.by), act.action, act.resource, context)
            yield f"rails: {name}: {half}", request, Policies((rails.EVERYTHING,), organisation=scps)


def _operators() -> Iterator[Case]:
    """Operators by values by sets: the corners where implementations differ."""
    caller = Caller("arn:aws:iam::111122223333:user/ana")
    plain = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")
    operators = [*plain, *(f"{one}IfExists" for one in plain)]
    wanted: list[Any] = ["a", ["a", "b"], "a*", "${aws:username}"]
    one_value: list[Value | None] = [None, "a", "A", "ab", "c"]
    several: list[Value | None] = [None, ("a",), ("a", "b"), ("a", "c"), ("c",)]
    kinds: list[tuple[str, str, list[Value | None]]] = [
        ("", "aws:PrincipalTag/k", one_value),
        ("ForAllValues:", "aws:TagKeys", several),
        ("ForAnyValue:", "aws:TagKeys", several),
    ]
    for (prefix, key, values), operator, want in itertools.product(kinds, operators, wanted):
        for given in values:
            if given is None and prefix == "ForAnyValue:" and operator.endswith("IfExists"):
                continue  # Nothing says what that means; our model refuses it.
            condition = {f"{prefix}{operator}": {key: want}}
            document = {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "iam:TagUser", "Resource": "*", "Condition": condition}],
            }
            context: dict[str, Value] = {"aws:username": "a", **({} if given is None else {key: given})}
            request = Request(caller, "iam:TagUser", "arn:aws:iam::111122223333:user/ana", context)
            yield f"operator: {prefix}{operator} {want} of {given}", request, Policies((document,))


def as_json(case: Case) -> dict[str, Any]:
    """For the other one."""
    name, request, policies = case
    return {
        "name": name,
        "principal": request.caller.session or request.caller.arn,
        "action": request.action,
        "resource": request.resource,
        "account": request.owner or request.caller.account,
        "context": dict(request.context),
        "identity": list(policies.identity),
        "resourcePolicy": policies.resource[0] if policies.resource else None,
        "boundary": None if policies.boundary is None else list(policies.boundary),
        "session": None if policies.session is None else policies.session[0],
        "organisation": [list(level) for level in policies.organisation],
    }


if __name__ == "__main__":
    json.dump([as_json(case) for case in cases()], sys.stdout)
