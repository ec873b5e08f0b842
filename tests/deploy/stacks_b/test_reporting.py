"""The usage report: it reads tenants and usage and nothing else, and writes one file for each tenant and day."""

import json
from typing import Any

import pytest

from chalicelib.domain.usage import Usage
from chalicelib.stores.tenant_store import TENANTS as STORED
from chalicelib.stores.usage_store import usage_key
from deploy.stacks.reporting_machine import TENANTS, usage_report
from deploy.stage import load_stage
from tests.deploy.assemblies import Assembly, of_type, statements_of
from tests.deploy.stacks_b.conftest import flat

DEFINITION = usage_report(load_stage("prod"), "reports")
EVERY = {**DEFINITION["States"], **DEFINITION["States"]["Each tenant"]["ItemProcessor"]["States"]}


def test_tenants_are_listed_where_they_are_written() -> None:
    assert TENANTS == STORED
    assert usage_key("acme", "2026-01-31", None).pk == "acme#usage"
    assert "'#usage'" in EVERY["Read"]["Arguments"]["Key"]["pk"]["S"]


def test_every_state_leads_to_one_that_is_there() -> None:
    for states in (DEFINITION["States"], DEFINITION["States"]["Each tenant"]["ItemProcessor"]["States"]):
        for name, state in states.items():
            leads = [state.get("Next"), state.get("Default"), *(one["Next"] for one in state.get("Choices", ()))]
            assert {one for one in leads if one} <= states.keys(), name
            assert state["Type"] in ("Pass", "Task", "Map", "Choice", "Succeed")
            if state["Type"] == "Task":
                assert state["Retry"]


def test_expressions_are_closed_and_no_function_runs() -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for one in value.values() for text in texts(one)]
        if isinstance(value, list):
            return [text for one in value for text in texts(one)]
        return [value] if isinstance(value, str) else []

    expressions = [one for one in texts(DEFINITION) if "{%" in one]
    assert len(expressions) > 8
    for one in expressions:
        assert one.startswith("{% ")
        assert one.endswith(" %}")
        assert one.count("(") == one.count(")")
    assert "lambda" not in json.dumps(DEFINITION)


def test_a_report_holds_counts_alone() -> None:
    """What the machine copies is a usage line: numbers, and nothing of a person."""
    assert all(isinstance(value, int) for value in vars(Usage()).values())
    assert set(EVERY["Write"]["Arguments"]["Body"]) == {"tenant", "day", "usage"}


@pytest.mark.slow
def test_the_machine_reads_usage_and_tenants_and_nothing_else(prod: Assembly) -> None:
    template = prod.template("reporting")
    policy = next(
        one["Properties"]
        for one in of_type(template, "AWS::IAM::RolePolicy").values()
        if one["Properties"]["PolicyName"] == "report"
    )
    statements = statements_of(policy["PolicyDocument"])
    reads = {one["Action"]: one["Condition"] for one in statements if flat(one["Action"]).startswith('"dynamodb')}
    assert reads["dynamodb:Query"]["ForAllValues:StringEquals"] == {"dynamodb:LeadingKeys": ["host#"]}
    assert reads["dynamodb:GetItem"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["*#usage"]}
    for condition in reads.values():
        # ForAllValues is true of a request without any key.
        assert condition["Null"] == {"dynamodb:LeadingKeys": "false"}
    assert "dynamodb:Scan" not in flat(statements)


@pytest.mark.slow
def test_it_runs_each_day_and_once_more_for_what_was_late(prod: Assembly) -> None:
    schedules = of_type(prod.template("reporting"), "AWS::Scheduler::Schedule").values()
    back = {json.loads(one["Properties"]["Target"]["Input"])["back"] for one in schedules}
    assert back == {1, 3}
    assert all(one["Properties"]["ScheduleExpressionTimezone"] == "UTC" for one in schedules)


@pytest.mark.slow
def test_reports_stay_when_the_stack_goes(prod: Assembly) -> None:
    (bucket,) = of_type(prod.template("reporting"), "AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == "Retain"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
