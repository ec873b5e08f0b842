"""Who may take the pipeline's roles and what they reach, decided by the model of IAM (deploy/tenants/policy)."""

from typing import Any

import pytest

from deploy.pipeline.roles import RELEASE_ROLE, cdk_role_arns, environment_subjects, filled
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller

ACCOUNT = "444455556666"
PIPELINE = "777788889999"
REGION = "ap-northeast-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{RELEASE_ROLE}"
ISSUER = "token.actions.githubusercontent.com"
TRUST = filled("trust_github", {"Account": ACCOUNT, "Subjects": environment_subjects("example/fumibako", ["prod"])})
PLACES = {
    "ParameterArns": [f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/fumibako/prod/image"],
    "TurnArns": [f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/fumibako/prod/turn"],
    "PageBucketArns": [f"arn:aws:s3:::fumibako-prod-page-{ACCOUNT}-{REGION}"],
    "PageObjectArns": [f"arn:aws:s3:::fumibako-prod-page-{ACCOUNT}-{REGION}/*"],
    "RepositoryArns": [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/fumibako"],
    "CdkRoleArns": cdk_role_arns(ACCOUNT, [REGION, "us-east-1"]),
}


def trusted(subject: str, *, audience: str = "sts.amazonaws.com", issuer: str = ISSUER) -> bool:
    """Whether GitHub's word for a job takes the role: the provider's principal stands in a trust policy alone."""
    (statement,) = TRUST["Statement"]
    wanted = statement["Condition"]["StringEquals"]
    provider = statement["Principal"]["Federated"].partition("oidc-provider/")[2]
    # The federated principal by name, the conditions by the model.
    by_name = {**statement, "Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/web/identity"}}
    caller = Caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/web/identity")
    context = {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": audience}
    assert set(wanted) == {f"{ISSUER}:sub", f"{ISSUER}:aud"}
    request = Request(caller, "sts:AssumeRoleWithWebIdentity", ROLE, context)
    document = {"Version": "2012-10-17", "Statement": [by_name]}
    return issuer == provider and decide(request, Policies(resource=(document,), resource_decides=True)).allowed


def test_a_job_of_the_environment_may_bring_releases() -> None:
    assert trusted("repo:example/fumibako:environment:prod")


STRANGERS = {
    "another environment": "repo:example/fumibako:environment:dev",
    "an environment that begins alike": "repo:example/fumibako:environment:prod2",
    "a branch without an environment": "repo:example/fumibako:ref:refs/heads/main",
    "a branch that is called as if": "repo:example/fumibako:ref:refs/heads/environment:prod",
    "a pull request": "repo:example/fumibako:pull_request",
    "a fork": "repo:somebody/fumibako:environment:prod",
    "a repository that begins alike": "repo:example/fumibako-x:environment:prod",
    "another owner that ends alike": "repo:anexample/fumibako:environment:prod",
    "a star": "repo:*:environment:prod",
    "other letters": "repo:Example/fumibako:environment:prod",
    "nothing": "",
}


@pytest.mark.parametrize("name", sorted(STRANGERS))
def test_nobody_else_may(name: str) -> None:
    assert not trusted(STRANGERS[name])


def test_a_token_for_somebody_else_or_of_somebody_else_is_no_use() -> None:
    subject = "repo:example/fumibako:environment:prod"
    assert not trusted(subject, audience="https://github.com/example")
    assert not trusted(subject, issuer="token.example.com")


def test_the_step_that_brings_is_the_only_one_of_the_pipeline() -> None:
    trust = filled("trust_codepipeline", {"PipelineAccount": PIPELINE})

    def allowed(account: str, role: str) -> bool:
        arn = f"arn:aws:iam::{account}:role/{role}"
        caller = Caller(f"arn:aws:sts::{account}:assumed-role/{role}/step")
        rights = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}],
        }
        request = Request(caller, "sts:AssumeRole", ROLE, {"aws:PrincipalArn": arn}, owner=ACCOUNT)
        return decide(request, Policies(identity=(rights,), resource=(trust,), resource_decides=True)).allowed

    assert allowed(PIPELINE, "fumibako-pipeline-bring")
    for role in (
        "fumibako-pipeline-build",
        "fumibako-pipeline-sign",
        "fumibako-pipeline-conveyor",
        "Admin",
        "x-fumibako-pipeline-bring",
    ):
        assert not allowed(PIPELINE, role), role
    assert not allowed("111122223333", "fumibako-pipeline-bring")


def may(document: dict[str, Any], action: str, resource: str, **context: str) -> bool:
    caller = Caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/{RELEASE_ROLE}/step")
    told = {key.replace("__", ":").replace("_", "/"): value for key, value in context.items()}
    return decide(Request(caller, action, resource, told), Policies(identity=(document,))).allowed


def test_the_release_role_reaches_its_own_stages_alone() -> None:
    rights = filled("release", PLACES)
    page = PLACES["PageBucketArns"][0]
    assert may(rights, "s3:PutObject", f"{page}/index.html")
    assert may(rights, "ssm:PutParameter", PLACES["ParameterArns"][0])
    for kind in ("deploy", "file-publishing", "lookup"):
        assert may(
            rights, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-{kind}-role-{ACCOUNT}-{REGION}"
        )
    never = [
        ("s3:PutObject", f"arn:aws:s3:::fumibako-prod-blobs-{ACCOUNT}-{REGION}/x"),
        ("s3:GetObject", f"arn:aws:s3:::fumibako-prod-blobs-{ACCOUNT}-{REGION}/x"),
        ("s3:DeleteObject", f"{page}/index.html"),
        ("s3:PutObject", f"arn:aws:s3:::fumibako-dev-page-{ACCOUNT}-{REGION}/x"),
        ("ssm:PutParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/fumibako/dev/image"),
        ("ssm:DeleteParameter", PLACES["ParameterArns"][0]),
        ("ecr:BatchDeleteImage", PLACES["RepositoryArns"][0]),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/fumibako-prod-records"),
        ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"),
        ("cloudformation:DeleteStack", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/fumibako-prod-data/1"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"),
        ("sts:AssumeRole", f"arn:aws:iam::111122223333:role/cdk-hnb659fds-deploy-role-111122223333-{REGION}"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"),
    ]
    assert [one for one in never if may(rights, *one)] == []


def test_previews_reach_nobody_s_stage() -> None:
    rights = filled("preview", {"Account": ACCOUNT, "Region": REGION, "CdkRoleArns": cdk_role_arns(ACCOUNT, [REGION])})
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"
    ends = {"aws__ResourceTag_fumibako:ends": "2026-01-01"}
    assert may(rights, "cloudformation:DeleteStack", f"{stack}/fumibako-xfix1234567-web/1", **ends)
    assert not may(rights, "cloudformation:DeleteStack", f"{stack}/fumibako-xfix1234567-web/1")
    assert not may(rights, "cloudformation:DeleteStack", f"{stack}/fumibako-dev-data/1", **ends)
    for name in ("dev", "prod"):
        assert not may(rights, "s3:DeleteObjectVersion", f"arn:aws:s3:::fumibako-{name}-blobs-{ACCOUNT}-{REGION}/x")
        assert not may(rights, "ssm:PutParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/fumibako/{name}/image")


def test_the_night_reaches_one_stage() -> None:
    rights = filled("nights", {"Account": ACCOUNT, "Region": REGION, "Stage": "dev"})
    place = f"{REGION}:{ACCOUNT}"
    assert may(rights, "ecs:UpdateService", f"arn:aws:ecs:{place}:service/fumibako-dev-scanner/fumibako-dev-scanner")
    assert may(rights, "events:DisableRule", f"arn:aws:events:{place}:rule/fumibako-transfers-dev-sweep_due")
    for other in ("prod", "dev2"):
        assert not may(
            rights,
            "ecs:UpdateService",
            f"arn:aws:ecs:{place}:service/fumibako-{other}-scanner/fumibako-{other}-scanner",
        )
        assert not may(
            rights, "events:DisableRule", f"arn:aws:events:{place}:rule/fumibako-transfers-{other}-sweep_due"
        )
        assert not may(rights, "ssm:PutParameter", f"arn:aws:ssm:{place}:parameter/fumibako/{other}/asleep")


def test_the_night_may_do_all_that_a_night_does() -> None:
    """What deploy/stilling/switches.py asks AWS, which needs a service's role again with each change of a schedule."""
    rights = filled("nights", {"Account": ACCOUNT, "Region": REGION, "Stage": "dev"})
    place = f"{REGION}:{ACCOUNT}"
    own = "fumibako-dev-scanner"
    asked = [
        ("ecs:DescribeServices", f"arn:aws:ecs:{place}:service/{own}/{own}"),
        ("scheduler:ListSchedules", "*"),
        ("scheduler:GetSchedule", f"arn:aws:scheduler:{place}:schedule/default/fumibako-dev-usage-back-1"),
        ("scheduler:UpdateSchedule", f"arn:aws:scheduler:{place}:schedule/default/fumibako-dev-usage-back-1"),
        ("ssm:GetParameter", f"arn:aws:ssm:{place}:parameter/fumibako/dev/hold"),
    ]
    assert [one for one in asked if not may(rights, *one)] == []
    role = f"arn:aws:iam::{ACCOUNT}:role/fumibako-dev-reporting-ScheduleRole1-x"
    assert may(rights, "iam:PassRole", role, iam__PassedToService="scheduler.amazonaws.com")
    assert not may(rights, "iam:PassRole", role, iam__PassedToService="lambda.amazonaws.com")
    for other in ("prod", "dev2"):
        assert not may(
            rights, "scheduler:UpdateSchedule", f"arn:aws:scheduler:{place}:schedule/default/fumibako-{other}-usage"
        )
    assert not may(rights, "ssm:PutParameter", f"arn:aws:ssm:{place}:parameter/fumibako/dev/hold")
