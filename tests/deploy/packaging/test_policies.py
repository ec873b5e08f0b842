"""Each function's policy gives what the function was seen to use, no more and no less; and some rights are nobody else's."""

import copy
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.names import SERVICES
from deploy.packaging.functions import Function, all_functions
from deploy.packaging.parameters import COMMON
from deploy.packaging.policies import POLICIES, lambda_statements, own_statements, tenant_statements
from tests.deploy.packaging.conftest import shared_folder
from tests.deploy.packaging.iam_actions import BUCKET, OBJECTS, OWN_OBJECTS, Grant
from tests.deploy.packaging.policy_grants import grants_of, in_classes
from tests.deploy.packaging.recorder import POOLED
from tests.deploy.packaging.recorder import TENANT as TENANT_ROLE
from tests.deploy.packaging.rights import Rights, recorded, without_keys

EACH = [pytest.param(one, id=f"{one.service}-{one.name}") for one in all_functions()]
# The only actions for which AWS has no name of a resource: traces, and finding a stream.
UNNAMED = {"WritesTraces", "FindsTheStream"}
Statements = list[dict[str, Any]]


@dataclass(frozen=True)
class Held:
    """A policy file and whose rights it holds."""

    service: str
    name: str
    statements: Statements

    @property
    def who(self) -> tuple[str, str]:
        return self.service, self.name


def files() -> list[Held]:
    """Every function's own; and of each service that serves requests for tenants who share an account, its function's and its tenants'."""
    found = [Held(one.service, one.name, own_statements(one)) for one in all_functions()]
    for one in all_functions():
        if one.kind == "api":
            found.append(Held(one.service, POOLED, own_statements(one, delivery="pooled")))
            found.append(Held(one.service, TENANT_ROLE, tenant_statements(one.service)))
    return found


FILES = [pytest.param(one, id=f"{one.service}-{one.name}") for one in files()]


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory) -> Rights:
    """Told once a run. ``RIGHTS`` names the folder of a run before, for whoever works on the policies alone."""
    return recorded(Path(os.environ.get("RIGHTS") or shared_folder(tmp_path_factory)))


def seen_of(used: Rights, one: Held) -> set[Grant]:
    """What was used, in the form in which such a file says it."""
    return in_classes(used[one.who]) if one.name == TENANT_ROLE else used[one.who]


def differences(statements: Sequence[Any], seen: set[Grant]) -> tuple[set[Grant], set[Grant]]:
    """(used and not allowed, allowed and not used). Raises AssertionError where a guard is missing."""
    allowed = grants_of(statements)
    keyed = {one.resource for one in allowed if one.key}
    compared = {one for one in seen if one.resource in keyed} | without_keys(
        one for one in seen if one.resource not in keyed
    )
    return compared - allowed, allowed - compared


@pytest.mark.slow
@pytest.mark.parametrize("one", FILES)
def test_a_policy_gives_what_its_function_uses(used: Rights, one: Held) -> None:
    missing, unused = differences(one.statements, seen_of(used, one))
    assert (sorted(missing), sorted(unused)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("one", FILES)
def test_one_action_less_is_noticed_and_one_more_is_too(used: Rights, one: Held) -> None:
    """Taking any one action out of any statement, and adding any one that some other policy has, or any other of its service."""
    seen = seen_of(used, one)
    taken = list(with_one_less(one.statements))
    assert taken
    assert [changed for changed in taken if not is_noticed(changed, seen)] == []
    added = list(with_one_more(one.statements))
    assert len(added) > len(taken)
    assert [changed for changed in added if not is_noticed(changed, seen)] == []


def is_noticed(changed: Statements, seen: set[Grant]) -> bool:
    """Whether this policy is told from the right one: by what it gives, or by a guard that does not stand where it should."""
    try:
        return differences(changed, seen) != (set(), set())
    except AssertionError:
        return True


@pytest.mark.slow
@pytest.mark.parametrize("one", FILES)
def test_a_condition_that_is_wider_narrower_or_gone_is_noticed(used: Rights, one: Held) -> None:
    seen = seen_of(used, one)
    for index, statement in enumerate(one.statements):
        for operator, keys in statement.get("Condition", {}).items():
            for key, value in keys.items():
                for changed in _changed(one.statements, index, operator, key, value):
                    assert is_noticed(changed, seen), (statement["Sid"], operator, key)


def _changed(statements: Statements, index: int, operator: str, key: str, value: Any) -> Iterator[Statements]:
    gone = copy.deepcopy(statements)
    del gone[index]["Condition"][operator][key]
    yield gone
    others: list[Any] = ["something-else", "true"]
    if isinstance(value, list):
        others = [value[:-1], value[1:], [*value, "something-else"], [*value, "*"]]
    for other in others:
        made = copy.deepcopy(statements)
        made[index]["Condition"][operator][key] = other
        yield made


def with_one_less(statements: Statements) -> Iterator[Statements]:
    for index, one in enumerate(statements):
        for action in one["Action"]:
            changed = copy.deepcopy(statements)
            changed[index]["Action"] = [other for other in one["Action"] if other != action]
            yield changed


def with_one_more(statements: Statements) -> Iterator[Statements]:
    known = {action for one in files() for statement in one.statements for action in statement["Action"]}
    for index, one in enumerate(statements):
        service = one["Action"][0].partition(":")[0]
        more = {action for action in known if action.startswith(f"{service}:")} | {f"{service}:SomethingNew"}
        # Two statements of one resource may divide its actions between them.
        held = {action for other in statements if other["Resource"] == one["Resource"] for action in other["Action"]}
        for action in sorted(more - held):
            changed = copy.deepcopy(statements)
            changed[index]["Action"] = [*one["Action"], action]
            yield changed


def who_may(action: str, resource: str) -> set[str]:
    """service/function of everybody with a right whose action matches (a regular expression)."""
    return {
        f"{one.service}/{one.name}"
        for one in files()
        for grant in grants_of(one.statements)
        if re.fullmatch(action, grant.action) and grant.resource == resource
    }


def test_only_what_destroys_may_delete_bytes() -> None:
    assert who_may("s3:(Delete|Abort).*", OBJECTS) == {"transfers/on_events", "transfers/sweep_due"}
    assert who_may("s3:.*", BUCKET) | who_may("s3:.*", OBJECTS) == {
        "transfers/api_handler",
        "transfers/on_events",
        "transfers/sweep_due",
    }
    assert who_may("s3:.*", OWN_OBJECTS) == {"transfers/tenant"}


def test_only_transfers_reach_wrapped_keys_and_only_by_name() -> None:
    table = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${WrappedKeysTable}"
    assert {one.partition("/")[0] for one in who_may("dynamodb:.*", table)} == {"transfers"}
    assert who_may("dynamodb:(Query|Scan)", table) == set()


def test_nobody_scans_and_nobody_changes_a_key() -> None:
    for one in files():
        actions = {grant.action for grant in grants_of(one.statements)}
        assert not {action for action in actions if re.match(r"dynamodb:(Scan|PartiQL|.*Table|.*Backup)", action)}
        assert {action for action in actions if action.startswith("kms:")} <= {
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "kms:GenerateMac",
            "kms:GetPublicKey",
            "kms:Sign",
        }


def test_each_signature_has_few_who_may_give_it() -> None:
    assert who_may("kms:Sign", "${AccessKeyArn}") == {"auth/api_handler", "auth/api_handler.pooled"}
    assert who_may("kms:Sign", "${SealKeyArn}") == set()


def test_only_the_relay_and_its_second_chance_publish() -> None:
    assert who_may("sns:Publish", "${EventsTopicArn}") == {"transfers/relay_outbox", "transfers/resend_unsent"}


@pytest.mark.parametrize("function", EACH)
def test_no_wildcard_but_where_aws_has_no_name(function: Function) -> None:
    for one in [*own_statements(function), *lambda_statements(function)]:
        assert not [action for action in one["Action"] if "*" in action], one["Sid"]
        if one["Sid"] in UNNAMED:
            assert one["Resource"] == "*"
        else:
            assert one["Resource"] != "*", one["Sid"]
            assert one["Resource"].count("*") <= one["Resource"].endswith(("/*", ":*")), one["Sid"]


@pytest.mark.parametrize("one", FILES)
def test_seals_open_for_their_purpose_alone(one: Held) -> None:
    for statement in one.statements:
        if statement["Resource"] == "${SealKeyArn}":
            asked = statement["Condition"]["StringEquals"]
            assert asked["kms:EncryptionContext:purpose"]
            assert ("kms:EncryptionContext:tenant" in asked) == (one.name == TENANT_ROLE)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_is_left_to_a_function_is_nothing_of_a_tenants(service: str) -> None:
    """A record of a tenant's it may read is the tenant's settings alone; no bytes, no wrapped keys, no seals."""
    (own,) = [one for one in files() if one.who == (service, POOLED)]
    grants = grants_of(own.statements)
    assert {one.key for one in grants if one.action.startswith("dynamodb:")} == {
        "*#tenant",
        "clock#*",
        "host#*",
        "lease#rate#*",
    }
    assert {one.action for one in grants if one.key == "*#tenant"} == {"dynamodb:GetItem"}
    assert {one.action for one in grants if one.key == "host#*"} == {"dynamodb:GetItem"}
    assert not [one for one in grants if one.action.startswith("s3:") or "WrappedKeys" in one.resource]
    assert not [one for one in grants if one.resource == "${SealKeyArn}"]
    assert {one.action for one in grants if one.resource == "${TenantRoleArn}"} == {"sts:AssumeRole", "sts:TagSession"}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_together_both_do_what_a_function_alone_does(service: str) -> None:
    """But for taking the role, and for the right to list, which would show every tenant's names."""

    def plain(*names: str) -> set[tuple[str, str, str, str]]:
        found = {
            grant
            for one in files()
            if one.service == service and one.name in names
            for grant in grants_of(one.statements)
        }
        return {
            (one.action, OBJECTS if one.resource == OWN_OBJECTS else one.resource, one.via, one.purpose)
            for one in found
            if not one.action.startswith("sts:")
        }

    alone = {one for one in plain("api_handler") if one[0] != "s3:ListBucket"}
    assert plain(POOLED, TENANT_ROLE) == alone


@pytest.mark.parametrize("one", FILES)
def test_policies_name_parameters_that_there_are(one: Held) -> None:
    known = {*COMMON, "QueueArn", "OutboxStreamArn"}
    assert set(re.findall(r"\$\{([A-Za-z]+)\}", str(one.statements))) <= known


def test_every_policy_file_is_of_a_function_or_of_its_services_tenants() -> None:
    there = {path.relative_to(POLICIES) for service in SERVICES for path in (POLICIES / service).rglob("*")}
    assert there == {Path(one.service, f"{one.name}.json") for one in files()}


@pytest.mark.parametrize("function", EACH)
def test_sids_are_unique_and_plain(function: Function) -> None:
    sids = [one["Sid"] for one in [*own_statements(function), *lambda_statements(function)]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
