"""The template of a service: what Chalice says of its functions and routes, made into resources with everything that Chalice can't say.

Chalice writes SAM; the finished template is plain CloudFormation, because a transform hides from linters, policy checks and the CDK what will
be made. Logical ids of functions and of the API stay Chalice's.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.packaging.events import event_resources
from deploy.packaging.functions import Function, functions_of
from deploy.packaging.lambda_resources import (
    ALIAS,
    Resource,
    function_resources,
    image_code,
    log_group_resource,
    zip_code,
)
from deploy.packaging.parameters import CONDITIONS, IMAGE_PARAMETERS, SOURCE_PARAMETERS, names_in, parameters
from deploy.packaging.policies import POLICIES, document, failed_runs
from deploy.packaging.rest_api import STAGE_ID, api_resources

Template = dict[str, Any]
_TWO_WEEKS: Final = 14 * 24 * 3_600


def merged_in(service: str) -> Template:
    """What Chalice merges into its template: all that does not depend on it."""
    return {
        "Description": f"Fumibako, service {service}: functions and API. Nothing here holds data.",
        "Resources": {
            "AccessLog": log_group_resource(f"/aws/apigateway/fumibako-{service}-${{Stage}}"),
            **(_failed_runs(service) if any(one.has_failed_runs for one in functions_of(service)) else {}),
        },
    }


def zip_template(service: str, made: Template, code_digest: str, policies: Path = POLICIES) -> Template:
    """The template with the code in a zip. ``code_digest``: its SHA-256, which decides whether new versions are published."""
    return _template(service, made, (zip_code, SOURCE_PARAMETERS), code_digest, policies)


def image_template(service: str, made: Template, code_digest: str, policies: Path = POLICIES) -> Template:
    """The same with the code in the image."""
    return _template(service, made, (image_code, IMAGE_PARAMETERS), code_digest, policies)


def _template(
    service: str,
    made: Template,
    form: tuple[Callable[[Function], Resource], Mapping[str, str]],
    code_digest: str,
    policies: Path,
) -> Template:
    code, source = form
    functions = list(functions_of(service))
    own = {name: value for name, value in made["Resources"].items() if name in merged_in(service)["Resources"]}
    for one in functions:
        chalices = made["Resources"][one.logical_id]["Properties"]
        policy = made["Resources"][one.role_id]["Properties"]["Policies"][0]["PolicyDocument"]
        pooled = document(one, policies, delivery="pooled")
        own |= function_resources(one, policy=policy, pooled=pooled, code=code(one), code_digest=code_digest)
        own |= event_resources(one, chalices.get("Events", {}))
    own |= api_resources(service, made["Resources"]["RestAPI"])
    conditions = {name: CONDITIONS[name] for name in sorted(set(_conditions_in(own)))}
    return {
        "AWSTemplateFormatVersion": made["AWSTemplateFormatVersion"],
        "Description": made["Description"],
        "Parameters": parameters(service, source, {*names_in(own), *names_in(conditions)}),
        "Conditions": conditions,
        "Resources": dict(sorted(own.items())),
        "Outputs": _outputs(functions),
    }


def _conditions_in(value: Any) -> Iterator[str]:
    """The conditions that Fn::If asks for."""
    if isinstance(value, dict):
        if "Fn::If" in value:
            yield value["Fn::If"][0]
        for inner in value.values():
            yield from _conditions_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _conditions_in(inner)


def _outputs(functions: list[Function]) -> Mapping[str, Any]:
    address = "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${" + STAGE_ID + "}/"
    return {
        "RestAPIId": {"Description": "REST API of the service.", "Value": {"Ref": "RestAPI"}},
        "EndpointURL": {"Description": "Its address.", "Value": {"Fn::Sub": address}},
        **{
            f"{one.logical_id}Arn": {"Description": f"Alias {ALIAS} of {one.name}.", "Value": {"Ref": one.alias_id}}
            for one in functions
        },
    }


def _failed_runs(service: str) -> dict[str, Resource]:
    """What schedules and the relay could not do, for people to see; nobody reads it by program."""
    statement = {
        "Sid": "OnlyOverTLS",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": {"Fn::GetAtt": ["FailedRuns", "Arn"]},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    properties = {
        "QueueName": {"Fn::Sub": failed_runs(service)},
        "SqsManagedSseEnabled": True,
        "MessageRetentionPeriod": _TWO_WEEKS,
    }
    policy = {"Queues": [{"Ref": "FailedRuns"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {
        "FailedRuns": {
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": properties,
        },
        "FailedRunsPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
    }
