"""The user pool: kept, without passwords, one company's sign-in for one company; and its export, run for real."""

import json
import runpy
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.domain.principal import ROLES
from deploy.stacks.identity import GROUPS
from deploy.stacks.identity_export import CHANGES, EXPORT_KEY
from tests.deploy.assemblies import Assembly, of_type, statements_of, words

CODE = Path(__file__).resolve().parents[3] / "deploy" / "functions" / "export_identities.py"


def properties(prod: Assembly, kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in of_type(prod.template("identity"), kind).values()]


def test_the_pool_stays_when_its_stack_goes(prod: Assembly) -> None:
    (pool,) = of_type(prod.template("identity"), "AWS::Cognito::UserPool").values()
    assert pool["DeletionPolicy"] == pool["UpdateReplacePolicy"] == "Retain"
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Properties"]["MfaConfiguration"] == "ON"


def test_no_client_takes_a_password(prod: Assembly) -> None:
    clients = properties(prod, "AWS::Cognito::UserPoolClient")
    assert len(clients) == 2
    for client in clients:
        assert client.get("ExplicitAuthFlows", ["ALLOW_REFRESH_TOKEN_AUTH"]) == ["ALLOW_REFRESH_TOKEN_AUTH"]
        assert client["AllowedOAuthFlows"] == ["code"]
        assert "COGNITO" not in client["SupportedIdentityProviders"]
        assert len(client["SupportedIdentityProviders"]) == 1


def test_each_provider_has_a_client_of_its_own_that_answers_to_the_page_alone(prod: Assembly) -> None:
    clients = properties(prod, "AWS::Cognito::UserPoolClient")
    assert sorted(each["SupportedIdentityProviders"][0] for each in clients) == ["Example-OIDC", "Example-SAML"]
    for client in clients:
        assert client["GenerateSecret"] is True
        assert client["CallbackURLs"] == [
            "https://files.example.jp/auth/v1/links/sso/callback",
            "https://files.tenant.example/auth/v1/links/sso/callback",
        ]


def test_the_callback_is_a_route_of_the_auth_service() -> None:
    routes = (Path(__file__).resolve().parents[3] / "spec" / "api.md").read_text("utf-8")
    assert "GET /auth/v1/links/sso/callback" in routes


def test_providers_come_from_the_stage_and_secrets_from_their_store(prod: Assembly) -> None:
    found = {each["ProviderName"]: each for each in properties(prod, "AWS::Cognito::UserPoolIdentityProvider")}
    assert set(found) == {"Example-SAML", "Example-OIDC"}
    assert found["Example-SAML"]["ProviderDetails"]["MetadataURL"] == "https://login.example.co.jp/metadata.xml"
    assert found["Example-OIDC"]["ProviderDetails"]["client_secret"] == (
        "{{resolve:secretsmanager:fumibako/prod/identity/Example-OIDC:SecretString:::}}"
    )


def test_groups_are_the_roles(prod: Assembly) -> None:
    assert GROUPS == ROLES
    assert {each["GroupName"] for each in properties(prod, "AWS::Cognito::UserPoolGroup")} == set(ROLES)


def test_a_stage_without_providers_has_a_pool_all_the_same(box: Assembly) -> None:
    assert of_type(box.template("identity"), "AWS::Cognito::UserPool")
    assert not of_type(box.template("identity"), "AWS::Cognito::UserPoolClient")


def test_the_export_reaches_one_pool_and_one_bucket(prod: Assembly) -> None:
    (role,) = properties(prod, "AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    statements = statements_of(role["Policies"][0]["PolicyDocument"])
    actions = {action for one in statements for action in words(one["Action"])}
    assert actions == {
        "cognito-idp:ListGroups",
        "cognito-idp:ListUsers",
        "cognito-idp:ListUsersInGroup",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:PutObject",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    }
    for one in statements:
        assert "*" not in json.dumps(one["Resource"])


def test_changes_and_a_clock_ask_for_exports_which_are_gathered(prod: Assembly) -> None:
    rules = properties(prod, "AWS::Events::Rule")
    assert sorted("ScheduleExpression" in rule for rule in rules) == [False, True]
    (pattern,) = [rule["EventPattern"] for rule in rules if "EventPattern" in rule]
    assert pattern["detail"]["eventName"] == list(CHANGES)
    (source,) = properties(prod, "AWS::Lambda::EventSourceMapping")
    assert source["MaximumBatchingWindowInSeconds"] == 300
    (function,) = properties(prod, "AWS::Lambda::Function")
    (queue,) = [each for each in properties(prod, "AWS::SQS::Queue") if "RedrivePolicy" in each]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_the_code_fits_into_a_template() -> None:
    assert len(CODE.read_text("utf-8")) <= 4_096


@mock_aws
def test_the_export_holds_every_user_and_group_and_tells_counts_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", "BUCKET": "identities", "KEY": EXPORT_KEY}.items():
        monkeypatch.setenv(name, value)
    cognito, s3 = boto3.client("cognito-idp", "us-east-1"), boto3.client("s3", "us-east-1")
    pool = cognito.create_user_pool(PoolName="members")["UserPool"]["Id"]
    monkeypatch.setenv("USER_POOL_ID", pool)
    s3.create_bucket(Bucket="identities")
    cognito.create_group(UserPoolId=pool, GroupName="auditor")
    # More than a page of 60.
    for number in range(65):
        address = f"person{number}@example.jp"
        cognito.admin_create_user(
            UserPoolId=pool, Username=f"person{number}", UserAttributes=[{"Name": "email", "Value": address}]
        )
    cognito.admin_add_user_to_group(UserPoolId=pool, GroupName="auditor", Username="person7")
    answer = runpy.run_path(str(CODE))["handler"]({"Records": []}, None)
    assert answer == {"users": 65}
    lines = s3.get_object(Bucket="identities", Key=EXPORT_KEY)["Body"].read().decode().splitlines()
    users = {each["username"]: each for each in map(json.loads, lines)}
    assert len(users) == 65
    assert users["person7"]["groups"] == ["auditor"]
    assert users["person8"]["groups"] == []
    assert users["person8"]["attributes"]["email"] == "person8@example.jp"
    told = capsys.readouterr().out
    assert json.loads(told) == {"event": "identities_exported", "users": 65}
