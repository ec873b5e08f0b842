"""The REST API of a service: integrations on the alias, every refusal in our shape, logs and traces without bodies.

API Gateway answers some requests itself. A path or method that is not there goes to the app instead, which refuses it as any other
(404, 405 with Allow) and answers preflights; what is left is written by GatewayResponses below in the same shape.
"""

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from deploy.packaging.events import permission
from deploy.packaging.functions import functions_of
from deploy.packaging.gateway_responses import gateway_responses
from deploy.packaging.lambda_resources import Resource

STAGE_ID: Final = "RestAPIStage"
_ANY: Final = "x-amazon-apigateway-any-method"
_API_ARN: Final = {"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestAPI}/*"}
# Ids, times and sizes: no path (some hold a link's token), no address, no agent.
_LOGGED: Final = {
    "request_id": "$context.requestId",
    "status": "$context.status",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "response_bytes": "$context.responseLength",
    "ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "error": "$context.error.responseType",
}


def api_resources(service: str, made: Mapping[str, Any]) -> dict[str, Resource]:
    """API, deployment, stage, and the right to call the functions. A changed API gets a deployment of another name, which is what publishes it."""
    body = _body(service, made["Properties"]["DefinitionBody"])
    deployment = f"RestAPIDeployment{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]}"
    api = {
        "Name": {"Fn::Sub": f"fumibako-{service}-${{Stage}}"},
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "MinimumCompressionSize": 1_024,
        "Body": body,
        "Tags": _tags(service),
    }
    stage = {
        "RestApiId": {"Ref": "RestAPI"},
        "DeploymentId": {"Ref": deployment},
        "StageName": made["Properties"]["StageName"],
        "TracingEnabled": True,
        "MethodSettings": [
            {"HttpMethod": "*", "ResourcePath": "/*", "MetricsEnabled": True, "DataTraceEnabled": False}
        ],
        "AccessLogSetting": {"Fn::If": ["HasAccessLogs", _access_log(), {"Ref": "AWS::NoValue"}]},
        "Tags": _tags(service),
    }
    return {
        "RestAPI": {"Type": "AWS::ApiGateway::RestApi", "Properties": api},
        deployment: {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "RestAPI"}}},
        STAGE_ID: {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
        **{
            f"{one.logical_id}InvokePermission": permission(one, "apigateway.amazonaws.com", _API_ARN)
            for one in functions_of(service)
            if one.kind in ("api", "authorizer")
        },
    }


def _body(service: str, made: Mapping[str, Any]) -> dict[str, Any]:
    """Chalice's OpenAPI document with every path complete."""
    body = copy.deepcopy(dict(made))
    body["info"]["title"] = {"Fn::Sub": f"fumibako-{service}-${{Stage}}"}
    for path, methods in body["paths"].items():
        _complete(path, methods)
    body["paths"]["/{proxy+}"] = {_ANY: _to_app(["proxy"])}
    for definition in body.get("securityDefinitions", {}).values():
        uri = definition["x-amazon-apigateway-authorizer"]["authorizerUri"]
        uri["Fn::Sub"] = uri["Fn::Sub"].replace(".Arn}", "Alias}")
    body["x-amazon-apigateway-gateway-responses"] = gateway_responses()
    return body


def _complete(path: str, methods: dict[str, Any]) -> None:
    """Integrations on the alias; HEAD where there is GET, behind the same authorizer; everything else to the app."""
    for method in methods.values():
        integration = method["x-amazon-apigateway-integration"]
        integration["uri"]["Fn::Sub"] = integration["uri"]["Fn::Sub"].replace(".Arn}", "Alias}")
    if "get" in methods and "head" not in methods:
        methods["head"] = copy.deepcopy(methods["get"])
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    methods[_ANY] = _to_app(names)


def _to_app(names: list[str]) -> dict[str, Any]:
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${APIHandlerAlias}/invocations"
    return {
        "produces": ["application/json"],
        "parameters": [{"name": name, "in": "path", "required": True, "type": "string"} for name in names],
        "responses": {"200": {"description": "200 response"}},
        "x-amazon-apigateway-integration": {
            "uri": {"Fn::Sub": uri},
            "passthroughBehavior": "when_no_match",
            "httpMethod": "POST",
            "contentHandling": "CONVERT_TO_TEXT",
            "type": "aws_proxy",
        },
    }


def _access_log() -> dict[str, Any]:
    return {"DestinationArn": {"Fn::GetAtt": ["AccessLog", "Arn"]}, "Format": json.dumps(_LOGGED)}


def _tags(service: str) -> list[dict[str, Any]]:
    return [{"Key": "fumibako:service", "Value": service}, {"Key": "fumibako:stage", "Value": {"Ref": "Stage"}}]
