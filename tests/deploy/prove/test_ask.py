"""Asking: what comes back, what becomes "not run", and what ends the run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

from deploy.errors import Refused
from deploy.prove.ask import ABSENT, DENIED, Account, NotRun, code
from tests.deploy.prove.replay import trial

TABLE = {"TableName": "fumibako-trial-records"}


class OneClient:
    """A source with one real client, stubbed."""

    def __init__(self, service: str, **config: Any) -> None:
        self.made = boto3.client(
            service, region_name="ap-northeast-1", aws_access_key_id="a", aws_secret_access_key="b", **config
        )
        self.stub = Stubber(self.made)
        self.regions: list[str] = []

    def client(self, service: str, *, region: str, credentials: Mapping[str, str] | None, tls: bool) -> Any:
        self.regions.append(region)
        return self.made

    def fetch(self, url: str) -> Mapping[str, Any]:
        raise TimeoutError(url)


def _account(source: OneClient, heard: Any = None) -> Account:
    more = {"heard": heard} if heard else {}
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Account(trial(), source, now=now, tick=lambda: 0.0, pause=lambda seconds: None, **more)


def _refused(error: str, *, errors: tuple[str, ...] = ()) -> dict[str, Any]:
    source = OneClient("dynamodb")
    source.stub.add_client_error("describe_table", error, "It says so.")
    with source.stub:
        return _account(source).ask("dynamodb.DescribeTable", errors=errors, **TABLE)


@pytest.mark.parametrize("error", sorted(DENIED | ABSENT | {"ThrottlingException", "InternalServerError"}))
def test_any_refusal_is_not_run_with_its_code(error: str) -> None:
    with pytest.raises(NotRun, match=error):
        _refused(error)


@pytest.mark.parametrize("error", ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"])
def test_ended_credentials_end_the_run(error: str) -> None:
    with pytest.raises(Refused) as refused:
        _refused(error)
    assert refused.value.code == "credentials_expired"


def test_an_expected_error_is_an_answer() -> None:
    answer = _refused("AccessDeniedException", errors=("AccessDeniedException",))
    assert answer == {"Error": {"Code": "AccessDeniedException", "Message": "It says so."}}
    assert code(answer) == "AccessDeniedException"


@pytest.mark.parametrize("answer", [{}, {"Error": "a text"}, {"Error": {}}, {"Table": {}}])
def test_no_other_answer_has_a_code(answer: dict[str, Any]) -> None:
    assert code(answer) == ""


def test_pages_come_as_one_answer() -> None:
    source = OneClient("backup")
    asked = {"BackupVaultName": "vault"}
    first = {"RecoveryPoints": [{"Status": "COMPLETED"}], "NextToken": "next"}
    source.stub.add_response("list_recovery_points_by_backup_vault", first, asked)
    source.stub.add_response(
        "list_recovery_points_by_backup_vault",
        {"RecoveryPoints": [{"Status": "PARTIAL"}]},
        {**asked, "NextToken": "next"},
    )
    with source.stub:
        answer = _account(source).ask("backup.ListRecoveryPointsByBackupVault", **asked)
    assert answer == {"RecoveryPoints": [{"Status": "COMPLETED"}, {"Status": "PARTIAL"}]}


def test_as_many_as_wanted_and_no_token_left() -> None:
    source = OneClient("backup")
    source.stub.add_response(
        "list_recovery_points_by_backup_vault", {"RecoveryPoints": [{"Status": "A"}, {"Status": "B"}], "NextToken": "n"}
    )
    heard: list[Any] = []
    with source.stub:
        answer = _account(source, lambda *each: heard.append(each)).ask(
            "backup.ListRecoveryPointsByBackupVault", BackupVaultName="vault", PaginationConfig={"MaxItems": 1}
        )
    assert answer == {"RecoveryPoints": [{"Status": "A"}]}
    assert heard == [("backup.ListRecoveryPointsByBackupVault", {"BackupVaultName": "vault"}, answer)]


def test_a_call_goes_to_the_stages_region_unless_another_is_named() -> None:
    source = OneClient("dynamodb")
    for _ in range(2):
        source.stub.add_response("describe_table", {"Table": {}})
    with source.stub:
        _account(source).ask("dynamodb.DescribeTable", **TABLE)
        _account(source).ask("dynamodb.DescribeTable", region="us-east-1", **TABLE)
    assert source.regions == ["ap-northeast-1", "us-east-1"]


def test_what_a_tenants_session_asks_is_told_apart() -> None:
    source = OneClient("dynamodb")
    source.stub.add_response("describe_table", {"Table": {}})
    heard: list[str] = []
    with source.stub:
        acting = _account(source, lambda operation, *rest: heard.append(operation)).acting({"AccessKeyId": "one"})
        acting.ask("dynamodb.DescribeTable", **TABLE)
    assert heard == ["tenant:dynamodb.DescribeTable"]


def test_a_service_that_does_not_answer_is_not_run(unused_tcp_port: int) -> None:
    from botocore.config import Config

    config = Config(connect_timeout=1, retries={"total_max_attempts": 1})
    source = OneClient("dynamodb", endpoint_url=f"http://127.0.0.1:{unused_tcp_port}", config=config)
    with pytest.raises(NotRun, match="not answered"):
        _account(source).ask("dynamodb.DescribeTable", **TABLE)


def test_a_wrong_call_is_our_fault_and_told() -> None:
    with pytest.raises(ParamValidationError):
        _account(OneClient("dynamodb")).ask("dynamodb.DescribeTable", Name="x")


def test_a_host_that_does_not_answer_is_not_run() -> None:
    with pytest.raises(NotRun, match="was not reached: TimeoutError"):
        _account(OneClient("dynamodb")).fetch("https://files.trial.example/")
