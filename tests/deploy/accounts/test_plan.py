"""The plan tells every difference between the files and the organisation, from a recording and from AWS."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.accounts.organisation import FOLDER, FULL, compact, load_organisation, policy
from deploy.accounts.plan import plan
from deploy.accounts.state import Account, State, live, recorded, to_text
from deploy.errors import Refused
from tests.contract.aws_world import aws_world

ORGANISATION = load_organisation()
ROOT = Path(__file__).resolve().parents[3]


def as_meant() -> State:
    """An organisation in which nothing is to be done."""
    return State(
        dict(ORGANISATION.units),
        {name: policy(name, ORGANISATION) for name in ORGANISATION.policies},
        (
            Account("100000000001", "platform/prod"),
            Account("100000000002", "customers/prod", tenant="acme"),
            Account("100000000003", "pool"),
            Account("100000000004", "pool"),
            Account("100000000005", "leaving", "SUSPENDED", "gone"),
        ),
        {f"10000000000{number}": "CURRENT" for number in range(1, 5)},
    )


def told(state: State) -> list[str]:
    return [str(change) for change in plan(ORGANISATION, state)]


def test_nothing_to_do() -> None:
    assert told(as_meant()) == []


def test_an_empty_organisation_needs_everything() -> None:
    lines = told(State({"": (FULL,)}, {}, (Account("100000000009", ""),), {}))
    assert "+ unit customers/prod" in lines
    assert "+ policy organisation" in lines
    assert "+ organisation on the root  !! Until then this is allowed there." in lines
    assert "? account 100000000009 stands at the root  !! Only the management account may, with nothing in it." in lines
    assert "+ 2 accounts to the pool  !! A new customer would wait for Account Factory." in lines


def changed(**changes: Any) -> list[str]:
    return told(replace(as_meant(), **changes))


def test_each_difference_by_itself() -> None:
    meant = as_meant()
    units, policies = dict(meant.units), dict(meant.policies)
    assert changed(units={**units, "labs": (FULL,)}) == [
        "? unit labs is in no file  !! Its accounts have other guard rails than the files say."
    ]
    assert changed(units={**units, "customers": (FULL, "regions", "evidence")}) == [
        "+ remote_commands on customers  !! Until then this is allowed there."
    ]
    assert changed(units={**units, "pool": (*units["pool"], "keys")}) == ["- keys from pool  !! A guard rail goes."]
    assert changed(policies={**policies, "keys": {"Version": "2012-10-17", "Statement": []}}) == [
        "~ policy keys  !! Try it on one account of customers/dev first."
    ]
    assert changed(policies={**policies, "old": {}}) == ["? policy old is in no file"]
    assert changed(baseline={**meant.baseline, "100000000002": "OUTDATED"}) == [
        "~ fumibako-baseline in 100000000002 is OUTDATED"
    ]
    assert changed(baseline={k: v for k, v in meant.baseline.items() if k != "100000000002"}) == [
        "+ fumibako-baseline in 100000000002  !! Nothing is recorded there until then."
    ]


def test_accounts_that_stand_wrong() -> None:
    accounts = as_meant().accounts
    assert changed(
        accounts=(*accounts, Account("100000000006", "pool", tenant="acme")),
        baseline={**as_meant().baseline, "100000000006": "CURRENT"},
    ) == ["? account 100000000006 in the pool is tagged `acme`  !! It may hold that customer's data."]
    assert changed(
        accounts=(*accounts, Account("100000000006", "customers/prod")),
        baseline={**as_meant().baseline, "100000000006": "CURRENT"},
    ) == ["? account 100000000006 in customers/prod has no tenant  !! Its costs are nobody's."]
    assert changed(
        accounts=(*accounts, Account("100000000006", "customers/prod", tenant="acme")),
        baseline={**as_meant().baseline, "100000000006": "CURRENT"},
    ) == ["? unit customers/prod has several accounts of one tenant: acme"]
    assert changed(accounts=tuple(one for one in accounts if one.id != "100000000003")) == [
        "+ 1 account to the pool  !! A new customer would wait for Account Factory."
    ]


def test_a_state_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(to_text(as_meant()), "utf-8")
    assert recorded(path) == as_meant()
    for text in ("[]", "{}", '{"units": []}', "not json"):
        path.write_text(text, "utf-8")
        with pytest.raises(Refused) as refused:
            recorded(path)
        assert refused.value.code == "state_unreadable"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"customers/prod" = ["FullAWSAccess", "keys"]', '"customers/prod" = ["keys"]', "lacks FullAWSAccess"),
        ('"customers" = [', '"clients" = [', "has no parent `customers`"),
        ('["FullAWSAccess", "keys"]', '["FullAWSAccess", "locks"]', "no policy `locks`"),
        (
            '"customers/dev" = ["FullAWSAccess"]',
            '"customers/dev" = ["FullAWSAccess","keys","regions","evidence","organisation","remote_commands"]',
            "6 policies",
        ),
        ('baseline_units = ["', 'baseline_units = ["nowhere", "', "`nowhere` is no unit"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    path = tmp_path / "organisation.toml"
    text = (FOLDER / "organisation.toml").read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(Refused) as refused:
        load_organisation(path)
    assert sentence in refused.value.detail


@pytest.fixture
def organizations() -> Iterator[Any]:
    with aws_world() as world:
        client = world.client("organizations")
        client.create_organization(FeatureSet="ALL")
        yield client


def test_the_organisation_is_read_from_aws(organizations: Any) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    customers = organizations.create_organizational_unit(ParentId=root, Name="customers")["OrganizationalUnit"]["Id"]
    production = organizations.create_organizational_unit(ParentId=customers, Name="prod")["OrganizationalUnit"]["Id"]
    keys = organizations.create_policy(
        Content=compact(policy("keys", ORGANISATION)), Description="d", Name="keys", Type="SERVICE_CONTROL_POLICY"
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=keys, TargetId=production)
    made = organizations.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=made, SourceParentId=root, DestinationParentId=production)
    organizations.tag_resource(ResourceId=made, Tags=[{"Key": "fumibako:tenant", "Value": "acme"}])
    found = live(
        organizations, boto3.client("cloudformation", region_name="ap-northeast-1"), baseline="fumibako-baseline"
    )
    assert found.units["customers/prod"] == tuple(sorted((FULL, "keys")))
    assert found.policies == {"keys": policy("keys", ORGANISATION)}
    assert Account(made, "customers/prod", "ACTIVE", "acme") in found.accounts
    assert found.baseline == {}
    assert "example.com" not in to_text(found)
    assert not [line for line in map(str, plan(ORGANISATION, found)) if line.endswith("policy keys")]


def test_the_command_shows_and_says_by_its_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy", "accounts", "plan", "--state", str(path), *more]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    path.write_text(to_text(as_meant()), "utf-8")
    quiet = run()
    assert (quiet.returncode, quiet.stdout) == (0, "")
    path.write_text(to_text(replace(as_meant(), accounts=())), "utf-8")
    loud = run("--json")
    assert loud.returncode == 1
    assert [json.loads(line)["kind"] for line in loud.stdout.splitlines()] == ["add"]
    path.write_text("no", "utf-8")
    assert (run().returncode, "state_unreadable" in run().stderr) == (2, True)


def test_the_baseline_is_a_template_without_faults() -> None:
    command = [str(Path(sys.executable).parent / "cfn-lint"), str(FOLDER / "baseline.json")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_baseline_has_what_was_promised() -> None:
    types = {one["Type"] for one in json.loads((FOLDER / "baseline.json").read_text("utf-8"))["Resources"].values()}
    assert types >= {
        "AWS::CloudTrail::Trail",
        "AWS::Config::ConfigurationRecorder",
        "AWS::SecurityHub::Hub",
        "AWS::GuardDuty::Detector",
        "AWS::Budgets::Budget",
        "AWS::S3::Bucket",
    }
