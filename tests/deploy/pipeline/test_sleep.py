"""A night: what runs is stopped, what was off stays off in the morning, and production never sleeps."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest

from deploy.errors import Refused
from deploy.names import function
from deploy.pipeline.alarms import watched
from deploy.pipeline.sleep import AWAKE, note_parameter, sleep, wake
from deploy.stage import Stage, load_stage

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"


class Lambda:
    """moto makes no function without a container, so the mappings are kept here, as the API tells them: found by function and alias."""

    def __init__(self, mappings: dict[str, tuple[str, str]]) -> None:
        self.mappings = mappings

    def get_paginator(self, name: str) -> "Lambda":
        assert name == "list_event_source_mappings"
        return self

    def paginate(self, *, FunctionName: str) -> list[dict[str, Any]]:  # noqa: N803
        told = [
            {"UUID": uuid, "State": state}
            for uuid, (named, state) in sorted(self.mappings.items())
            if named == FunctionName
        ]
        return [{"EventSourceMappings": told}]

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:  # noqa: N803
        self.mappings[UUID] = (self.mappings[UUID][0], "Enabled" if Enabled else "Disabled")


class Night:
    """moto's account of the stage, with containers, schedules and alarms."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.functions = Lambda(
            {
                "queue": (f"{function(stage, 'transfers', 'on_events')}:live", "Enabled"),
                "relay": (f"{function(stage, 'transfers', AWAKE[0])}:live", "Enabled"),
                "off": (f"{function(stage, 'reporting', 'on_events')}:live", "Disabled"),
            }
        )
        self._clients: dict[str, Any] = {"lambda": self.functions}
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
            "sources": {name: state for name, (_, state) in self.functions.mappings.items()},
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
            night.functions, "update_event_source_mapping", lambda **asked: (_ for _ in ()).throw(ConnectionError)
        )
        with pytest.raises(ConnectionError):
            sleep(night.client, night.stage)
    assert json.loads(night.client("ssm").get_parameter(Name=note_parameter(night.stage))["Parameter"]["Value"])
    wake(night.client, night.stage)
    assert night.state() == before


def test_production_never_sleeps(night: Night) -> None:
    before = night.state()
    with pytest.raises(Refused, match="never_sleeps"):
        sleep(night.client, replace(night.stage, name="prod"))
    assert night.state() == before
