"""A template in a page: one line for each resource, with the properties that safety hangs on. Logical ids are shown whole, because a changed one is a new resource."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.deploy.assemblies import Template

# Property paths shown of each type; those that are not there are not shown. Types that are not named here are counted.
SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Backup::BackupPlan": (
        "BackupPlan.BackupPlanRule.0.ScheduleExpression",
        "BackupPlan.BackupPlanRule.0.Lifecycle",
    ),
    "AWS::Backup::BackupSelection": (),
    "AWS::Backup::BackupVault": ("LockConfiguration",),
    "AWS::Cognito::UserPool": ("DeletionProtection", "MfaConfiguration", "UserPoolTier"),
    "AWS::Cognito::UserPoolClient": ("AllowedOAuthFlows", "SupportedIdentityProviders"),
    "AWS::Cognito::UserPoolIdentityProvider": ("ProviderType",),
    "AWS::DynamoDB::Table": (
        "BillingMode",
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification.SSEType",
        "StreamSpecification",
        "TimeToLiveSpecification.AttributeName",
    ),
    "AWS::EC2::FlowLog": ("TrafficType",),
    "AWS::EC2::SecurityGroup": ("SecurityGroupIngress",),
    "AWS::EC2::VPC": ("CidrBlock",),
    "AWS::EC2::VPCEndpoint": ("VpcEndpointType", "ServiceName"),
    "AWS::Events::Rule": ("ScheduleExpression",),
    "AWS::KMS::Key": ("Description", "KeySpec", "EnableKeyRotation", "PendingWindowInDays"),
    "AWS::Lambda::Function": ("Runtime", "ReservedConcurrentExecutions"),
    "AWS::Logs::LogGroup": ("LogGroupName", "RetentionInDays"),
    "AWS::S3::Bucket": ("BucketName", "VersioningConfiguration.Status", "OwnershipControls.Rules.0.ObjectOwnership"),
    "AWS::SNS::Subscription": ("RawMessageDelivery", "FilterPolicy"),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName", "RedrivePolicy.maxReceiveCount", "VisibilityTimeout", "MessageRetentionPeriod"),
}


def page(template: Template) -> str:
    """The facts of one stack."""
    lines = sorted(_line(name, one) for name, one in template["Resources"].items() if one["Type"] in SHOWN)
    others: dict[str, int] = {}
    for one in template["Resources"].values():
        if one["Type"] not in SHOWN:
            others[one["Type"]] = others.get(one["Type"], 0) + 1
    counted = [f"{count:3} {kind}" for kind, count in sorted(others.items())]
    return "\n".join([*lines, "besides:", *counted]) + "\n"


def _line(name: str, one: Mapping[str, Any]) -> str:
    policy = one.get("DeletionPolicy")
    said = [f"on removal: {policy}"] if policy else []
    said += [f"{path}={_text(value)}" for path, value in _found(one.get("Properties", {}), SHOWN[one["Type"]])]
    return f"{one['Type']} {name}" + "".join(f"\n    {each}" for each in said)


def _found(properties: Any, paths: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for path in paths:
        value = properties
        for step in path.split("."):
            if isinstance(value, list):
                value = value[int(step)] if int(step) < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            yield path, value


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(each)}" for key, each in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(each) for each in value) + "]"
    return str(value)
