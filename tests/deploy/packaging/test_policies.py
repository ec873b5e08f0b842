"""Each function's policy gives what the function was seen to use, no more and no less; and some rights are nobody else's."""

import copy
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.names import SERVICES
from deploy.packaging.functions import Function, all_functions
from deploy.packaging.parameters import COMMON
from deploy.packaging.policies import POLICIES, document, lambda_statements, own_statements
from tests.deploy.packaging.conftest import shared_folder
from tests.deploy.packaging.iam_actions import BUCKET, OBJECTS, Grant
from tests.deploy.packaging.policy_grants import grants_of
from tests.deploy.packaging.rights import Rights, recorded, without_keys

EACH = [pytest.param(one, id=f"{one.service}-{one.name}") for one in all_functions()]
# The only actions for which AWS has no name of a resource: traces, and finding a stream.
UNNAMED = {"WritesTraces", "FindsTheStream"}
Statements = list[dict[str, Any]]


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory) -> Rights:
    """Told once a run. ``RIGHTS`` names the folder of a run before, for whoever works on the policies alone."""
    return recorded(Path(os.environ.get("RIGHTS") or shared_folder(tmp_path_factory)))


def differences(statements: Sequence[Any], seen: set[Grant]) -> tuple[set[Grant], set[Grant]]:
    """(used and not allowed, allowed and not used)."""
    allowed = grants_of(statements)
    keyed = {one.resource for one in allowed if one.key}
    compared = {one for one in seen if one.resource in keyed} | without_keys(
        one for one in seen if one.resource not in keyed
    )
    return compared - allowed, allowed - compared


@pytest.mark.slow
@pytest.mark.parametrize("function", EACH)
def test_a_policy_gives_what_its_function_uses(used: Rights, function: Function) -> None:
    missing, unused = differences(own_statements(function), used[function.service, function.name])
    assert (sorted(missing), sorted(unused)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("function", EACH)
def test_one_action_less_is_noticed_and_one_more_is_too(used: Rights, function: Function) -> None:
    """Taking any one action out of any statement, and adding any one that some other function has, or any other of its service."""
    statements, seen = own_statements(function), used[function.service, function.name]
    taken = list(with_one_less(statements))
    assert taken
    assert all(differences(changed, seen)[0] for changed in taken)
    added = list(with_one_more(statements))
    assert len(added) > len(taken)
    assert all(differences(changed, seen)[1] for changed in added)


@pytest.mark.slow
@pytest.mark.parametrize("function", EACH)
def test_a_condition_that_is_wider_or_narrower_is_noticed(used: Rights, function: Function) -> None:
    statements, seen = own_statements(function), used[function.service, function.name]
    for index, one in enumerate(statements):
        for operator, keys in one.get("Condition", {}).items():
            for key, value in keys.items():
                if key == "kms:ViaService" or operator == "Null":
                    continue
                for changed in (value[:-1], [*value, "something-else"]):
                    other = copy.deepcopy(statements)
                    other[index]["Condition"][operator][key] = changed
                    assert differences(other, seen) != (set(), set()), (one["Sid"], key)


def with_one_less(statements: Statements) -> Iterator[Statements]:
    for index, one in enumerate(statements):
        for action in one["Action"]:
            changed = copy.deepcopy(statements)
            changed[index]["Action"] = [other for other in one["Action"] if other != action]
            yield changed


def with_one_more(statements: Statements) -> Iterator[Statements]:
    known = {action for one in all_functions() for statement in own_statements(one) for action in statement["Action"]}
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
        for one in all_functions()
        for grant in grants_of(own_statements(one))
        if re.fullmatch(action, grant.action) and grant.resource == resource
    }


def test_only_what_destroys_may_delete_bytes() -> None:
    assert who_may("s3:(Delete|Abort).*", OBJECTS) == {"transfers/on_events", "transfers/sweep_due"}
    assert who_may("s3:.*", BUCKET) | who_may("s3:.*", OBJECTS) == {
        "transfers/api_handler",
        "transfers/on_events",
        "transfers/sweep_due",
    }


def test_only_transfers_reach_wrapped_keys_and_only_by_name() -> None:
    table = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${WrappedKeysTable}"
    assert {one.partition("/")[0] for one in who_may("dynamodb:.*", table)} == {"transfers"}
    assert who_may("dynamodb:(Query|Scan)", table) == set()


def test_nobody_scans_and_nobody_changes_a_key() -> None:
    for one in all_functions():
        actions = {grant.action for grant in grants_of(own_statements(one))}
        assert not {action for action in actions if re.match(r"dynamodb:(Scan|PartiQL|.*Table|.*Backup)", action)}
        assert {action for action in actions if action.startswith("kms:")} <= {
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "kms:GenerateMac",
            "kms:GetPublicKey",
            "kms:Sign",
        }


def test_each_signature_has_few_who_may_give_it() -> None:
    assert who_may("kms:Sign", "${AccessKeyArn}") == {"auth/api_handler"}
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


@pytest.mark.parametrize("function", EACH)
def test_seals_open_for_their_purpose_alone(function: Function) -> None:
    for one in own_statements(function):
        if one["Resource"] == "${SealKeyArn}":
            assert one["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"]


@pytest.mark.parametrize("function", EACH)
def test_policies_name_parameters_that_there_are(function: Function) -> None:
    text = str(document(function))
    known = {*COMMON, "QueueArn", "OutboxStreamArn"}
    assert set(re.findall(r"\$\{([A-Za-z]+)\}", text)) <= known


def test_every_policy_file_is_of_a_function() -> None:
    files = {path.relative_to(POLICIES) for service in SERVICES for path in (POLICIES / service).rglob("*")}
    assert files == {Path(one.service, f"{one.name}.json") for one in all_functions()}


@pytest.mark.parametrize("function", EACH)
def test_sids_are_unique_and_plain(function: Function) -> None:
    sids = [one["Sid"] for one in [*own_statements(function), *lambda_statements(function)]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
