"""The verbs for real: prepare, deploy, diff, page, remove, going back; and everything that is refused leaves the account as it was."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from deploy.account import stack_states
from deploy.box.templates import UNKNOWN
from deploy.names import (
    blobs_bucket,
    hold_parameter,
    page_bucket,
    records_table,
    stack_region,
    turn_parameter,
    wrapped_keys_table,
)
from deploy.turn import turn
from deploy.version import deployed_version, this_version
from tests.deploy.expired_session import expired_session
from tests.deploy.running.operator import LIFECYCLES, Operator, operating
from tests.deploy.running.refusals import REFUSALS, Refusal, put_parameter
from tests.deploy.running.served import records, serve, zone

pytestmark = pytest.mark.slow
# Types of which the emulator takes some.
SOME = ("AWS::CloudWatch::Alarm", "AWS::SSM::Parameter")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with operating(tmp_path_factory.mktemp("running")) as operator:
        yield operator


@pytest.fixture(scope="module")
def operator(empty: Operator) -> Operator:
    """With the stage `run` in the account, prepared and deployed."""
    empty.write_stage("run")
    # 1: quotas and DNS are for people.
    assert empty.run("prepare --stage run") == 1
    assert empty.run("deploy --stage run") == 0
    return empty


def test_every_stack_stands_in_its_region_and_the_version_is_noted(operator: Operator) -> None:
    stage = operator.stage("run")
    states = stack_states(operator.clients, stage)
    assert states == {f"fumibako-run-{one}": "CREATE_COMPLETE" for one in LIFECYCLES}
    web = operator.client("cloudformation", "us-east-1").describe_stacks(StackName="fumibako-run-web")["Stacks"]
    assert [one["StackStatus"] for one in web] == ["CREATE_COMPLETE"]
    assert stack_region(stage, "web") == "us-east-1"
    assert deployed_version(operator.client("ssm"), stage) == this_version()


def test_a_second_preparation_and_deployment_change_nothing(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = operator.account("run")
    capsys.readouterr()
    assert operator.run("prepare --stage run") == 1
    assert not [line for line in capsys.readouterr().out.splitlines() if line.startswith("+")]
    assert operator.run("deploy --stage run") == 0
    assert operator.account("run") == before


def test_a_difference_is_what_the_emulator_left_out_and_what_the_stage_says_anew(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert operator.run("diff --stage run --profile operator") == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("+ ") and line.split()[2] in {*UNKNOWN, *SOME} for line in lines)
    # A stage of the same name that keeps its data for longer, and one whose tables have no guard any more.
    operator.write_stage("run", log_days="3")
    try:
        assert operator.run("diff --stage run --profile operator") == 0
        assert "~ fumibako-run-network/" in capsys.readouterr().out
    finally:
        operator.write_stage("run")


def test_an_older_version_is_deployed_where_it_is_named(operator: Operator) -> None:
    stage = operator.stage("run")
    try:
        with mock.patch("deploy.verbs.deploy.this_version", return_value="0.0.1"):
            assert operator.run("deploy --stage run --back-to 0.0.1") == 0
        assert deployed_version(operator.client("ssm"), stage) == "0.0.1"
    finally:
        operator.client("ssm").put_parameter(
            Name=f"/fumibako/{stage.name}/deployed-version", Value=this_version(), Overwrite=True
        )


def test_the_page_is_uploaded_and_then_there(
    operator: Operator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bucket = page_bucket(operator.stage("run"))
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "assets/a-1.js").write_text("1", "utf-8")
    (page / "index.html").write_text("<p>", "utf-8")
    rules = [{"match": "/assets/*", "headers": {}}, {"match": "/*", "headers": {}}]
    (page / "headers.json").write_text(json.dumps({"routes": {"*": "/index.html"}, "rules": rules}), "utf-8")
    with mock.patch("deploy.page_build.PAGE", page):
        assert operator.run("page --stage run") == 0
        assert operator.run("page --stage run") == 0
        shutil.rmtree(page)
        assert operator.run("page --stage run") == 2
    told = capsys.readouterr()
    assert told.out.splitlines()[-2:] == ["2 files uploaded", "0 files uploaded"]
    assert "[page_absent]" in told.err
    listed = operator.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in listed] == ["assets/a-1.js", "index.html"]


def test_a_stage_goes_when_it_is_empty_and_not_before(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    stage = operator.write_stage("short", network='"10.23.0.0/20"')
    assert operator.run("deploy --stage short --only keys data") == 0
    table, key = records_table(stage), {"pk": {"S": "a"}, "sk": {"S": "b"}}
    operator.client("dynamodb").put_item(TableName=table, Item=key)
    before = operator.account("short")
    assert operator.run("remove --stage short --only data keys") == 2
    assert "[data_held]" in capsys.readouterr().err
    assert operator.account("short") == before
    operator.client("dynamodb").delete_item(TableName=table, Key=key)
    assert operator.run("remove --stage short --only data") == 0
    assert operator.run("remove --stage short --only keys") == 0
    assert stack_states(operator.clients, stage) == {}
    tables = operator.client("dynamodb").list_tables()["TableNames"]
    assert not {table, wrapped_keys_table(stage)} & set(tables)
    assert operator.run("remove --stage short --only keys") == 0


def test_a_pooled_tenancy_from_asked_to_gone(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    host = "files.beta.example"
    zone_id = zone(operator, "beta.example")
    operator.write_stage("run", tenant_hosts=f'["{host}"]', hosted_zone_id=f'"{zone_id}"')
    serve(operator, operator.stage("run"))
    dynamodb, table = operator.client("dynamodb"), records_table(operator.stage("run"))
    place = f"--registry {operator.folder}/registry.json --region ap-northeast-1 --profile operator"
    units = "--pool-unit ou-1 --customers-unit ou-2 --leaving-unit ou-3 --exports exports"

    def state() -> str:
        capsys.readouterr()
        operator.run(f"tenant list {place}")
        return capsys.readouterr().out.split()[-1]

    try:
        # Nothing in here answers under that name: DNS and TLS are an account's.
        with mock.patch("deploy.tenants.lifecycle.live.HttpSmoke.faults", return_value=[]):
            asked = f"tenant onboard beta --delivery pooled --stage run --host {host} --name Beta {place} {units}"
            # Without an admin the set-up command refuses; with one it goes on from there.
            assert operator.run(asked) == 2
            assert state() == "members"
            assert operator.run(f"tenant go-on beta {place} {units} --admin-email admin@beta.example") == 0
        assert state() == "active"
        assert records(operator, zone_id) == [host]
        items = dynamodb.scan(TableName=table)["Items"]
        assert {"beta#tenant", "beta#bootstrap", f"host#{host}"} <= {one["pk"]["S"] for one in items}
        assert operator.run(f"tenant offboard beta {place} {units}") == 0
        assert state() == "gone"
        assert records(operator, zone_id) == []
        left = [one["pk"]["S"] for one in dynamodb.scan(TableName=table)["Items"]]
        assert not [pk for pk in left if pk.startswith("beta#") or pk == f"host#{host}"]
        assert operator.client("s3").head_object(Bucket="exports", Key="run/beta.jsonl")["ContentLength"] >= 0
        _hold_and_settle(operator, capsys)
    finally:
        operator.write_stage("run")
        for one in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={"pk": one["pk"], "sk": one["sk"]})


def _hold_and_settle(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    """Over the settings of the function, with the product's own command: nothing is lost here. The emulator scales no containers."""
    with mock.patch("deploy.stilling.switches.Containers.standing", return_value={}):
        assert operator.run("hold --stage run") == 0
        assert "held requests fumibako-transfers-run-api_handler" in capsys.readouterr().out
        assert operator.run("deploy --stage run") == 2
        assert operator.run("settle --stage run") == 0
        assert operator.run("settle --stage run --end 1") == 1
        assert operator.run("release --stage run") == 0


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_is_refused_leaves_the_account_as_it_was(
    operator: Operator, refusal: Refusal, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal.given(operator)
    try:
        before = operator.account("run")
        assert operator.run(refusal.line) == 2
        told = capsys.readouterr().err
        assert f"[{refusal.code}]" in told
        assert "\n  next: " in told
        assert operator.account("run") == before
    finally:
        operator.forget(blobs_bucket(operator.stage("run")))


@pytest.mark.parametrize("kind", ["held", "turn"])
def test_a_stage_that_is_held_or_another_operators_is_left_alone(
    operator: Operator, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage, ssm = operator.stage("run"), operator.client("ssm")
    name = {"held": hold_parameter(stage), "turn": turn_parameter(stage)}[kind]
    put_parameter(operator, name)
    try:
        before = operator.account("run")
        assert operator.run("deploy --stage run --only keys") == 2
        assert {"held": "[stage_held]", "turn": "[stage_busy]"}[kind] in capsys.readouterr().err
        assert operator.account("run") == before
    finally:
        ssm.delete_parameter(Name=name)


def test_of_two_operators_one_has_the_turn_and_a_dead_ones_is_taken_over(operator: Operator) -> None:
    stage, ssm = operator.stage("run"), operator.client("ssm")
    with turn(ssm, stage, "the first"):
        assert operator.run("deploy --stage run --only keys") == 2
        assert operator.run("deploy --stage run --only keys --take-over") == 0
    assert operator.run("deploy --stage run --only keys") == 0


def test_ended_credentials_change_nothing(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    before = operator.account("run")
    with expired_session() as address, mock.patch.dict("os.environ", AWS_ENDPOINT_URL_STS=address):
        for line in ("deploy --stage run", "remove --stage run --only web", "page --stage run", "prepare --stage run"):
            assert operator.run(line) == 2
            assert "[credentials_expired]" in capsys.readouterr().err
    assert operator.account("run") == before
