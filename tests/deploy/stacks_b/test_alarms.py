"""Every alarm rings on something that exists, says what is wrong, and has its page; every page has its alarm."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chalicelib.api.embedded_metrics import UNITS
from deploy.names import FUNCTIONS
from deploy.packaging.functions import all_functions
from deploy.stacks.alarm_table import ALARMS, RUNBOOKS
from deploy.stacks.observability import BROKEN_LINE
from deploy.stacks.web_alarms import web_alarms
from deploy.stage import load_stage, stage_names
from tests.deploy.assemblies import Assembly, Template, of_type
from tests.deploy.stacks_b.conftest import flat

ROOT = Path(__file__).resolve().parents[3]
EVERY = (*ALARMS, *web_alarms("E0000000000000"))
PAGES = {path.stem for path in (ROOT / RUNBOOKS).glob("*.md")} - {"README"}
HEADINGS = ["What people see", "Look first", "Mend", "See that it is over", "Whom to wake"]


def test_every_alarm_has_a_page_and_every_page_an_alarm() -> None:
    assert {one.name for one in EVERY} == PAGES
    assert len(EVERY) == len(PAGES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_says_what_to_do_in_the_same_order(name: str) -> None:
    text = (ROOT / RUNBOOKS / f"{name}.md").read_text("utf-8")
    alarm = next(one for one in EVERY if one.name == name)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.splitlines()[2].startswith(
        f"`{name}`, {'wakes at any hour' if alarm.wake else 'waits for the morning'}."
    )
    assert name in (ROOT / RUNBOOKS / "README.md").read_text("utf-8")


@pytest.mark.parametrize("stage_name", sorted(stage_names()))
def test_figures_of_our_own_are_written_by_somebody(stage_name: str) -> None:
    stage = load_stage(stage_name)
    schedules = {one.name for one in all_functions() if one.kind == "schedule"}
    values = {"Service": set(FUNCTIONS), "Schedule": schedules}
    for alarm in ALARMS:
        for rule in alarm.rules(stage).values():
            # CloudWatch takes ten figures in one alarm.
            assert len(rule.figures) <= 10, alarm.name
            names = {f"m{number}" for number in range(1, len(rule.figures) + 1)}
            assert set(re.findall(r"\bm\d+\b", rule.expression)) == names, alarm.name
            for figure in rule.figures:
                if figure.namespace.startswith("Fumibako/") and figure.dimensions:
                    assert figure.metric in UNITS
                    ((dimension, value),) = figure.dimensions.items()
                    assert value in values[dimension]


def test_what_a_stage_does_not_have_is_not_watched() -> None:
    box = load_stage("box")
    rules: Mapping[str, object] = {one.name: one.rules(box) for one in ALARMS}
    assert rules["scans-waiting"] == {}
    assert rules["downloads-away"] == {}
    assert "scans" not in next(one for one in ALARMS if one.name == "dead-letters").rules(box)


def test_the_line_of_a_broken_chain_is_the_one_that_is_written() -> None:
    source = (ROOT / "chalicelib/use_cases/reporting/sign_audit_roots.py").read_text("utf-8")
    message, code = re.findall(r'"([^"]+)"', BROKEN_LINE)
    assert f'_log.error("{message}", extra={{"code": code}})' in source
    assert f'Refused("{code}"' in (ROOT / "chalicelib/use_cases/reporting/check_audit.py").read_text("utf-8")


def test_the_table_of_figures_is_whole() -> None:
    page = (ROOT / "docs/cloud/observability.md").read_text("utf-8")
    told = {}
    for names, unit in re.findall(r"^\| (`[^|]+`) \| (\w+) \|", page, re.MULTILINE):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), unit)
    # Counted from a log line by the stack, and not written by a function.
    assert told.pop("AuditBroken") == "Count"
    assert told == dict(UNITS)


def alarms_of(template: Template) -> list[Template]:
    """Alarms for people; those that only scale say so."""
    found = [one["Properties"] for one in of_type(template, "AWS::CloudWatch::Alarm").values()]
    return [one for one in found if "-scaling-" not in one["AlarmName"]]


@pytest.mark.slow
def test_each_alarm_in_the_templates_says_its_page_and_tells_somebody(
    prod: Assembly, services: Mapping[str, Template]
) -> None:
    found = [
        *alarms_of(prod.template("observability")),
        *alarms_of(prod.template("web")),
        *(one for template in services.values() for one in alarms_of(template)),
    ]
    assert {one["AlarmName"] for one in found} >= {"fumibako-prod-sweep-still", "fumibako-prod-page-away"}
    named = set()
    for one in found:
        page = re.search(rf"{RUNBOOKS}/([a-z-]+)\.md$", one["AlarmDescription"])
        assert page, one["AlarmDescription"]
        assert one["AlarmDescription"].startswith(("[wake] ", "[next day] "))
        assert page[1] in one["AlarmName"]
        assert one["AlarmActions"]
        named.add(page[1])
    assert named == PAGES


@pytest.mark.slow
def test_alarms_may_be_told_and_go_to_the_stages_address(prod: Assembly) -> None:
    for lifecycle in ("observability", "web"):
        template = prod.template(lifecycle)
        (subscription,) = of_type(template, "AWS::SNS::Subscription").values()
        assert subscription["Properties"]["Endpoint"] == prod.stage.alarm_address
        (policy,) = of_type(template, "AWS::SNS::TopicPolicy").values()
        assert "cloudwatch.amazonaws.com" in flat(policy)
        (topic,) = of_type(template, "AWS::SNS::Topic").values()
        assert topic["Properties"]["KmsMasterKeyId"]


@pytest.mark.slow
def test_the_dashboard_fits_and_shows_each_service(prod: Assembly) -> None:
    import json

    (dashboard,) = of_type(prod.template("observability"), "AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["Properties"]["DashboardBody"])
    assert all(widget["x"] + widget["width"] <= 24 for widget in body["widgets"])
    for service in FUNCTIONS:
        assert f'"{service}"' in flat(body)


@pytest.mark.slow
def test_a_key_that_goes_is_told(prod: Assembly) -> None:
    template = prod.template("observability")
    (rule,) = of_type(template, "AWS::Events::Rule").values()
    pattern = rule["Properties"]["EventPattern"]
    assert set(pattern["detail"]["eventName"]) == {"DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"}
    assert rule["Properties"]["Name"] == "fumibako-prod-key-going"
    (filtered,) = of_type(template, "AWS::Logs::MetricFilter").values()
    assert filtered["Properties"]["LogGroupName"] == "/aws/lambda/fumibako-reporting-prod-sign_audit_roots"
