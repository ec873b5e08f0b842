"""What idles: the committed lines are those of the synthesized templates, and no resource is forgotten."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.app import synthesize
from deploy.cost.idle import idle_lines
from deploy.cost.idle_free import FREE
from deploy.cost.idle_schedules import ASKING, POLLS
from deploy.cost.kinds import ASLEEP, KINDS, asleep, committed, stage_of_kind
from deploy.cost.lines import Line, bill, by_group, total
from deploy.cost.prices import load_prices
from deploy.cost.recording import SAMPLE, load_recording
from deploy.errors import Refused
from deploy.names import stack
from deploy.templates import templates_of
from tests.deploy.assemblies import assembly_of

AGAIN = "run `python -m deploy.cost.kinds` and then `make docs`"
# Stacks that a stage without a private network and with fewer zones has otherwise; all others are the same in every stage.
OTHERWISE = ("network", "scanner", "downloads")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dev", "prod"])
def test_the_committed_lines_are_those_of_the_templates(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = idle_lines(assembly_of(kind, tmp_path_factory).templates(), load_recording())
    assert found == committed()[kind], AGAIN


@pytest.mark.slow
def test_a_customer_s_own_account_has_fewer_zones_and_no_paid_endpoints(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prod, silo = assembly_of("prod", tmp_path_factory), stage_of_kind("silo")
    own = {stack(prod.stage, one) for one in OTHERWISE}
    shared = {name: template for name, template in prod.templates().items() if name not in own}
    made = templates_of(synthesize(silo, tmp_path / "silo", lifecycles=OTHERWISE))
    assert idle_lines(shared | made, load_recording()) == committed()["silo"], AGAIN


def test_asleep_is_what_is_left_of_dev() -> None:
    kinds = committed()
    assert tuple(kinds) == KINDS
    assert asleep(kinds["dev"]) == kinds[ASLEEP]
    prices = load_prices()
    usd = {kind: total(bill(lines, prices)) for kind, lines in kinds.items()}
    assert usd[ASLEEP] < usd["dev"] < usd["prod"]
    assert "containers" not in by_group(bill(kinds[ASLEEP], prices))
    asked = {kind: line.quantity for kind in ("dev", ASLEEP) for line in kinds[kind] if line.what == ASKING}
    assert asked == {"dev": 4 * POLLS, ASLEEP: POLLS}


def template(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"one": {"Resources": {str(number): one for number, one in enumerate(resources)}}}


def lines(*resources: dict[str, Any]) -> list[Line]:
    return idle_lines(template(*resources), load_recording())


def test_a_resource_that_nobody_priced_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        lines({"Type": "AWS::EC2::NatGateway"})
    assert refused.value.code == "resource_unpriced"
    assert "AWS::EC2::NatGateway" in refused.value.detail


def test_what_is_free_has_no_line() -> None:
    assert lines(*({"Type": kind} for kind in sorted(FREE))) == []


def test_an_alarm_costs_by_the_figures_it_looks_at() -> None:
    two = {"Metrics": [{"Id": "m1", "MetricStat": {}}, {"Id": "m2", "MetricStat": {}}, {"Expression": "m1 + m2"}]}
    [found] = lines({"Type": "AWS::CloudWatch::Alarm", "Properties": two}, {"Type": "AWS::CloudWatch::Alarm"})
    assert (found.price, found.quantity) == ("alarm-metric-month", 3)


def test_endpoints_cost_by_zone_and_gateways_nothing() -> None:
    interface = {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b", "c"]}
    [found] = lines(
        {"Type": "AWS::EC2::VPCEndpoint", "Properties": interface},
        {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Gateway"}},
    )
    assert (found.price, found.quantity) == ("endpoint-hour", 3 * 730)


def test_a_schedule_costs_by_its_runs_and_none_when_it_is_off() -> None:
    def rule(**properties: str) -> dict[str, Any]:
        return {"Type": "AWS::Events::Rule", "Properties": properties}

    runs = [
        next(line.quantity for line in lines(rule(ScheduleExpression=text)) if line.what == "runs")
        for text in ("rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "cron(0 18 * * ? *)")
    ]
    assert runs == pytest.approx([43_800, 8_760, 730, 730 / 24])
    assert lines(rule(ScheduleExpression="rate(1 minute)", State="DISABLED"), rule(EventPattern="{}")) == []


def test_a_scanner_that_waits_at_its_queue_makes_no_schedule_dearer(tmp_path: Path) -> None:
    raw = json.loads(SAMPLE.read_text("utf-8"))
    raw["idle"]["operations"] += 100
    path = tmp_path / "operations.json"
    path.write_text(json.dumps(raw))
    rule = template({"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 minute)"}})
    assert idle_lines(rule, load_recording(path)) == idle_lines(rule, load_recording())


def test_asking_empty_queues_costs_and_asking_a_stream_does_not() -> None:
    def mapping(**properties: Any) -> dict[str, Any]:
        return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}

    [found] = lines(mapping(), mapping(StartingPosition="LATEST"), mapping(Enabled=False))
    assert (found.price, found.quantity) == ("sqs-request", 43_800 * 15)


def test_containers_that_scale_from_nothing_cost_nothing_while_they_idle() -> None:
    place = {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}}
    task = {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "f", "Cpu": "512", "Memory": "1024"}}

    def service(count: int) -> dict[str, Any]:
        properties = {"ServiceName": "f", "NetworkConfiguration": place, "DesiredCount": count}
        return {"Type": "AWS::ECS::Service", "Properties": properties}

    assert lines(task, service(0)) == []
    found = {line.price: line.quantity for line in lines(task, service(1))}
    assert found["fargate-vcpu-hour"] == 365
    assert found["public-address-hour"] == 730
