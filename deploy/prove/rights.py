"""The rights that the checks need, from what they ask: one policy for reading, one for probes, one for the management account, and a boundary.

An operation is not always an action of the same name; the exceptions are those of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/) and of "Required permissions for Amazon S3 API operations"
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from deploy.prove.check import Check

# boto3's name of a service -> its prefix in IAM, where they differ.
_PREFIX: Final = {
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
    "stepfunctions": "states",
}
_KEYS: Final = "arn:aws:kms:*:*:key/*"
_SCRATCH: Final = "arn:aws:s3:::fumibako-*-blobs-*/prove*"
_BUCKETS: Final = "arn:aws:s3:::fumibako-*"
_VAULTS: Final = "arn:aws:backup:*:*:backup-vault:fumibako-*"
# Operation -> ((action, resource), ...), where the action has another name, or another resource than its service's others.
_ACTIONS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "apigateway.GetDomainName": (("apigateway:GET", "arn:aws:apigateway:*::/domainnames/*"),),
    "apigateway.GetRestApi": (("apigateway:GET", "arn:aws:apigateway:*::/restapis/*"),),
    "apigateway.GetStage": (("apigateway:GET", "arn:aws:apigateway:*::/restapis/*"),),
    "backup.DescribeBackupVault": (("backup:DescribeBackupVault", _VAULTS),),
    "backup.ListRecoveryPointsByBackupVault": (("backup:ListRecoveryPointsByBackupVault", _VAULTS),),
    "budgets.DescribeBudget": (("budgets:ViewBudget", "*"),),
    "budgets.DescribeNotificationsForBudget": (("budgets:ViewBudget", "*"),),
    "dynamodb.ListBackups": (("dynamodb:ListBackups", "*"),),
    "iam.ListOpenIDConnectProviders": (("iam:ListOpenIDConnectProviders", "*"),),
    "lambda.GetEventSourceMapping": (("lambda:GetEventSourceMapping", "*"),),
    "lambda.GetAccountSettings": (("lambda:GetAccountSettings", "*"),),
    "lambda.ListEventSourceMappings": (("lambda:ListEventSourceMappings", "*"),),
    "logs.StartQuery": (("logs:StartQuery", "arn:aws:logs:*:*:log-group:/aws/lambda/fumibako-*"),),
    # With a version it is another action; a probe deletes both.
    "s3.DeleteObject": (("s3:DeleteObject", _SCRATCH), ("s3:DeleteObjectVersion", _SCRATCH)),
    "s3.GetBucketCors": (("s3:GetBucketCORS", _BUCKETS),),
    "s3.GetBucketEncryption": (("s3:GetEncryptionConfiguration", _BUCKETS),),
    "s3.GetBucketLifecycleConfiguration": (("s3:GetLifecycleConfiguration", _BUCKETS),),
    "s3.GetBucketReplication": (("s3:GetReplicationConfiguration", _BUCKETS),),
    "s3.GetObjectLockConfiguration": (("s3:GetBucketObjectLockConfiguration", _BUCKETS),),
    "s3.GetPublicAccessBlock": (("s3:GetBucketPublicAccessBlock", _BUCKETS),),
    "s3.HeadBucket": (("s3:ListBucket", _BUCKETS),),
    "s3.ListObjectVersions": (("s3:ListBucketVersions", _BUCKETS),),
    # S3 asks KMS for a key in the caller's name.
    "s3.PutObject": (("s3:PutObject", _SCRATCH), ("kms:GenerateDataKey", _KEYS)),
    "sts.AssumeRole": (
        ("sts:AssumeRole", "arn:aws:iam::*:role/fumibako-*-tenant"),
        ("sts:TagSession", "arn:aws:iam::*:role/fumibako-*-tenant"),
    ),
}
# What an action of a service is about, where IAM lets it be said; all else is "*".
_RESOURCES: Final = {
    "acm": "arn:aws:acm:*:*:certificate/*",
    "cloudfront": "arn:aws:cloudfront::*:distribution/*",
    "cognito-idp": "arn:aws:cognito-idp:*:*:userpool/*",
    "dynamodb": "arn:aws:dynamodb:*:*:table/fumibako-*",
    "ecr": "arn:aws:ecr:*:*:repository/fumibako-releases",
    "events": "arn:aws:events:*:*:rule/fumibako-*",
    "iam": "arn:aws:iam::*:role/fumibako-release",
    "kms": _KEYS,
    "lambda": "arn:aws:lambda:*:*:function:fumibako-*",
    "s3": _BUCKETS,
    "secretsmanager": "arn:aws:secretsmanager:*:*:secret:fumibako-*",
    "sns": "arn:aws:sns:*:*:fumibako-*",
    "sqs": "arn:aws:sqs:*:*:fumibako-*",
    "ssm": "arn:aws:ssm:*:*:parameter/fumibako/*",
    "stepfunctions": "arn:aws:states:*:*:stateMachine:fumibako-*",
}
# What tenants keep, who they are, and ways to bring it elsewhere: denied to the prover whatever its policies say.
CONTENT: Final = (
    "backup:StartRestoreJob",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:ListUsers",
    "cognito-idp:ListUsersInGroup",
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQL*",
    "dynamodb:Query",
    "dynamodb:RestoreTableFromBackup",
    "dynamodb:RestoreTableToPointInTime",
    "dynamodb:Scan",
    "kms:Decrypt",
    "kms:GenerateMac",
    "kms:ReEncrypt*",
    "kms:Sign",
    "lambda:InvokeFunction",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:StartLiveTail",
    "s3:GetObject*",
    "s3:PutBucketPolicy",
    "s3:ReplicateObject",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:SendCommand",
    "xray:BatchGetTraces",
)


def actions(operation: str) -> tuple[tuple[str, str], ...]:
    """(action, resource) of one operation; none for what needs no right of the prover's: a fetch, and what a tenant's session asks."""
    if operation.startswith(("https.", "tenant:")):
        return ()
    if operation in _ACTIONS:
        return _ACTIONS[operation]
    service, _, name = operation.partition(".")
    return ((f"{_PREFIX.get(service, service)}:{name}", _RESOURCES.get(service, "*")),)


def reading(checks: Sequence[Check]) -> dict[str, Any]:
    """What every check of the stage's account reads."""
    return _policy(_needed(one for one in checks if not one.probe and one.of == "stage"))


def probing(checks: Sequence[Check]) -> dict[str, Any]:
    """What probes need besides."""
    known = _needed(one for one in checks if not one.probe and one.of == "stage")
    return _policy(_needed(one for one in checks if one.probe) - known)


def managing(checks: Sequence[Check]) -> dict[str, Any]:
    """What is read in the organisation's management account."""
    return _policy(_needed(one for one in checks if one.of == "management"))


def boundary(checks: Sequence[Check]) -> dict[str, Any]:
    """The most that a prover's role may ever have: the actions of all checks, and never content."""
    allowed = sorted({action for action, _ in _needed(checks)})
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "WhatChecksAsk", "Effect": "Allow", "Action": allowed, "Resource": "*"},
            {"Sid": "NoContent", "Effect": "Deny", "Action": list(CONTENT), "Resource": "*"},
        ],
    }


def text(policy: dict[str, Any]) -> str:
    """As it stands in its file."""
    return json.dumps(policy, indent=2) + "\n"


def _needed(checks: Iterable[Check]) -> set[tuple[str, str]]:
    return {each for check in checks for operation in check.ask.calls for each in actions(operation)}


def _policy(needed: set[tuple[str, str]]) -> dict[str, Any]:
    statements = []
    for resource in sorted({about for _, about in needed}):
        named = sorted(action for action, about in needed if about == resource)
        statements.append({"Effect": "Allow", "Action": named, "Resource": resource})
    return {"Version": "2012-10-17", "Statement": statements}
