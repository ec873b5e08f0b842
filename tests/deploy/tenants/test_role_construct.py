"""The roles as they are deployed say what their files say, and the checkers have nothing against them."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from deploy.names import SERVICES
from deploy.stage import load_stage
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.role import tenant_role_arn, tenant_role_name
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
    for service in SERVICES:
        TenantRole(stack, service.capitalize(), stage=STAGE, service=service, keys=KEYS)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    return folder


@pytest.fixture(scope="module")
def roles(synthesized: Path) -> dict[str, dict[str, Any]]:
    """Properties by name."""
    template = json.loads((synthesized / "Role.template.json").read_text("utf-8"))
    found = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    return {one["RoleName"]: one for one in found}


def test_their_names_are_what_the_functions_are_told(roles: dict[str, dict[str, Any]]) -> None:
    assert sorted(tenant_role_arn(STAGE, service).rpartition("/")[2] for service in SERVICES) == sorted(roles)
    assert {one["MaxSessionDuration"] for one in roles.values()} == {3_600}
    assert len({json.dumps(one["AssumeRolePolicyDocument"]) for one in roles.values()}) == len(SERVICES)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_is_deployed_decides_as_the_files_do(roles: dict[str, dict[str, Any]], service: str) -> None:
    (inline,) = roles[tenant_role_name(STAGE, service)]["Policies"]
    caller = Caller(tenant_role_arn(STAGE, service))
    table = f"arn:aws:dynamodb:{STAGE.region}:{STAGE.account}:table/fumibako-prod-records"

    def may(pk: str) -> bool:
        context: dict[str, Value] = {"dynamodb:LeadingKeys": (pk,), "aws:PrincipalTag/TenantId": "acme"}
        return decide(
            Request(caller, "dynamodb:GetItem", table, context), Policies((inline["PolicyDocument"],))
        ).allowed

    assert may("acme#tenant")
    assert not may("rival#tenant")
    assert may("acme#tr#1") == (service in ("auth", "transfers"))


def test_the_checkers_have_nothing_against_them(synthesized: Path) -> None:
    report = json.loads((synthesized / "validation-report.json").read_text("utf-8"))
    found = [one["ruleName"] for plugin in report["pluginReports"] for one in plugin.get("violations", ())]
    assert found == []
