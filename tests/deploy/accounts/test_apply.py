"""The plan carried out in an organisation of moto's: in order, resumable, and nothing dangerous unread."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.__main__ import main
from deploy.accounts.apply import Chosen, OrganisationChanges
from deploy.accounts.organisation import load_organisation, policy
from deploy.accounts.plan import Change, plan
from deploy.accounts.state import State, live, unit_id
from deploy.accounts.vend import Vending
from deploy.errors import Refused
from deploy.tenants.lifecycle.organisation import TAG
from deploy.tenants.lifecycle.world import UnderWay
from tests.contract.aws_world import aws_world

ORGANISATION = load_organisation()
EMAIL = "aws+{name}@example.com"


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    with aws_world():
        client = boto3.client("organizations", region_name="us-east-1")
        client.create_organization(FeatureSet="ALL")
        yield client


def state(client: Any) -> State:
    return live(client, boto3.client("cloudformation", region_name="ap-northeast-1"), baseline=ORGANISATION.baseline)


def left(client: Any) -> list[str]:
    return [one.id for one in plan(ORGANISATION, state(client)) if one.act not in ("", "pool")]


def test_an_empty_organisation_becomes_what_the_files_say(
    organizations: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accounts", "apply"]) == 1
    assert left(organizations), "without --yes nothing is done"
    # 1: the pool is empty, and the management account stands at the root.
    assert main(["accounts", "apply", "--yes"]) == 1
    assert left(organizations) == []
    found = state(organizations)
    assert {path: set(names) for path, names in found.units.items()} == {
        path: set(names) for path, names in ORGANISATION.units.items()
    }
    assert dict(found.policies) == {name: policy(name, ORGANISATION) for name in ORGANISATION.policies}
    capsys.readouterr()
    assert main(["accounts", "apply", "--yes"]) == 1
    assert "done" not in capsys.readouterr().out


def test_one_that_was_killed_anywhere_is_taken_up(organizations: Any) -> None:
    runs = 0
    while left(organizations):
        runs += 1
        real, steps = OrganisationChanges.do, iter(range(5))

        def do(self: OrganisationChanges, change: Change, real: Any = real, steps: Any = steps) -> None:
            if next(steps, None) is None:
                raise KeyboardInterrupt
            real(self, change)

        with mock.patch.object(OrganisationChanges, "do", do):
            try:
                main(["accounts", "apply", "--yes"])
            except KeyboardInterrupt:
                continue
    assert runs > 5


def test_two_at_once_do_the_same_and_neither_fails(organizations: Any) -> None:
    changes = Chosen().of(plan(ORGANISATION, state(organizations)))
    for _ in range(2):
        doing = OrganisationChanges(organizations, None, ORGANISATION)
        for change in changes:
            doing.do(change)
    assert left(organizations) == []


def test_a_guard_rail_goes_and_a_policy_changes_only_where_somebody_read_it(
    organizations: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["accounts", "apply", "--yes"])
    ids = {one["Name"]: one["Id"] for one in organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]}
    organizations.update_policy(PolicyId=ids["keys"], Content='{"Version":"2012-10-17","Statement":[]}')
    organizations.attach_policy(PolicyId=ids["keys"], TargetId=unit_id(organizations, "pool"))
    before = state(organizations)
    assert main(["accounts", "apply", "--yes"]) == 2
    assert "[change_dangerous]" in capsys.readouterr().err
    assert state(organizations) == before
    assert main(["accounts", "apply", "--yes", "--only", "remove-keys", "--accept", "remove-keys-from-pool"]) == 1
    assert left(organizations) == ["change-policy-keys"]
    assert main(["accounts", "apply", "--yes", "--accept", "change-policy-keys"]) == 1
    assert left(organizations) == []


@pytest.mark.parametrize("word", ["--accept", "--only"])
def test_what_the_plan_does_not_have_is_no_choice(
    organizations: Any, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(organizations)
    assert main(["accounts", "apply", "--yes", word, "change-policy-nothing"]) == 2
    assert "[change_unknown]" in capsys.readouterr().err
    assert state(organizations) == before


def test_every_change_has_an_id_of_its_own(organizations: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "plan", "--json"]) == 1
    ids = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert len(set(ids)) == len(ids) > 20


def test_the_baseline_needs_somebody_to_tell(organizations: Any) -> None:
    cloudformation = boto3.client("cloudformation", region_name="ap-northeast-1")
    doing = OrganisationChanges(organizations, cloudformation, ORGANISATION)
    with pytest.raises(Refused) as refused:
        doing.do(Change("add", "baseline", act="baseline", on=("111122223333",)))
    assert refused.value.code == "alarm_address_missing"
    assert cloudformation.list_stack_sets()["Summaries"] == []


def pool(client: Any) -> list[str]:
    found = client.list_accounts_for_parent(ParentId=unit_id(client, "pool"))["Accounts"]
    return sorted(str(one["Name"]) for one in found)


def vend(count: int) -> int:
    return main(["accounts", "vend", "--count", str(count), "--email", EMAIL])


def test_accounts_are_vended_until_so_many_wait(organizations: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["accounts", "apply", "--yes", "--only", "add-unit"])
    assert vend(2) == 0
    assert pool(organizations) == ["fumibako-pool-001", "fumibako-pool-002"]
    assert vend(2) == 0
    assert len(pool(organizations)) == 2
    account = capsys.readouterr().out.splitlines()[-1]
    organizations.tag_resource(ResourceId=account, Tags=[{"Key": TAG, "Value": "acme"}])
    assert vend(2) == 0
    assert len(pool(organizations)) == 3


def test_one_that_was_made_and_never_moved_is_moved(organizations: Any) -> None:
    main(["accounts", "apply", "--yes", "--only", "add-unit"])
    organizations.create_account(Email="a@example.com", AccountName="fumibako-pool-004")
    organizations.create_account(Email="b@example.com", AccountName="somebody-elses")
    assert vend(1) == 0
    assert pool(organizations) == ["fumibako-pool-004"]
    assert vend(2) == 0
    assert pool(organizations)[-1] == "fumibako-pool-005"


def test_a_closed_one_stays_where_it_is(organizations: Any) -> None:
    main(["accounts", "apply", "--yes", "--only", "add-unit"])
    organizations.create_account(Email="a@example.com", AccountName="fumibako-pool-001")
    [closed] = [one["Id"] for one in organizations.list_accounts()["Accounts"] if one["Name"] == "fumibako-pool-001"]
    organizations.close_account(AccountId=closed)
    assert vend(1) == 0
    assert pool(organizations) == ["fumibako-pool-002"]


def test_without_units_there_is_no_pool(organizations: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert vend(1) == 2
    assert "[unit_unknown]" in capsys.readouterr().err


class Slow:
    """Organizations that takes its time, or refuses: the states of one request after another."""

    def __init__(self, client: Any, *states: dict[str, str]) -> None:
        self._client = client
        self._states = iter(states)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def describe_create_account_status(self, **asked: str) -> dict[str, Any]:
        real = self._client.describe_create_account_status(**asked)["CreateAccountStatus"]
        return {"CreateAccountStatus": {**real, **next(self._states, {})}}


def test_what_aws_is_still_at_is_waited_for(organizations: Any) -> None:
    main(["accounts", "apply", "--yes", "--only", "add-unit"])
    at_it = {"State": "IN_PROGRESS"}
    unit, waited = unit_id(organizations, "pool"), list[float]()
    patient = Vending(Slow(organizations, at_it, at_it), unit, EMAIL, 60, waited.append)
    assert len(list(patient.until(1))) == 1
    assert len(waited) == 2
    with pytest.raises(UnderWay):
        list(Vending(Slow(organizations, at_it), unit, EMAIL).until(2))
    # It was made all the same, and the next run takes it up.
    assert len(list(Vending(organizations, unit, EMAIL).until(2))) == 1


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("ACCOUNT_LIMIT_EXCEEDED", "quota_reached"),
        ("EMAIL_ALREADY_EXISTS", "address_taken"),
        ("INTERNAL_FAILURE", "vend_failed"),
    ],
)
def test_an_account_that_aws_does_not_make(organizations: Any, reason: str, code: str) -> None:
    main(["accounts", "apply", "--yes", "--only", "add-unit"])
    failed = {"State": "FAILED", "FailureReason": reason}
    vending = Vending(Slow(organizations, failed), unit_id(organizations, "pool"), EMAIL)
    with pytest.raises(Refused) as refused:
        list(vending.until(1))
    assert refused.value.code == code
    assert pool(organizations) == []


@pytest.mark.parametrize("email", ["aws@example.com", "{name}", "a b{name}@example.com", "aws+{name}@{name}"])
def test_a_pattern_that_makes_no_addresses(organizations: Any, email: str) -> None:
    before = organizations.list_accounts()["Accounts"]
    with pytest.raises(Refused) as refused:
        list(Vending(organizations, "ou-1", email).until(1))
    assert refused.value.code == "email_wrong"
    assert organizations.list_accounts()["Accounts"] == before


def test_an_organisation_that_refuses_passes_up(organizations: Any) -> None:
    doing = OrganisationChanges(organizations, None, ORGANISATION)
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "CreatePolicy")
    with mock.patch.object(organizations, "create_policy", side_effect=error), pytest.raises(ClientError):
        doing.do(Change("add", "policy keys", act="policy", on=("keys",)))
