"""What a stage adds to a packaged template before it is included; pure: a template in, a template out.

The package says what a service is and runs anywhere, an emulator included. A stage in an account adds what costs or needs other things of the account: a key for
the functions' settings, queues of what was given up for every function, throttles, policies apart from roles, and a network for those who want one.
"""

import copy
import json
from typing import Any, Final

from deploy.packaging.functions import Function, functions_of

Template = dict[str, Any]
FAILED: Final = "FailedRuns"
# Of one API, over all its routes. Tenants and people have buckets of their own behind it (chalicelib.api.throttle).
REQUESTS_A_SECOND: Final = 500
BURST: Final = 1_000
_NONE: Final = {"Ref": "AWS::NoValue"}
_NETWORK: Final = "FunctionsInNetwork"
# As AWS's own AWSLambdaVPCAccessExecutionRole; EC2 knows no resource for these before the interface is there.
_NETWORK_ACTIONS: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
# Statements of the package that the stage writes itself.
_OURS: Final = ("KeepsFailedRuns", "OpensItsSettings", "StandsInTheScannersNetwork")
# Parameters of a stage's own, beside those of the package.
OWN_PARAMETERS: Final = ("EventsKeyArn", "SettingsKeyArn", "FunctionSubnetIds", "FunctionSecurityGroupIds")


def for_stage(packaged: Template, service: str) -> Template:
    """The template of a service as a stage deploys it."""
    made = copy.deepcopy(packaged)
    made["Parameters"] |= {name: {"Type": "String"} for name in OWN_PARAMETERS}
    made["Conditions"] = {
        **made.get("Conditions", {}),
        _NETWORK: {"Fn::Not": [{"Fn::Equals": [{"Ref": "FunctionSubnetIds"}, ""]}]},
    }
    resources = made["Resources"]
    resources.update(_failed_runs(service, resources))
    for one in functions_of(service):
        _function(resources, one)
        _policy(resources, one)
    _api(resources)
    _prune(made)
    return made


def _failed_runs(service: str, resources: Template) -> Template:
    """What functions gave up, under the key of events. Services that had no such queue get one: nobody calls their functions
    asynchronously but by hand, and then what failed should not be lost either.
    """
    name = {"Fn::Sub": f"fumibako-${{Stage}}-{service}-failed-runs"}
    queue = resources.get(FAILED) or {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {"QueueName": name, "MessageRetentionPeriod": 14 * 24 * 3_600},
    }
    properties = {key: value for key, value in queue["Properties"].items() if key != "SqsManagedSseEnabled"}
    own_key = {"KmsMasterKeyId": {"Ref": "EventsKeyArn"}, "KmsDataKeyReusePeriodSeconds": 300}
    only_over_tls = {
        "Sid": "OnlyOverTLS",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": {"Fn::GetAtt": [FAILED, "Arn"]},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = {"Version": "2012-10-17", "Statement": [only_over_tls]}
    return {
        FAILED: {**queue, "Properties": {**properties, **own_key}},
        f"{FAILED}Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": FAILED}], "PolicyDocument": document},
        },
    }


def _function(resources: Template, one: Function) -> None:
    properties = resources[one.logical_id]["Properties"]
    # Settings hold the front's secret.
    properties["KmsKeyArn"] = {"Ref": "SettingsKeyArn"}
    properties["DeadLetterConfig"] = {"TargetArn": {"Fn::GetAtt": [FAILED, "Arn"]}}
    properties["VpcConfig"] = {
        "Fn::If": [
            _NETWORK,
            {
                "SubnetIds": {"Fn::Split": [",", {"Ref": "FunctionSubnetIds"}]},
                "SecurityGroupIds": {"Fn::Split": [",", {"Ref": "FunctionSecurityGroupIds"}]},
            },
            _NONE,
        ]
    }
    # CloudFormation asks at once whether the role may send to the queue and decrypt.
    resources[one.logical_id]["DependsOn"] = [f"{one.role_id}Policy"]
    runs = resources.get(f"{one.logical_id}Runs")
    if runs is not None:
        # The function's own dead letters take its place: both would keep every failure twice.
        runs["Properties"].pop("DestinationConfig", None)


def _policy(resources: Template, one: Function) -> None:
    """The policy beside its role, with what the stage adds."""
    role = resources[one.role_id]["Properties"]
    (inline,) = role.pop("Policies")
    kept = [each for each in inline["PolicyDocument"]["Statement"] if _sid(each) not in _OURS]
    log = {"Fn::GetAtt": [f"{one.logical_id}Log", "Arn"]}
    for each in kept:
        if _sid(each) == "WritesItsLog":
            each["Resource"] = log
    kept += [
        _allow("KeepsFailedRuns", ["sqs:SendMessage"], {"Fn::GetAtt": [FAILED, "Arn"]}),
        _through("SealsFailedRuns", ["kms:Decrypt", "kms:GenerateDataKey"], "EventsKeyArn", "sqs"),
        _through("OpensItsSettings", ["kms:Decrypt"], "SettingsKeyArn", "lambda"),
        {"Fn::If": [_NETWORK, _allow("StandsInItsNetwork", list(_NETWORK_ACTIONS), "*"), _NONE]},
    ]
    resources[f"{one.role_id}Policy"] = {
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {
            "RoleName": {"Ref": one.role_id},
            "PolicyName": inline["PolicyName"],
            "PolicyDocument": {**inline["PolicyDocument"], "Statement": kept},
        },
    }


def _api(resources: Template) -> None:
    # The address that AWS gives would lead around the firewall.
    resources["RestAPI"]["Properties"]["DisableExecuteApiEndpoint"] = True
    properties = resources["RestAPIStage"]["Properties"]
    log = properties["AccessLogSetting"]
    # Always: an account has the role for it (services.py).
    properties["AccessLogSetting"] = log["Fn::If"][1] if "Fn::If" in log else log
    properties["MethodSettings"] = [
        {
            "HttpMethod": "*",
            "ResourcePath": "/*",
            "MetricsEnabled": True,
            # Bodies carry keys.
            "DataTraceEnabled": False,
            # Errors of the gateway itself; neither bodies nor queries are in them.
            "LoggingLevel": "ERROR",
            "ThrottlingRateLimit": REQUESTS_A_SECOND,
            "ThrottlingBurstLimit": BURST,
        }
    ]


def _prune(made: Template) -> None:
    """Take away conditions, and then parameters, that nothing refers to any more."""
    rest = json.dumps([made["Resources"], made.get("Outputs", {})])
    made["Conditions"] = {name: one for name, one in made["Conditions"].items() if f'"{name}"' in rest}
    rest += json.dumps(made["Conditions"])
    made["Parameters"] = {
        name: one for name, one in made["Parameters"].items() if f'"Ref": "{name}"' in rest or f"${{{name}}}" in rest
    }


def _sid(statement: Template) -> str:
    """Of a statement, or of the one that stands there under a condition; those that were recorded have none."""
    branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
    return next((str(one["Sid"]) for one in branches if "Sid" in one), "")


def _allow(sid: str, actions: list[str], resource: Any) -> Template:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _through(sid: str, actions: list[str], key: str, service: str) -> Template:
    via = {"StringEquals": {"kms:ViaService": {"Fn::Sub": f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"}}}
    return {**_allow(sid, actions, {"Ref": key}), "Condition": via}
