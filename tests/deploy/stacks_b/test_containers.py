"""What runs in containers: settings that the runtime takes, no right too many, Spot beside on-demand, none where nothing waits."""

import json
import re
from typing import Any

import pytest

from chalicelib.config import load_settings
from deploy.names import front_secret
from deploy.stacks.container_rights import POLICIES
from deploy.stacks.containers import DRAIN_SECONDS, STOP_SECONDS
from deploy.stacks.scanner import IDLE_MINUTES, STEPS
from tests.deploy.assemblies import Assembly, Template, of_type, statements_of
from tests.deploy.packaging.conftest import shared_folder
from tests.deploy.packaging.policy_grants import grants_of
from tests.deploy.stacks_b.conftest import flat
from tests.deploy.stacks_b.container_stories import Used, used_by_containers

pytestmark = pytest.mark.slow
BOTH = ("downloads", "scanner")


def only(template: Template, kind: str) -> Template:
    """The properties of the one resource of a type."""
    (found,) = of_type(template, kind).values()
    properties: Template = found["Properties"]
    return properties


def joined(value: Any) -> str:
    """A text of CloudFormation with ``arn`` wherever it refers to something."""
    if isinstance(value, dict):
        (parts,) = value.values()
        return "".join(joined(part) for part in parts[1])
    return value if isinstance(value, str) else "arn"


def document_of(template: Template) -> str:
    found = of_type(template, "AWS::SSM::Parameter").values()
    (document,) = [one["Properties"] for one in found if "/settings/" in one["Properties"]["Name"]]
    value = document["Value"]
    if isinstance(value, str):
        return value
    parts = value["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "arn:aws:x:y:z" for part in parts)


@pytest.mark.parametrize("lifecycle", BOTH)
def test_the_runtime_takes_the_settings_that_a_container_is_handed(prod: Assembly, lifecycle: str) -> None:
    settings = load_settings(
        {"FUMIBAKO_SETTINGS": document_of(prod.template(lifecycle)), "FUMIBAKO_FRONT_KEYS": "k" * 48}
    )
    assert settings.roles == (("scan",) if lifecycle == "scanner" else ("bytes",))
    assert settings.mode == "production"
    assert settings.sqs_queue_prefix == "fumibako-prod"
    assert settings.drain_seconds == DRAIN_SECONDS < STOP_SECONDS


@pytest.mark.parametrize("lifecycle", BOTH)
def test_a_container_is_closed_and_holds_no_secret_in_its_definition(prod: Assembly, lifecycle: str) -> None:
    task = only(prod.template(lifecycle), "AWS::ECS::TaskDefinition")
    for one in task["ContainerDefinitions"]:
        assert one["ReadonlyRootFilesystem"] is True
        assert one["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert "Environment" not in one
        assert "Privileged" not in one
    assert "resolve:secretsmanager" not in flat(task)


def test_the_downloads_are_handed_the_fronts_key(prod: Assembly) -> None:
    task = only(prod.template("downloads"), "AWS::ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]
    secrets = {one["Name"]: flat(one["ValueFrom"]) for one in container["Secrets"]}
    assert front_secret(prod.stage) in secrets["FUMIBAKO_FRONT_KEYS"]


@pytest.mark.parametrize("lifecycle", BOTH)
def test_the_first_task_is_on_demand_and_the_others_mostly_spot(prod: Assembly, lifecycle: str) -> None:
    service = only(prod.template(lifecycle), "AWS::ECS::Service")
    strategy = {one["CapacityProvider"]: one for one in service["CapacityProviderStrategy"]}
    assert (strategy["FARGATE"]["Base"], strategy["FARGATE"]["Weight"]) == (1, 1)
    assert strategy["FARGATE_SPOT"]["Weight"] > strategy["FARGATE"]["Weight"]
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_scans_come_to_their_end_before_clamd_goes(prod: Assembly) -> None:
    task = only(prod.template("scanner"), "AWS::ECS::TaskDefinition")
    clamd, scan = task["ContainerDefinitions"]
    # Started after it, so ECS stops it before it.
    assert scan["DependsOn"] == [{"Condition": "HEALTHY", "ContainerName": clamd["Name"]}]
    assert scan["StopTimeout"] == clamd["StopTimeout"] == STOP_SECONDS <= 120
    assert "PortMappings" not in clamd


def test_there_is_no_scanner_where_nothing_waits(prod: Assembly) -> None:
    template = prod.template("scanner")
    target = only(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, STEPS[-1][1])
    assert "DesiredCount" not in only(template, "AWS::ECS::Service")
    policies = {
        one["Properties"]["PolicyName"]: one["Properties"]
        for one in of_type(template, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    }
    back = policies["fumibako-prod-scanner-back"]["StepScalingPolicyConfiguration"]
    assert back["AdjustmentType"] == "ExactCapacity"
    assert [one["ScalingAdjustment"] for one in back["StepAdjustments"]] == [0]
    out = policies["fumibako-prod-scanner-out"]["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert [one["ScalingAdjustment"] for one in out] == [containers for _, containers in STEPS]
    # No gap and no overlap: each step begins where the one before ends.
    assert [one.get("MetricIntervalUpperBound") for one in out[:-1]] == [
        one["MetricIntervalLowerBound"] for one in out[1:]
    ]
    idle = next(
        one["Properties"]
        for one in of_type(template, "AWS::CloudWatch::Alarm").values()
        if "idle" in one["Properties"]["AlarmName"]
    )
    assert idle["EvaluationPeriods"] == IDLE_MINUTES
    # What is under way counts too: a container that scans its last file is not idle.
    assert "ApproximateNumberOfMessagesNotVisible" in flat(idle)


def test_nobody_comes_into_the_scanner_and_only_cloudfront_to_the_downloads(prod: Assembly) -> None:
    group = only(prod.template("scanner"), "AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    template = prod.template("downloads")
    ingress = only(template, "AWS::EC2::SecurityGroupIngress")
    assert "SourceSecurityGroupId" in ingress
    outer = next(
        one["Properties"]
        for one in of_type(template, "AWS::EC2::SecurityGroup").values()
        if "SecurityGroupIngress" in one["Properties"]
    )
    (rule,) = outer["SecurityGroupIngress"]
    assert rule["SourcePrefixListId"] == prod.stage.edge_prefix_list
    assert "CidrIp" not in rule


def test_the_balancer_ends_tls_and_writes_no_path_down(prod: Assembly) -> None:
    template = prod.template("downloads")
    balancer = only(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Type"] == "network"  # it sees connections, no requests
    listener = only(template, "AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Protocol"], listener["Port"]) == ("TLS", 443)
    attributes = {one["Key"]: one["Value"] for one in balancer["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.enabled"] == attributes["deletion_protection.enabled"] == "true"


# Statements of containers that name no single thing, and why.
WILDCARDS = {
    "ecr:GetAuthorizationToken": "AWS knows no resource for it",
    "s3:GetObject": "any blob of the bucket of transfers",
    "s3:GetObjectVersion": "as above",
    "secretsmanager:GetSecretValue": "Secrets Manager adds six characters to the name",
    "logs:CreateLogStream": "streams of the one group",
    "logs:PutLogEvents": "streams of the one group",
}


@pytest.mark.parametrize("lifecycle", BOTH)
def test_a_container_may_do_what_its_work_needs_and_no_more(prod: Assembly, lifecycle: str) -> None:
    template = prod.template(lifecycle)
    for policy in of_type(template, "AWS::IAM::RolePolicy").values():
        for one in statements_of(policy["Properties"]["PolicyDocument"]):
            actions = [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
            assert not [action for action in actions if "*" in action]
            if re.search(r"\*|\?", flat(one["Resource"])):
                assert set(actions) <= WILDCARDS.keys(), one
    rights = next(
        one["Properties"]
        for one in of_type(template, "AWS::IAM::RolePolicy").values()
        if one["Properties"]["PolicyName"] == "work"
    )
    text = json.dumps(rights["PolicyDocument"])
    # Neither destroys anything; that is the sweeper's alone.
    assert "s3:DeleteObject" not in text
    assert "s3:PutObject" not in text
    for one in statements_of(rights["PolicyDocument"]):
        if "wrapped-keys" in flat(one["Resource"]):
            assert "dynamodb:DeleteItem" not in one["Action"]


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory) -> Used:
    return used_by_containers(shared_folder(tmp_path_factory) / "container-rights-of-this-run.json")


@pytest.mark.parametrize("name", BOTH)
def test_a_policy_gives_what_its_container_was_seen_to_use(used: Used, name: str) -> None:
    """No more and no less; taking any one action out is noticed, and adding one that the other container has is too."""
    statements = json.loads((POLICIES / f"{name}.json").read_text("utf-8"))["Statement"]
    allowed = grants_of(statements)
    assert (sorted(used[name] - allowed), sorted(allowed - used[name])) == ([], [])
    for one in sorted(allowed):
        assert used[name] - (allowed - {one})
    other = used["scanner" if name == "downloads" else "downloads"] - used[name]
    assert not other & allowed
