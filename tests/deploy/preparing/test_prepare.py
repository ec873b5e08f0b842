"""An account is prepared piece by piece, each looked for first; what holds deployments is decided by the model of IAM."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest

from deploy.__main__ import main
from deploy.account import Clients, regions_of
from deploy.before import PREPARED
from deploy.preparing.pieces import FOLDER, POLICIES, Piece, Preparation, Sender, pieces, policy_arn
from deploy.stage import Stage, load_stage
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from tests.contract.aws_world import aws_world
from tests.deploy.stacks_b.conftest import prod

__all__ = ["prod"]
STAGE = replace(load_stage("prod"), account="123456789012")  # moto's own
# Of each part of CloudFormation's types that our stacks have, the service that its role calls.
SERVICES = {
    "ApiGateway": "apigateway",
    "ApplicationAutoScaling": "application-autoscaling",
    "Backup": "backup",
    "CertificateManager": "acm",
    "CloudFormation": "cloudformation",
    "CloudFront": "cloudfront",
    "CloudWatch": "cloudwatch",
    "CodeDeploy": "codedeploy",
    "Cognito": "cognito-idp",
    "DynamoDB": "dynamodb",
    "EC2": "ec2",
    "ECS": "ecs",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "Events": "events",
    "IAM": "iam",
    "KMS": "kms",
    "Lambda": "lambda",
    "Logs": "logs",
    "Route53": "route53",
    "S3": "s3",
    "SNS": "sns",
    "SQS": "sqs",
    "SSM": "ssm",
    "Scheduler": "scheduler",
    "SecretsManager": "secretsmanager",
    "StepFunctions": "states",
    "WAFv2": "wafv2",
}
# Beside those of the types: the vault's storage, images of functions and containers.
BESIDE = {"backup-storage", "ecr"}


class Bootstrapped:
    """What `cdk bootstrap` leaves behind, and how it was asked."""

    def __init__(self, clients: Clients, code: int = 0) -> None:
        self._clients = clients
        self._code = code
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def __call__(self, region: str, trust: Sequence[str]) -> int:
        self.asked.append((region, tuple(trust)))
        if self._code == 0:
            self._clients("ssm", region_name=region).put_parameter(
                Name=PREPARED, Value="30", Type="String", Overwrite=True
            )
            self._trusting(f"cdk-hnb659fds-deploy-role-{STAGE.account}-{region}", [STAGE.account, *trust])
        return self._code

    def _trusting(self, role: str, accounts: Sequence[str]) -> None:
        iam = self._clients("iam")
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{one}:root"}, "Action": "sts:AssumeRole"}
            for one in accounts
        ]
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        try:
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=text)
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=role, PolicyDocument=text)


@pytest.fixture
def clients() -> Iterator[Clients]:
    with aws_world():
        yield boto3.Session(region_name=STAGE.region).client


@pytest.fixture
def verb(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Bootstrapped:
    """The verb with a bootstrap of ours; tests/deploy/running has the CDK command's."""
    made = Bootstrapped(clients)
    # moto does not know these two questions.
    monkeypatch.setattr("deploy.preparing.asked.in_sandbox", lambda _: True)
    monkeypatch.setattr("deploy.preparing.asked.concurrency_quota", lambda _: 10)
    monkeypatch.setattr("deploy.verbs.prepare.load_stage", lambda _: STAGE)
    monkeypatch.setattr("deploy.verbs.prepare._bootstrap", lambda _stage, region, trust, _profile: made(region, trust))
    return made


def made_of(clients: Clients) -> list[Piece]:
    return pieces(Preparation(clients, STAGE, Bootstrapped(clients)))


def signs(text: str) -> list[str]:
    return [line[0] for line in text.splitlines()]


def test_looking_makes_nothing(verb: Bootstrapped, clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", "--stage", "prod", "--look"]) == 1
    assert signs(capsys.readouterr().out).count("+") == len(made_of(clients))
    assert verb.asked == []
    assert all(piece.lacking() for piece in made_of(clients))


def test_everything_is_made_once(verb: Bootstrapped, clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    for expected in ("+", "="):
        main(["prepare", "--stage", "prod", "--trust", "444455556666"])
        told = signs(capsys.readouterr().out)
        assert {sign for sign in told if sign != "?"} == {expected}
    assert verb.asked == [(region, ("444455556666",)) for region in regions_of(STAGE)]
    assert regions_of(STAGE) == ["ap-northeast-1", "us-east-1"]


def test_who_is_trusted_later_is_added_to_those_before(verb: Bootstrapped, clients: Clients) -> None:
    """What is there already was not asked about trust."""
    for trusted in ([], ["444455556666"], ["777788889999"]):
        main(["prepare", "--stage", "prod", *(["--trust", *trusted] if trusted else [])])
    assert [trust for region, trust in verb.asked if region == "us-east-1"] == [
        (),
        ("444455556666",),
        ("444455556666", "777788889999"),
    ]
    asked = len(verb.asked)
    main(["prepare", "--stage", "prod", "--trust", "444455556666"])
    main(["prepare", "--stage", "prod"])
    assert len(verb.asked) == asked


@pytest.mark.parametrize("number", range(7))
def test_one_that_was_killed_is_taken_up(clients: Clients, number: int) -> None:
    found = made_of(clients)
    for piece in found[: number + 1]:
        piece.make()
    assert [bool(piece.lacking()) for piece in made_of(clients)] == [index > number for index in range(len(found))]


def test_a_policy_that_is_not_its_file_is_written_anew_however_often(clients: Clients) -> None:
    iam, piece = clients("iam"), made_of(clients)[1]
    piece.make()
    arn = policy_arn(STAGE, POLICIES[0])
    for number in range(7):
        text = json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": f"s3:{number}", "Resource": "*"}]}
        )
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        for one in versions[1:]:
            if not one["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=one["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        assert "is not what its file says" in piece.lacking()
        piece.make()
        assert piece.lacking() == ""


def test_a_bootstrap_that_fails_ends_it(
    clients: Clients, verb: Bootstrapped, capsys: pytest.CaptureFixture[str]
) -> None:
    verb._code = 1
    assert main(["prepare", "--stage", "prod"]) == 2
    assert "[bootstrap_failed]" in capsys.readouterr().err
    assert clients("sesv2").list_email_identities()["EmailIdentities"] == []


def test_what_a_person_has_to_ask_for_is_told(
    verb: Bootstrapped, clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", "--stage", "prod"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("?")]
    assert any("sandbox" in line for line in told)
    assert any("10 executions" in line and "L-B99A9384" in line for line in told)
    assert Sender(Preparation(clients, STAGE, verb)).domain == STAGE.mail_sender.partition("@")[2]


def document(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


@pytest.mark.slow
def test_the_execution_policy_has_the_services_of_the_stacks_and_no_other(prod: Any) -> None:
    kinds = {
        one["Type"].split("::")[1] for template in prod.templates().values() for one in template["Resources"].values()
    }
    assert kinds <= set(SERVICES)
    allowed = {
        action.partition(":")[0] for one in document("execution")["Statement"] for action in _words(one["Action"])
    }
    assert allowed - BESIDE == {SERVICES[kind] for kind in kinds} | {"route53"}


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


CDK = "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-ap-northeast-1"
ROLES = "arn:aws:iam::123456789012:role"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("iam:CreateRole", f"{ROLES}/fumibako-prod-data-Role", True),
        ("iam:CreateRole", f"{ROLES}/somebody", False),
        ("iam:CreateUser", "arn:aws:iam::123456789012:user/fumibako-x", False),
        ("iam:PutRolePolicy", f"{ROLES}/fumibako-prod-data-Role", True),
        ("iam:PutRolePolicy", f"{ROLES}/fumibako-operator", False),
        ("iam:PutRolePolicy", CDK, False),
        ("iam:UpdateAssumeRolePolicy", f"{ROLES}/fumibako-key-keeper", False),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/fumibako-boundary", False),
        ("iam:SetDefaultPolicyVersion", "arn:aws:iam::123456789012:policy/fumibako-execution", False),
        ("organizations:LeaveOrganization", "*", False),
        ("s3:CreateBucket", "arn:aws:s3:::fumibako-prod-blobs", True),
        ("s3:GetObject", "arn:aws:s3:::somebody-elses/file", False),
        ("ssm:PutParameter", "arn:aws:ssm:ap-northeast-1:123456789012:parameter/fumibako/prod/vpc-id", True),
        ("ssm:GetParameter", "arn:aws:ssm:ap-northeast-1:123456789012:parameter/other", False),
        ("dynamodb:CreateTable", "arn:aws:dynamodb:ap-northeast-1:123456789012:table/fumibako-prod-records", True),
        ("sts:AssumeRole", f"{ROLES}/fumibako-operator", False),
    ],
)
def test_what_a_deployment_may(action: str, resource: str, *, allowed: bool) -> None:
    """As IAM decides: its policy must allow it, and its boundary too."""
    request = Request(Caller(CDK), action, resource, {})
    decisions = [decide(request, Policies((document(name),))) for name in POLICIES]
    assert all(one.allowed for one in decisions) is allowed


def test_stages_without_containers_need_no_role_of_ecs(clients: Clients) -> None:
    bare: Stage = replace(STAGE, scanner=False, compatible_downloads=False)
    kinds = [type(one).__name__ for one in pieces(Preparation(clients, bare, Bootstrapped(clients)))]
    assert "LinkedRole" not in kinds
    assert "LinkedRole" in [type(one).__name__ for one in made_of(clients)]
