"""The services as a stage deploys them: nobody goes around the front, nothing is cached, a bad version goes back by itself."""

import json
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest

from chalicelib.api.chalice_app import SECURITY_HEADERS
from deploy.errors import Refused
from deploy.names import SERVICES
from deploy.packaging.functions import all_functions, functions_of
from deploy.stacks.alarm_table import SERVICE_FAULTS
from deploy.stacks.service import AT_ONCE, CANARY
from deploy.stacks.service_template import BURST, FAILED, REQUESTS_A_SECOND
from deploy.stage import load_stage
from tests.deploy.assemblies import Assembly, Template, of_type, statements_of
from tests.deploy.stacks_b.conftest import flat
from tests.service.support.world import BASE
from tests.unit.runtime.apps import app_over_fakes, event

pytestmark = pytest.mark.slow
Services = Mapping[str, Template]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_new_versions_come_carefully_and_go_back_by_themselves(
    services: Services, prod: Assembly, service: str
) -> None:
    template = services[service]
    groups = of_type(template, "AWS::CodeDeploy::DeploymentGroup")
    alarm = f"fumibako-prod-{SERVICE_FAULTS}-{service}"
    assert [one["Properties"]["AlarmName"] for one in of_type(template, "AWS::CloudWatch::Alarm").values()] == [alarm]
    for function in functions_of(service):
        update = template["Resources"][function.alias_id]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = groups[update["DeploymentGroupName"]["Ref"]]["Properties"]
        schedule = function.kind in ("schedule", "stream")
        assert group["DeploymentConfigName"] == (AT_ONCE if schedule else CANARY)
        assert group["AlarmConfiguration"] == {"Alarms": [{"Name": alarm}], "Enabled": True}
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_api_is_throttled_and_its_logs_hold_no_body_query_or_path(services: Services, service: str) -> None:
    template = services[service]
    stage = template["Resources"]["RestAPIStage"]["Properties"]
    (setting,) = stage["MethodSettings"]
    assert (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) == (REQUESTS_A_SECOND, BURST)
    assert setting["DataTraceEnabled"] is False
    assert stage["TracingEnabled"] is True
    told = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
    forbidden = ("path", "query", "sourceIp", "userAgent", "header", "body", "authorizer", "domainName")
    assert not [
        one for one in told for word in forbidden if word.lower() in one.lower() and one != "$context.resourcePath"
    ]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_nobody_goes_around_the_front(services: Services, prod: Assembly, service: str) -> None:
    resources = services[service]["Resources"]
    assert resources["RestAPI"]["Properties"]["DisableExecuteApiEndpoint"] is True
    (guard,) = of_type(services[service], "AWS::WAFv2::WebACLAssociation").values()
    assert "RestAPIStage" in flat(guard["Properties"]["ResourceArn"])
    for function in functions_of(service):
        variables = resources[function.logical_id]["Properties"]["Environment"]["Variables"]
        assert variables["FUMIBAKO_FRONT_KEYS"] == {"Ref": "FrontKeys"}
    (acl,) = of_type(prod.template("services"), "AWS::WAFv2::WebACL").values()
    assert acl["Properties"]["DefaultAction"] == {"Block": {}}
    assert acl["Properties"]["VisibilityConfig"]["SampledRequestsEnabled"] is False
    *others, rule = sorted(acl["Properties"]["Rules"], key=lambda one: one["Priority"])
    assert not any("Allow" in one.get("Action", {}) for one in others)
    assert rule["Action"] == {"Allow": {}}
    assert rule["Statement"]["ByteMatchStatement"]["PositionalConstraint"] == "EXACTLY"


def test_each_function_gets_the_settings_of_its_stage(prod: Assembly) -> None:
    stacks = of_type(prod.template("services"), "AWS::CloudFormation::Stack")
    for one in stacks.values():
        told = one["Properties"]["Parameters"]
        assert (told["Stage"], told["PublicUrl"], told["Fetch"]) == ("prod", "https://files.example.jp", "front")
        assert told["Scanner"] == "clamd"
    transfers = next(one for name, one in stacks.items() if name.startswith("Transfers"))["Properties"]["Parameters"]
    assert transfers["APIHandlerConcurrency"] == "250"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_a_function_gave_up_is_kept_and_settings_are_sealed(services: Services, service: str) -> None:
    resources = services[service]["Resources"]
    for function in functions_of(service):
        properties = resources[function.logical_id]["Properties"]
        assert properties["DeadLetterConfig"] == {"TargetArn": {"Fn::GetAtt": [FAILED, "Arn"]}}
        assert "SettingsKeyArn" in flat(properties["KmsKeyArn"])
        policy = resources[f"{function.role_id}Policy"]["Properties"]["PolicyDocument"]
        sids = [one.get("Sid") for one in statements_of(policy)]
        assert len(set(sids) - {None}) == len([one for one in sids if one])
        assert {"KeepsFailedRuns", "SealsFailedRuns"} <= set(sids)
        runs = resources.get(f"{function.logical_id}Runs", {"Properties": {}})
        assert "DestinationConfig" not in runs["Properties"]


# What each wildcard of our policies is for; cdk-nag does not look into AWS::IAM::RolePolicy, so these are counted here.
WILDCARDS = {
    "xray": "X-Ray knows no resource",
    "ec2": "an interface has no name before it is there",
    "dynamodb:ListStreams": "DynamoDB knows no resource for it",
    "s3": "keys of the bucket of transfers",
    "ses": "identities of the account: the tenant's sender is chosen at run time",
    "logs": "streams below a group",
}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_wildcard_of_a_policy_has_its_reason(services: Services, service: str) -> None:
    for policy in of_type(services[service], "AWS::IAM::RolePolicy").values():
        for statement in statements_of(policy["Properties"]["PolicyDocument"]):
            branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
            (one,) = [branch for branch in branches if "Action" in branch]
            actions = [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
            assert not [action for action in actions if "*" in action]
            if "*" in flat(one["Resource"]):
                for action in actions:
                    assert action in WILDCARDS or action.partition(":")[0] in WILDCARDS, (service, one)


def test_a_service_judges_requests_itself() -> None:
    """API Gateway validates nothing, so the app must: a body that is none, a field that is unknown, a path that is not there."""
    app = app_over_fakes()

    @app.route("/v1/things", methods=["POST"], content_types=["application/json"])
    def things() -> dict[str, str]:
        return {}

    asked = event("/v1/things", "POST", body="{}", headers={"content-type": "text/xml", "host": BASE})
    assert app(asked, None)["statusCode"] == 415
    assert app(event("/v1/absent"), None)["statusCode"] == 404


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_answer_is_cached(services: Services, service: str) -> None:
    stage = services[service]["Resources"]["RestAPIStage"]["Properties"]
    assert not stage.get("CacheClusterEnabled")
    assert not any(one.get("CachingEnabled") for one in stage["MethodSettings"])
    assert SECURITY_HEADERS["Cache-Control"] == "no-store"


def test_services_hold_nothing_that_can_not_be_made_again(services: Services, prod: Assembly) -> None:
    from deploy.templates import KEEPERS

    for template in (prod.template("services"), *services.values()):
        assert not [one for one in template["Resources"].values() if one["Type"] in KEEPERS]


def test_a_package_that_is_not_there_is_said(tmp_path: Path) -> None:
    from deploy.app import build

    with (
        mock.patch("deploy.stacks.services.PACKAGES", tmp_path),
        pytest.raises(Refused, match="packages_absent") as refused,
    ):
        build(load_stage("dev"), tmp_path / "out", lifecycles=["services"])
    assert "python -m deploy package" in refused.value.hint


def test_nothing_is_left_out(services: Services) -> None:
    for function in all_functions():
        assert function.logical_id in services[function.service]["Resources"]
