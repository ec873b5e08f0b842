"""The resources of one function: itself, its versions, the alias that everything calls, its role, its log."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.packaging.functions import Function
from deploy.packaging.parameters import environment
from deploy.packaging.policies import log_group
from deploy.packaging.wheels import PYTHON

Resource = dict[str, Any]
ALIAS: Final = "live"
_NONE: Final = {"Ref": "AWS::NoValue"}
# Statements about what a stage may do without.
_ONLY_WHERE: Final = {"OpensItsSettings": "HasSettingsKey"}
_SHARED: Final = "HasTenantRole"


def function_resources(
    one: Function,
    *,
    policy: Mapping[str, Any],
    pooled: Mapping[str, Any],
    code: Mapping[str, Any],
    code_digest: str,
) -> dict[str, Resource]:
    """Everything of one function but its events. ``code`` are the properties that say where the code is (zip or image); ``policy`` and ``pooled``
    its policy documents where a tenant is alone and where tenants share an account.

    The version's logical id changes with code and configuration: CloudFormation never changes a version, it only makes a new one
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html). A parameter's new value
    alone makes none; whoever changes one renames the version too.
    """
    function = {"Type": "AWS::Lambda::Function", "Properties": {**_properties(one), **code}}
    version = f"{one.logical_id}Version{_short_digest(function, code_digest)}"
    return {
        one.logical_id: function,
        version: _version(one, code_digest),
        one.alias_id: _alias(one, version),
        one.role_id: _role(one, policy, pooled),
        f"{one.logical_id}Log": log_group_resource(log_group(one)),
    }


def log_group_resource(name: str) -> Resource:
    """A log group. It goes with the stack: one that stayed would keep the stack from being made again under its name."""
    key = {"Fn::If": ["HasLogsKey", {"Ref": "LogsKeyArn"}, _NONE]}
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"LogGroupName": {"Fn::Sub": name}, "RetentionInDays": {"Ref": "LogDays"}, "KmsKeyId": key},
    }


def _properties(one: Function) -> Resource:
    properties: Resource = {
        "FunctionName": {"Fn::Sub": f"fumibako-{one.service}-${{Stage}}-{one.name}"},
        "Description": f"Fumibako {one.service}: {one.name}",
        "Architectures": ["x86_64"],
        "MemorySize": one.memory_mb,
        "Timeout": one.timeout_seconds,
        "ReservedConcurrentExecutions": {"Ref": one.concurrency_parameter},
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": f"{one.logical_id}Log"}},
        "Environment": {"Variables": environment()},
        "KmsKeyArn": {"Fn::If": ["HasSettingsKey", {"Ref": "SettingsKeyArn"}, _NONE]},
        "Tags": _tags(one),
        "Role": {"Fn::GetAtt": [one.role_id, "Arn"]},
    }
    return properties


def zip_code(one: Function) -> Resource:
    """Code in a zip, with Lambda Insights' layer where there is one."""
    return {
        "Runtime": f"python{PYTHON}",
        "Handler": one.handler,
        "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}},
        "Layers": {"Fn::If": ["HasInsights", [{"Ref": "InsightsLayerArn"}], _NONE]},
    }


def image_code(one: Function) -> Resource:
    """Code in the image of all services; its entry point takes the service and the handler."""
    return {
        "PackageType": "Image",
        "Code": {"ImageUri": {"Ref": "ImageUri"}},
        "ImageConfig": {
            "EntryPoint": ["/opt/fumibako/entry/lambda"],
            "Command": [one.handler],
            "WorkingDirectory": f"/opt/fumibako/services/{one.service}",
        },
    }


def _version(one: Function, code_digest: str) -> Resource:
    """Kept when the next one is made: a rollback needs it."""
    return {
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"FunctionName": {"Ref": one.logical_id}, "Description": f"code {code_digest[:12]}"},
    }


def _alias(one: Function, version: str) -> Resource:
    return {
        "Type": "AWS::Lambda::Alias",
        "Properties": {
            "FunctionName": {"Ref": one.logical_id},
            "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
            "Name": ALIAS,
        },
    }


def _role(one: Function, policy: Mapping[str, Any], pooled: Mapping[str, Any]) -> Resource:
    """Its path says whether it serves requests, and whose: the role of a service's tenants trusts that one."""
    path = f"api/{one.service}" if one.kind == "api" else "functions"
    statements = [_conditional(each) for each in _of_both(policy["Statement"], pooled["Statement"])]
    lambda_service = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Path": {"Fn::Sub": f"/fumibako/${{Stage}}/{path}/"},
            "Description": f"What {one.name} of {one.service} may do, and nothing else",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [lambda_service]},
            "Policies": [{"PolicyName": one.name, "PolicyDocument": {**policy, "Statement": statements}}],
            "Tags": _tags(one),
        },
    }


def _of_both(alone: Sequence[Resource], shared: Sequence[Resource]) -> list[Resource]:
    """The statements of both forms, each where it holds."""
    return [
        *(each if each in shared else {"Fn::If": [_SHARED, _NONE, each]} for each in alone),
        *({"Fn::If": [_SHARED, each, _NONE]} for each in shared if each not in alone),
    ]


def _conditional(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    condition = _ONLY_WHERE.get(statement.get("Sid", ""))
    return {"Fn::If": [condition, statement, _NONE]} if condition else statement


def _tags(one: Function) -> list[Resource]:
    return [{"Key": "fumibako:service", "Value": one.service}, {"Key": "fumibako:stage", "Value": {"Ref": "Stage"}}]


def _short_digest(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
