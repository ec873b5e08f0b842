"""A night: what runs is stopped, what was off stays off in the morning, and production never sleeps."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.errors import Refused
from deploy.names import asleep_parameter, function, hold_parameter
from deploy.pipeline.alarms import watched
from deploy.pipeline.sleep import AWAKE, sleep, wake
from deploy.stage import Stage, load_stage

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"


class Night:
    """moto's account of the stage, with containers, schedules and alarms."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._clients: dict[str, Any] = {}
        role = self._role()
        self.sources = {
            "queue": self._source(role, function(stage, "transfers", "on_events"), on=True),
            "relay": self._source(role, function(stage, "transfers", AWAKE[0]), on=True),
            "off": self._source(role, function(stage, "reporting", "on_events"), on=False),
        }
        self._timer(role, "fumibako-dev-usage-back-1", "ENABLED")
        self._timer(role, "fumibako-dev-usage-back-3", "DISABLED")
        self._containers("scanner", 0, 4)
        self._containers("downloads", 1, 3)
        for name in (
            function(stage, "transfers", "sweep_due"),
            "fumibako-dev-usage-back-1",
            "fumibako-other-usage",
            "mine",
        ):
            self.client("events").put_rule(Name=name, ScheduleExpression="rate(1 minute)")
        self.client("events").put_rule(Name="fumibako-dev-key-going", EventPattern='{"source": ["aws.kms"]}')
        self.client("events").put_rule(
            Name=function(stage, "reporting", "form_audit_blocks"), ScheduleExpression="rate(1 hour)"
        )
        self.client("events").disable_rule(Name=function(stage, "reporting", "form_audit_blocks"))
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=watched(stage)[0],
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="m",
            Namespace="n",
            Period=60,
            Statistic="Sum",
            Threshold=1,
            ActionsEnabled=True,
        )

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=REGION)
        return self._clients[service]

    def _role(self) -> str:
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
        }
        made = self.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(trust))
        return str(made["Role"]["Arn"])

    def _source(self, role: str, name: str, *, on: bool) -> str:
        """Its id; it calls the alias, as everything does."""
        functions = self.client("lambda")
        functions.create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.11",
            Handler="app.app",
            Code={"ZipFile": b"PK"},
            Publish=True,
        )
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        queue = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        asked = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        made = functions.create_event_source_mapping(
            FunctionName=f"{name}:live", EventSourceArn=asked["Attributes"]["QueueArn"], Enabled=on
        )
        return str(made["UUID"])

    def _timer(self, role: str, name: str, state: str) -> None:
        self.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="cron(30 0 * * ? *)",
            ScheduleExpressionTimezone="UTC",
            State=state,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": role, "RoleArn": role, "Input": "{}"},
        )

    def _containers(self, name: str, least: int, most: int) -> None:
        ecs, own = self.client("ecs"), f"fumibako-{self.stage.name}-{name}"
        ecs.create_cluster(clusterName=own)
        ecs.register_task_definition(family=own, containerDefinitions=[{"name": "x", "image": "x", "memory": 128}])
        ecs.create_service(cluster=own, serviceName=own, taskDefinition=own, desiredCount=least)
        self.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{own}/{own}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=least,
            MaxCapacity=most,
        )

    def state(self) -> dict[str, Any]:
        targets = self.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
            "ScalableTargets"
        ]
        ecs = self.client("ecs")
        counts = {
            name: ecs.describe_services(cluster=name, services=[name])["services"][0]["desiredCount"]
            for name in (f"fumibako-{self.stage.name}-{one}" for one in ("downloads", "scanner"))
        }
        return {
            "targets": {one["ResourceId"].split("/")[1]: (one["MinCapacity"], one["MaxCapacity"]) for one in targets},
            "counts": counts,
            "rules": {one["Name"]: one["State"] for one in self.client("events").list_rules()["Rules"]},
            "sources": {
                name: self.client("lambda").get_event_source_mapping(UUID=source)["State"]
                for name, source in self.sources.items()
            },
            "timers": {one["Name"]: one["State"] for one in self.client("scheduler").list_schedules()["Schedules"]},
            "alarms": [one["ActionsEnabled"] for one in self.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        }


@pytest.fixture
def night(aws: None) -> Night:
    return Night(replace(load_stage("dev"), account=ACCOUNT))


def test_at_night_nothing_runs_but_what_must(night: Night) -> None:
    sleep(night.client, night.stage)
    found = night.state()
    assert found["targets"] == {"fumibako-dev-downloads": (0, 0), "fumibako-dev-scanner": (0, 0)}
    assert found["counts"] == {"fumibako-dev-downloads": 0, "fumibako-dev-scanner": 0}
    # The relay reads a stream that forgets after a day.
    assert found["sources"] == {"queue": "Disabled", "relay": "Enabled", "off": "Disabled"}
    assert set(found["timers"].values()) == {"DISABLED"}
    assert [name for name, state in sorted(found["rules"].items()) if state == "ENABLED"] == [
        "fumibako-dev-key-going",
        "fumibako-other-usage",
        "mine",
    ]
    assert found["alarms"] == [False]


def test_the_morning_is_as_the_evening_was(night: Night) -> None:
    before = night.state()
    sleep(night.client, night.stage)
    assert night.state() != before
    wake(night.client, night.stage)
    assert night.state() == before
    with pytest.raises(Refused, match="not_asleep"):
        wake(night.client, night.stage)


def test_sleeping_twice_forgets_nothing(night: Night) -> None:
    before = night.state()
    sleep(night.client, night.stage)
    sleep(night.client, night.stage)
    wake(night.client, night.stage)
    assert night.state() == before


def test_a_sleep_that_was_broken_off_is_woken_whole(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    before = night.state()
    with monkeypatch.context() as broken:
        broken.setattr(
            night.client("lambda"),
            "update_event_source_mapping",
            lambda **asked: (_ for _ in ()).throw(ConnectionError),
        )
        with pytest.raises(ConnectionError):
            sleep(night.client, night.stage)
    assert json.loads(night.client("ssm").get_parameter(Name=asleep_parameter(night.stage))["Parameter"]["Value"])
    wake(night.client, night.stage)
    assert night.state() == before


def test_what_is_gone_in_the_morning_is_told_and_the_rest_wakes(night: Night) -> None:
    before = night.state()
    sleep(night.client, night.stage)
    rule = function(night.stage, "transfers", "sweep_due")
    night.client("events").delete_rule(Name=rule)
    ecs, own = night.client("ecs"), "fumibako-dev-scanner"
    ecs.delete_service(cluster=own, service=own)
    resource = f"service/{own}/{own}"
    night.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs", ResourceId=resource, ScalableDimension="ecs:service:DesiredCount"
    )
    told = wake(night.client, night.stage)
    assert [line for line in told if line.startswith("gone")] == [
        f"gone meanwhile: containers {own}",
        f"gone meanwhile: schedules {rule}",
    ]
    after = night.state()
    assert "fumibako-dev-scanner" not in after["targets"]
    assert after["rules"] == {name: state for name, state in before["rules"].items() if name != rule}
    assert after["sources"] == before["sources"]
    assert after["alarms"] == [True]
    with pytest.raises(Refused, match="not_asleep"):
        wake(night.client, night.stage)


def test_a_source_that_aws_is_still_at_is_waited_for(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapping that was switched a moment ago takes no second change yet."""
    functions = night.client("lambda")
    waited: list[float] = []
    change = functions.update_event_source_mapping

    def in_use(**asked: Any) -> Any:
        if not waited:
            raise ClientError({"Error": {"Code": "ResourceInUseException", "Message": ""}}, "UpdateEventSourceMapping")
        return change(**asked)

    monkeypatch.setattr(functions, "update_event_source_mapping", in_use)
    sleep(night.client, night.stage, waited.append)
    assert night.state()["sources"]["queue"] == "Disabled"
    assert len(waited) == 1


def test_a_held_stage_neither_sleeps_nor_wakes(night: Night) -> None:
    """To wake would let queues move while records are put back."""
    sleep(night.client, night.stage)
    asleep = night.state()
    night.client("ssm").put_parameter(Name=hold_parameter(night.stage), Value="{}", Type="String")
    for verb in (sleep, wake):
        with pytest.raises(Refused, match="stage_held"):
            verb(night.client, night.stage)
    assert night.state() == asleep


def test_production_never_sleeps(night: Night) -> None:
    before = night.state()
    with pytest.raises(Refused, match="never_sleeps"):
        sleep(night.client, replace(night.stage, name="prod"))
    assert night.state() == before
