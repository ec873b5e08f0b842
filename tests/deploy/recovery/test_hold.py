"""A stage that is held: what moves stands still, whatever it stood at comes back, and nobody's death in between loses it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy.__main__ import main
from deploy.account import Clients
from deploy.errors import Refused
from deploy.names import SERVICES, function, hold_parameter, prefix
from deploy.recovery.held import Hold
from deploy.recovery.settling import settle
from deploy.stage import Stage, load_stage
from deploy.turn import turn
from tests.contract.aws_world import shared_loader

STAGE = replace(load_stage("prod"), account="123456789012")  # moto's own
OTHER = load_stage("dev")
ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    for verb in ("hold", "release", "settle"):
        monkeypatch.setattr(f"deploy.verbs.{verb}.load_stage", lambda _: STAGE)
    # Parsed models are shared: each verb makes clients of its own.
    with mock_aws(), mock.patch("botocore.session.create_loader", shared_loader):
        session = boto3.Session(region_name=STAGE.region)
        made: dict[str, Any] = {}

        def client(service: str, **more: Any) -> Any:
            return made.setdefault(service, session.client(service, **more))

        _role(client("iam"))
        for stage in (STAGE, OTHER):
            _make(client, stage)
        yield client


def _role(iam: Any) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(trust))


def _make(clients: Clients, stage: Stage) -> None:
    """One of each kind; the API of auth has no reservation, and the report's second schedule is off already."""
    functions = clients("lambda")
    names = [function(stage, service, "api_handler") for service in SERVICES]
    for name in (*names, function(stage, "transfers", "on_events")):
        functions.create_function(
            FunctionName=name, Role=ROLE, Runtime="python3.11", Handler="app.app", Code={"ZipFile": b"PK"}
        )
    for name in names[1:]:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=40)
    queue = clients("sqs").create_queue(QueueName=f"{prefix(stage)}-transfers")["QueueUrl"]
    arn = clients("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.create_event_source_mapping(FunctionName=function(stage, "transfers", "on_events"), EventSourceArn=arn)
    clients("events").put_rule(Name=function(stage, "transfers", "sweep_due"), ScheduleExpression="rate(1 minute)")
    for back, state in (("1", "ENABLED"), ("3", "DISABLED")):
        clients("scheduler").create_schedule(
            Name=f"{prefix(stage)}-usage-back-{back}",
            ScheduleExpression="cron(30 0 * * ? *)",
            ScheduleExpressionTimezone="UTC",
            State=state,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": ROLE, "RoleArn": ROLE, "Input": "{}"},
        )
    name = f"{prefix(stage)}-scanner"
    clients("ecs").create_cluster(clusterName=name)
    clients("ecs").register_task_definition(
        family=name, containerDefinitions=[{"name": "one", "image": "any", "memory": 64}]
    )
    clients("ecs").create_service(cluster=name, serviceName=name, taskDefinition=name, desiredCount=2)
    clients("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{name}/{name}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=0,
        MaxCapacity=6,
    )


def standing(clients: Clients, stage: Stage = STAGE) -> dict[str, dict[str, Any]]:
    return {kind: one.standing() for kind, one in Hold(clients, stage)._kinds.items()}


def count(stood: dict[str, dict[str, Any]]) -> dict[str, int]:
    return {kind: len(names) for kind, names in stood.items() if names}


ALL = {"requests": 4, "schedules": 1, "reports": 1, "sources": 1, "containers": 1}


def test_everything_stands_still_and_comes_back_as_it_stood(clients: Clients) -> None:
    before, others = standing(clients), standing(clients, OTHER)
    assert count(before) == ALL
    assert set(before["requests"].values()) == {None, 40}
    assert before["containers"] == {"fumibako-prod-scanner": [0, 6, 2]}
    assert main(["hold", "--stage", "prod"]) == 0
    assert count(standing(clients)) == {}
    assert main(["release", "--stage", "prod"]) == 0
    assert standing(clients) == before
    assert standing(clients, OTHER) == others
    assert Hold(clients, STAGE).note() is None


def test_people_may_go_on_and_be_stopped_later(clients: Clients) -> None:
    before = standing(clients)
    assert main(["hold", "--stage", "prod", "--keep-requests"]) == 0
    assert count(standing(clients)) == {"requests": 4}
    assert main(["hold", "--stage", "prod"]) == 0
    assert count(standing(clients)) == {}
    assert main(["release", "--stage", "prod"]) == 0
    assert standing(clients) == before


@pytest.mark.parametrize("kind", sorted(ALL))
def test_one_that_was_killed_is_taken_up_and_loses_nothing(
    clients: Clients, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, hold = standing(clients), Hold(clients, STAGE)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hold._kinds[kind], "off", killed)
    with pytest.raises(KeyboardInterrupt):
        hold.hold()
    assert count(standing(clients)) != {}
    assert main(["hold", "--stage", "prod"]) == 0
    assert count(standing(clients)) == {}
    assert main(["release", "--stage", "prod"]) == 0
    assert standing(clients) == before


def test_a_release_that_was_killed_is_taken_up(
    clients: Clients, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = standing(clients)
    hold = Hold(clients, STAGE)
    hold.hold()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hold._kinds["schedules"], "on", killed)
    with pytest.raises(KeyboardInterrupt):
        list(hold.release())
    assert hold.note() is not None
    # Whoever holds now would note as off what is only on its way back.
    halfway = standing(clients)
    assert main(["hold", "--stage", "prod"]) == 2
    assert "[being_released]" in capsys.readouterr().err
    assert standing(clients) == halfway
    assert main(["release", "--stage", "prod"]) == 0
    assert standing(clients) == before
    assert hold.note() is None


def test_one_that_adds_to_the_note_while_it_ends_is_let_go_too(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, first, second = standing(clients), Hold(clients, STAGE), Hold(clients, STAGE)
    first.hold(keep_requests=True)
    seen = first.note()
    assert seen is not None
    looked, real = second.note, first._kinds["schedules"].on

    def meanwhile(name: str, stood: Any) -> None:
        # It read the note before it ended, and is through before it is gone.
        told = iter([seen, seen])
        monkeypatch.setattr(second, "note", lambda: next(told, None) or looked())
        monkeypatch.setattr(first._kinds["schedules"], "on", real)
        second.hold()
        real(name, stood)

    monkeypatch.setattr(first._kinds["schedules"], "on", meanwhile)
    list(first.release())
    assert standing(clients) == before
    assert first.note() is None


def test_the_second_of_two_operators_works_by_the_firsts_note(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, second = standing(clients), Hold(clients, STAGE)
    looked = second.note
    found = iter([None])
    # It looked before the first one wrote, and writes after it.
    monkeypatch.setattr(second, "note", lambda: next(found, looked()))
    Hold(clients, STAGE).hold()
    second.hold()
    list(Hold(clients, STAGE).release())
    assert standing(clients) == before


@pytest.mark.parametrize("kind", sorted(ALL))
def test_a_release_in_the_middle_of_a_hold_leaves_nothing_off(
    clients: Clients, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, first, second = standing(clients), Hold(clients, STAGE), Hold(clients, STAGE)
    real = first._kinds[kind].off

    def meanwhile(name: str, stood: Any) -> None:
        list(second.release())
        real(name, stood)

    monkeypatch.setattr(first._kinds[kind], "off", meanwhile)
    with pytest.raises(Refused) as refused:
        first.hold()
    assert refused.value.code == "being_released"
    assert standing(clients) == before
    assert first.note() is None


def test_what_is_gone_meanwhile_is_told_and_the_rest_comes_back(
    clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    Hold(clients, STAGE).hold()
    clients("lambda").delete_function(FunctionName=function(STAGE, "auth", "api_handler"))
    assert main(["release", "--stage", "prod"]) == 0
    assert "gone meanwhile: requests fumibako-auth-prod-api_handler" in capsys.readouterr().err
    assert count(standing(clients)) == {**ALL, "requests": 3}


def test_a_deployment_that_goes_on_beside_it_is_told(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    with turn(clients("ssm"), STAGE, "deployment of 1.2.3"):
        assert main(["hold", "--stage", "prod"]) == 0
    assert "is being changed: deployment of 1.2.3 by " in capsys.readouterr().err
    assert main(["hold", "--stage", "prod"]) == 0
    assert "is being changed" not in capsys.readouterr().err


def test_bounds_of_a_service_that_is_gone_are_not_set(clients: Clients) -> None:
    """Application Auto Scaling refuses them, with ValidationException as for any mistake."""
    hold = Hold(clients, STAGE)
    hold.hold()
    name = f"{prefix(STAGE)}-scanner"
    clients("ecs").delete_service(cluster=name, service=name)
    scaling = clients("application-autoscaling")
    place = {"ServiceNamespace": "ecs", "ResourceId": f"service/{name}/{name}"}
    scaling.deregister_scalable_target(**place, ScalableDimension="ecs:service:DesiredCount")
    assert list(hold.release()) == [f"containers {name}"]
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[place["ResourceId"]])
    assert found["ScalableTargets"] == []


def test_schedules_of_stacks_stand_still_and_rules_that_hear_do_not(clients: Clients) -> None:
    events = clients("events")
    events.put_rule(Name=f"{prefix(STAGE)}-identity-ExportDaily1-X", ScheduleExpression="cron(0 18 * * ? *)")
    events.put_rule(Name=f"{prefix(STAGE)}-identity-OnChange1-X", EventPattern='{"source": ["aws.cognito-idp"]}')
    Hold(clients, STAGE).hold()
    states = {one["Name"]: one["State"] for one in events.list_rules(NamePrefix=prefix(STAGE))["Rules"]}
    assert states == {
        f"{prefix(STAGE)}-identity-ExportDaily1-X": "DISABLED",
        f"{prefix(STAGE)}-identity-OnChange1-X": "ENABLED",
    }


def test_what_aws_is_still_at_is_waited_for_and_then_refused(clients: Clients) -> None:
    waited: list[float] = []
    hold = Hold(clients, STAGE, waited.append)
    error = ClientError({"Error": {"Code": "ResourceInUseException", "Message": ""}}, "UpdateEventSourceMapping")

    def in_use(*_: object) -> None:
        if len(waited) < 3:
            raise error

    hold._kinds["sources"].off = in_use  # type: ignore[method-assign]
    hold.hold()
    assert len(waited) == 3
    hold._kinds["sources"].off = lambda *_: (_ for _ in ()).throw(error)  # type: ignore[method-assign]
    with pytest.raises(Refused) as refused:
        hold.hold()
    assert refused.value.code == "switch_busy"


def test_a_note_that_nobody_can_read_is_refused_and_kept(clients: Clients) -> None:
    clients("ssm").put_parameter(Name=hold_parameter(STAGE), Value="[]", Type="String")
    before = standing(clients)
    for verb in ("hold", "release"):
        assert main([verb, "--stage", "prod"]) == 2
    assert standing(clients) == before


def test_nothing_held_is_nothing_to_release(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "--stage", "prod"]) == 0
    assert "is not held" in capsys.readouterr().err


def test_only_a_held_stage_is_settled(clients: Clients) -> None:
    with pytest.raises(Refused) as refused:
        settle(clients, STAGE, [], {})
    assert refused.value.code == "stage_not_held"


def test_a_stage_without_services_can_not_be_settled(clients: Clients) -> None:
    Hold(clients, STAGE).hold()
    clients("lambda").delete_function(FunctionName=function(STAGE, "transfers", "api_handler"))
    with pytest.raises(Refused) as refused:
        settle(clients, STAGE, [], {})
    assert refused.value.code == "services_absent"
