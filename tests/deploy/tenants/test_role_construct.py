"""The role as it is deployed says what its files say, and the checkers have nothing against it."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from deploy.stage import load_stage
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.role import tenant_role_arn
from deploy.tenants.role_construct import TenantRole

STAGE = load_stage("prod")
KEYS = {
    use: f"arn:aws:kms:{STAGE.region}:{STAGE.account}:key/{use}" for use in ("seal", "records", "wrapped-keys", "blobs")
}


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("role")
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Role", env=cdk.Environment(account=STAGE.account, region=STAGE.region))
    TenantRole(stack, "TenantRole", stage=STAGE, keys=KEYS)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    return folder


@pytest.fixture(scope="module")
def role(synthesized: Path) -> dict[str, Any]:
    template = json.loads((synthesized / "Role.template.json").read_text("utf-8"))
    (found,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    return dict(found["Properties"])


def test_its_name_is_what_the_functions_are_told(role: dict[str, Any]) -> None:
    assert tenant_role_arn(STAGE).endswith(f":role/{role['RoleName']}")
    assert role["MaxSessionDuration"] == 3_600


def test_what_is_deployed_decides_as_the_files_do(role: dict[str, Any]) -> None:
    (inline,) = role["Policies"]
    caller = Caller(tenant_role_arn(STAGE))
    table = f"arn:aws:dynamodb:{STAGE.region}:{STAGE.account}:table/fumibako-prod-records"

    def may(pk: str) -> bool:
        context: dict[str, Value] = {"dynamodb:LeadingKeys": (pk,), "aws:PrincipalTag/TenantId": "acme"}
        return decide(
            Request(caller, "dynamodb:GetItem", table, context), Policies((inline["PolicyDocument"],))
        ).allowed

    assert may("acme#tr#1")
    assert not may("rival#tr#1")


def test_the_checkers_have_nothing_against_it(synthesized: Path) -> None:
    report = json.loads((synthesized / "validation-report.json").read_text("utf-8"))
    found = [one["ruleName"] for plugin in report["pluginReports"] for one in plugin.get("violations", ())]
    assert found == []
