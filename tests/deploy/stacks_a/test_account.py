"""Wrong credentials and half-made stacks are told before anything is touched."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from deploy.__main__ import main
from deploy.account import HALF_MADE, Clients, account_clients, deployed_templates, refuse_half_made, stack_states
from deploy.errors import Refused
from deploy.stage import load_stage
from tests.deploy.expired_session import expired_session

PROD = load_stage("prod")
NOTHING = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch, credentials: None) -> Iterator[None]:
    with expired_session() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", address)
        yield


def test_expired_credentials_are_told_as_such(expired: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--stage", "prod"]) == 2
    told = capsys.readouterr().err
    assert "credentials_expired" in told
    assert "Sign in again" in told


def test_no_profile_of_that_name() -> None:
    with pytest.raises(Refused) as caught:
        account_clients(PROD, "a profile that is not there")
    assert caught.value.code == "credentials_missing"


@mock_aws
def test_another_account_is_refused() -> None:
    with pytest.raises(Refused, match="444455556666") as caught:
        account_clients(PROD, None)
    assert caught.value.code == "account_wrong"


@mock_aws
def test_stacks_of_the_stage_alone_are_looked_at() -> None:
    clients = boto3.Session(region_name="ap-northeast-1").client
    for name in ("fumibako-prod-data", "fumibako-dev-data", "something-else"):
        clients("cloudformation").create_stack(StackName=name, TemplateBody=NOTHING)
    assert stack_states(clients, PROD) == {"fumibako-prod-data": "CREATE_COMPLETE"}
    assert list(deployed_templates(clients, PROD)) == ["fumibako-prod-data"]
    refuse_half_made(clients, PROD)


@mock_aws
def test_each_stack_is_looked_for_in_its_own_region() -> None:
    clients = boto3.Session(region_name="ap-northeast-1").client
    for region, name in (("us-east-1", "fumibako-prod-web"), ("us-east-1", "fumibako-prod-data")):
        clients("cloudformation", region_name=region).create_stack(StackName=name, TemplateBody=NOTHING)
    assert stack_states(clients, PROD) == {"fumibako-prod-web": "CREATE_COMPLETE"}
    assert list(deployed_templates(clients, PROD)) == ["fumibako-prod-web"]


@pytest.mark.parametrize("state", sorted(HALF_MADE))
def test_a_half_made_stack_is_told_by_name_and_with_what_mends_it(state: str) -> None:
    with pytest.raises(Refused, match=f"fumibako-prod-web \\({state}\\)") as caught:
        refuse_half_made(clients_that_tell(state), PROD)
    assert caught.value.code == "stack_half_made"
    assert f"fumibako-prod-web in us-east-1: {HALF_MADE[state]}" in caught.value.hint


@pytest.mark.parametrize("state", ["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_a_stack_that_moves_belongs_to_somebody_else(state: str) -> None:
    with pytest.raises(Refused, match=state) as caught:
        refuse_half_made(clients_that_tell(state), PROD)
    assert caught.value.code == "stack_busy"


def clients_that_tell(state: str) -> Clients:
    """CloudFormation with one stack of ours in us-east-1, in this state."""

    def client(service: str, region_name: str) -> Any:
        made = boto3.client(service, region_name=region_name, aws_access_key_id="a", aws_secret_access_key="b")
        there = [{"StackName": "fumibako-prod-web", "StackStatus": state, "CreationTime": 0}]
        stub = Stubber(made)
        stub.add_response("describe_stacks", {"Stacks": there if region_name == "us-east-1" else []})
        stub.activate()
        return made

    return client
