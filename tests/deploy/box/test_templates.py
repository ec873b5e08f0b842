"""Templates for the emulator: what it refuses is left out with what stands on it, and every other stack of a stage goes in."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy import names
from deploy.box import cloudformation
from deploy.box.emulator import Emulator
from deploy.box.infrastructure import CODE_BUCKET, LIFECYCLES
from deploy.box.templates import UNKNOWN, divided
from tests.deploy.assemblies import assembly_of

# The box itself deploys LIFECYCLES and the services' packages; containers and the nested stack of the services are asserted on as templates.
OTHERS = ("network", "identity", "front", "web", "reporting", "observability")
# Types of which some are left out: alarms by a formula, and the parameter that tells a pool's issuer.
SOME = ("AWS::CloudWatch::Alarm", "AWS::SSM::Parameter")


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


@pytest.mark.parametrize("kind", sorted(UNKNOWN))
def test_what_the_emulator_refuses_is_left_out(kind: str) -> None:
    template = {"Resources": {"A": resource(kind), "B": resource("AWS::DynamoDB::Table")}}
    kept, left_out = divided(template)
    assert (list(kept["Resources"]), list(left_out)) == (["B"], ["A"])


@pytest.mark.parametrize(
    "reference",
    [{"Ref": "A"}, {"Fn::GetAtt": ["A", "Arn"]}, {"Fn::Sub": "${A.Arn}/*"}, {"Fn::Join": ["", [{"Ref": "A"}]]}],
)
def test_what_stands_on_it_goes_too_and_what_stands_on_that(reference: dict[str, Any]) -> None:
    template = {
        "Resources": {
            "A": resource("AWS::EC2::FlowLog"),
            "B": resource("AWS::SSM::Parameter", Value=reference),
            "C": resource("AWS::SSM::Parameter", Value={"Ref": "B"}),
            "D": resource("AWS::SSM::Parameter", Value="alone"),
        },
        "Outputs": {"O": {"Value": {"Ref": "B"}}},
    }
    kept, left_out = divided(template)
    assert (list(kept["Resources"]), sorted(left_out)) == (["D"], ["A", "B", "C"])
    assert "Outputs" not in kept


def test_what_only_waits_for_it_waits_no_longer() -> None:
    waiting = {**resource("AWS::S3::Bucket"), "DependsOn": ["A", "C"]}
    template = {"Resources": {"A": resource("AWS::IAM::RolePolicy"), "B": waiting, "C": resource("AWS::S3::Bucket")}}
    assert divided(template)[0]["Resources"]["B"]["DependsOn"] == ["C"]


def test_alarms_by_a_formula_are_left_out_and_others_are_not() -> None:
    alarm = "AWS::CloudWatch::Alarm"
    template = {"Resources": {"A": resource(alarm, Metrics=[]), "B": resource(alarm, MetricName="Errors")}}
    assert list(divided(template)[0]["Resources"]) == ["B"]


@pytest.mark.slow
@pytest.mark.root
def test_every_other_stack_of_a_stage_goes_in(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = assembly_of("dev", tmp_path_factory)
    stage, assembly = made.stage, made.folder
    with Emulator(tmp_path, region=stage.region, account=stage.account) as emulator:
        client, store, logs = (emulator.client(one) for one in ("cloudformation", "s3", "logs"))
        store.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": stage.region})
        # Metric filters stand on the logs of functions, which the services' stack makes.
        for service, functions in names.FUNCTIONS.items():
            for one in functions:
                logs.create_log_group(logGroupName=names.log_group(stage, service, one))
        for name, template in _in_order(assembly, stage):
            _let_parameters_be(emulator.client("ssm"), template)
            kept, left_out = divided(template)
            made = cloudformation.deploy(client, name, json.dumps(kept), {}, store=store, bucket=CODE_BUCKET)
            assert made.keys() >= kept["Resources"].keys()
            assert {one["Type"] for one in left_out.values()} <= {*UNKNOWN, *SOME}


def _in_order(assembly: Path, stage: names.Named) -> list[tuple[str, dict[str, Any]]]:
    found = [names.stack(stage, one) for one in names.LIFECYCLES if one in (*LIFECYCLES, *OTHERS)]
    paths = [(name, assembly / f"{name}.template.json") for name in found]
    return [(name, json.loads(path.read_text("utf-8"))) for name, path in paths]


def _let_parameters_be(ssm: Any, template: dict[str, Any]) -> None:
    """What stacks that are not here would have told."""
    for one in template.get("Parameters", {}).values():
        if str(one["Type"]).startswith("AWS::SSM::Parameter::Value"):
            try:
                ssm.get_parameter(Name=one["Default"])
            except ssm.exceptions.ParameterNotFound:
                ssm.put_parameter(Name=one["Default"], Value="told", Type="String")
