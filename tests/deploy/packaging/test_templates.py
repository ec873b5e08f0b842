"""The packaged templates: what every function has, what the API does, and that the settings they give are settings that the services take."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api.chalice_app import SECURITY_HEADERS
from chalicelib.api.problem_catalogue import CATALOGUE
from chalicelib.config import load_settings
from deploy.names import SERVICES
from deploy.packaging.functions import Function, all_functions, functions_of
from deploy.packaging.gateway_responses import CODES, HEADERS, gateway_responses
from deploy.packaging.parameters import names_in
from deploy.packaging.policies import lambda_statements, own_statements
from tests.deploy.packaging.conftest import Packages
from tests.deploy.packaging.resolved import Resolved
from tests.deploy.packaging.test_functions import module_of

EACH = [pytest.param(one, id=f"{one.service}-{one.name}") for one in all_functions()]
GIVEN = {
    "Stage": "dev",
    "PublicUrl": "https://files.acme.example",
    "MailSender": "box@acme.example",
    "BlobsBucket": "blobs",
    "EventsTopicArn": "arn:aws:sns:ap-northeast-1:123456789012:events",
    "CodeBucket": "code",
    "CodeKey": "key",
}


def resolved(template: dict[str, Any], **more: str) -> Resolved:
    return Resolved(
        template,
        {name: f"given-{name}" for name in template["Parameters"] if "Default" not in template["Parameters"][name]}
        | GIVEN
        | more,
    )


def resources(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == kind}


@pytest.mark.parametrize("image", [False, True], ids=["zip", "image"])
def test_linter_has_nothing_to_say(packages: Packages, image: bool) -> None:
    name = "template-image.json" if image else "template.json"
    paths = [str(packages.folder(service) / name) for service in SERVICES]
    ended = subprocess.run([str(Path(sys.executable).parent / "cfn-lint"), *paths], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.parametrize("function", EACH)
def test_every_function_has_what_a_function_needs(packages: Packages, function: Function) -> None:
    template = packages.template(function.service)
    properties = template["Resources"][function.logical_id]["Properties"]
    assert properties["FunctionName"] == {"Fn::Sub": f"fumibako-{function.service}-${{Stage}}-{function.name}"}
    assert properties["Role"] == {"Fn::GetAtt": [function.role_id, "Arn"]}
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert properties["ReservedConcurrentExecutions"] == {"Ref": function.concurrency_parameter}
    log = template["Resources"][properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert log["RetentionInDays"] == {"Ref": "LogDays"}
    assert log["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/fumibako-{function.service}-${{Stage}}-{function.name}"
    alias = template["Resources"][function.alias_id]["Properties"]
    version = alias["FunctionVersion"]["Fn::GetAtt"][0]
    assert alias["Name"] == "live"
    assert template["Resources"][version]["Properties"]["FunctionName"] == {"Ref": function.logical_id}
    assert template["Resources"][version]["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("function", EACH)
def test_everything_calls_the_alias(packages: Packages, function: Function) -> None:
    template = packages.template(function.service)
    callers = [
        *resources(template, "AWS::Lambda::EventSourceMapping").values(),
        *resources(template, "AWS::Lambda::Permission").values(),
    ]
    aliases = {one.alias_id for one in functions_of(function.service)}
    assert {one["FunctionName"]["Ref"] for one in callers} <= aliases
    assert function.alias_id in {one["FunctionName"]["Ref"] for one in callers}
    targets = [
        target["Arn"]["Ref"] for one in resources(template, "AWS::Events::Rule").values() for target in one["Targets"]
    ]
    assert set(targets) <= aliases
    plain = [name for name in names_in(template["Resources"]["RestAPI"]) if name in {"APIHandler", "SignedIn"}]
    assert plain == []


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_fails_is_kept_somewhere(packages: Packages, service: str) -> None:
    template = packages.template(service)
    for mapping in resources(template, "AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    for function in functions_of(service):
        if function.kind == "schedule":
            runs = template["Resources"][f"{function.logical_id}Runs"]["Properties"]
            assert runs["Qualifier"] == "live"
            assert runs["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["FailedRuns", "Arn"]}
        if function.kind == "stream":
            source = template["Resources"][f"{function.logical_id}Source"]["Properties"]
            assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["FailedRuns", "Arn"]}
            assert source["BisectBatchOnFunctionError"] is True


def test_the_streams_filter_takes_new_outbox_rows_and_nothing_else(packages: Packages) -> None:
    source = packages.template("transfers")["Resources"]["RelayOutboxSource"]["Properties"]
    (one,) = source["FilterCriteria"]["Filters"]
    assert json.loads(one["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "outbox#"}]}}},
    }


@pytest.mark.parametrize("mode", ["production", "evaluation"])
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_services_take_the_settings_that_they_are_given(packages: Packages, service: str, mode: str) -> None:
    template = packages.template(service)
    filled = resolved(template, Mode=mode)
    for function in functions_of(service):
        given = filled.of(template["Resources"][function.logical_id]["Properties"]["Environment"]["Variables"])
        settings = load_settings(given)
        assert (settings.store, settings.bus, settings.blobs, settings.keys, settings.mail) == (
            "dynamodb",
            "sns",
            "s3",
            "kms",
            "ses",
        )
        assert settings.sqs_queue_prefix == "fumibako-dev"
        assert settings.blob_base_url == "https://s3.ap-northeast-1.amazonaws.com"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_function_has_the_rights_of_how_the_stage_is_delivered(packages: Packages, service: str) -> None:
    """Alone in an account all of them, among tenants those of the other file; only what serves requests differs."""
    template = packages.template(service)
    apart = resolved(template)
    shared = resolved(template, TenantRoleArn="arn:aws:iam::1:role/tenant")
    for function in functions_of(service):
        for filled, form in ((apart, "silo"), (shared, "pooled")):
            role = filled.of(template["Resources"][function.role_id]["Properties"])
            statements = [*own_statements(function, delivery=form), *lambda_statements(function)]
            wanted = [as_filled(filled, one) for one in statements if one["Sid"] != "OpensItsSettings"]
            (policy,) = role["Policies"]
            given = policy["PolicyDocument"]["Statement"]
            assert sorted(given, key=lambda one: str(one["Sid"])) == sorted(wanted, key=lambda one: str(one["Sid"]))
            path = f"api/{service}" if function.kind == "api" else "functions"
            assert role["Path"] == f"/fumibako/dev/{path}/"
            told = filled.of(template["Resources"][function.logical_id]["Properties"]["Environment"]["Variables"])
            assert told["FUMIBAKO_TENANT_ROLE_ARN"] == ("" if form == "silo" else "arn:aws:iam::1:role/tenant")


def as_filled(filled: Resolved, value: Any) -> Any:
    """What a policy file says, with every text as CloudFormation fills it in."""
    if isinstance(value, str):
        return filled.of({"Fn::Sub": value})
    if isinstance(value, list):
        return [as_filled(filled, one) for one in value]
    return {name: as_filled(filled, one) for name, one in value.items()}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_api_has_every_route_of_the_app_behind_its_authorizer(packages: Packages, service: str) -> None:
    app = module_of(service).app
    paths = packages.template(service)["Resources"]["RestAPI"]["Properties"]["Body"]["paths"]
    assert set(paths) == {*app.routes, "/{proxy+}"}
    for path, methods in app.routes.items():
        for method, entry in methods.items():
            guarded = "security" in paths[path][method.lower()]
            assert guarded == (entry.authorizer is not None), (method, path)
            if method == "GET":
                assert paths[path]["head"] == paths[path]["get"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_other_methods_and_paths_reach_the_app_which_refuses_them(packages: Packages, service: str) -> None:
    """Behind no authorizer there is only what the app answers to anybody: 404, 405, and preflights."""
    for path, methods in packages.template(service)["Resources"]["RestAPI"]["Properties"]["Body"]["paths"].items():
        anything = methods["x-amazon-apigateway-any-method"]
        assert "security" not in anything
        assert [one["name"] for one in anything["parameters"]] == list(parameters_of(path))


def parameters_of(path: str) -> Iterator[str]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield part.strip("{}").rstrip("+")


def test_no_body_and_no_address_gets_into_a_log(packages: Packages) -> None:
    for service in SERVICES:
        stage = packages.template(service)["Resources"]["RestAPIStage"]["Properties"]
        assert [one["DataTraceEnabled"] for one in stage["MethodSettings"]] == [False]
        logged = json.loads(stage["AccessLogSetting"]["Fn::If"][1]["Format"])
        assert not {"$context.path", "$context.identity.sourceIp", "$context.identity.userAgent"} & set(logged.values())


def test_refusals_of_the_gateway_are_those_of_the_catalogue() -> None:
    assert {**SECURITY_HEADERS, "Content-Language": "en", "Content-Type": "application/problem+json"} == HEADERS
    for kind, response in gateway_responses().items():
        entry = CATALOGUE[CODES[kind]]
        body = json.loads(response["responseTemplates"]["application/json"])
        assert response["statusCode"] == str(entry.status) == str(body["status"])
        assert (body["title"], body["hint"]) == (entry.title, entry.hint)
        assert set(body) == {"type", "title", "status", "code", "detail", "hint", "errors", "request_id"}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_image_form_differs_in_where_the_code_is_and_nothing_else(packages: Packages, service: str) -> None:
    zipped, image = packages.template(service), packages.template(service, image=True)
    assert zipped["Parameters"].keys() - image["Parameters"].keys() == {"CodeBucket", "CodeKey", "InsightsLayerArn"}
    assert image["Parameters"].keys() - zipped["Parameters"].keys() == {"ImageUri"}
    for function in functions_of(service):
        one, other = (dict(t["Resources"][function.logical_id]["Properties"]) for t in (zipped, image))
        assert other["ImageConfig"] == {
            "EntryPoint": ["/opt/fumibako/entry/lambda"],
            "Command": [function.handler],
            "WorkingDirectory": f"/opt/fumibako/services/{service}",
        }
        for name in ("Runtime", "Handler", "Layers", "Code", "PackageType", "ImageConfig"):
            one.pop(name, None)
            other.pop(name, None)
        assert one == other
    for name in ("RestAPI", "RestAPIStage", *(function.role_id for function in functions_of(service))):
        assert zipped["Resources"][name] == image["Resources"][name]


def test_nothing_holds_data(packages: Packages) -> None:
    """The services may be removed and made again: what is kept of them is logs, versions, and what failed."""
    kinds = {one["Type"] for service in SERVICES for one in packages.template(service)["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::DynamoDB", "AWS::S3", "AWS::KMS", "AWS::Cognito"))}


def test_the_manifest_says_what_lies_there(packages: Packages) -> None:
    from deploy.packaging.archive import content_digest, digest

    for service, told in packages.manifest["services"].items():
        assert told["zip_sha256"] == digest(packages.folder(service) / "deployment.zip")
        assert told["template_sha256"] == digest(packages.folder(service) / "template.json")
        assert told["content_sha256"] == content_digest(packages.files(service))
        assert told["code_key"] == f"services/{service}/{told['zip_sha256']}.zip"
        assert told["packed_bytes"] <= 12_000_000
