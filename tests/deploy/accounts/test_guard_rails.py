"""Guard rails, decided by the model of IAM: what each refuses, and the work beside it that goes on."""

import json
from dataclasses import dataclass, field

import pytest

from deploy.accounts.organisation import (
    FULL,
    MOST_A_UNIT,
    MOST_CHARACTERS,
    compact,
    levels,
    load_organisation,
    policy,
)
from deploy.tenants.policy.decision import Decision, Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value

ACCOUNT = "111122223333"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ORGANISATION = load_organisation()
TOKYO = "ap-northeast-1"


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


OPERATOR, DEPLOYER = role("operator"), role("cdk-hnb659fds-cfn-exec-role-111122223333-ap-northeast-1")
DEPLOYS, PUBLISHES = (role(f"cdk-hnb659fds-{one}-role-111122223333-us-east-1") for one in ("deploy", "file-publishing"))
BASELINE, KEEPER = role("stacksets-exec-0a1b"), role("fumibako-key-keeper")


@dataclass(frozen=True)
class Act:
    """An action in an account of a unit, by somebody whose own policy allows everything."""

    action: str
    resource: str = "*"
    by: str = OPERATOR
    region: str = TOKYO
    unit: str = "customers/prod"
    more: dict[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.action} {self.resource} by {self.by.rpartition('/')[2]} in {self.region}, {self.unit}"

    def decision(self) -> Decision:
        documents = {name: policy(name, ORGANISATION) for name in ORGANISATION.policies} | {FULL: EVERYTHING}
        organisation = tuple(tuple(documents[name] for name in names) for names in levels(ORGANISATION, self.unit))
        context: dict[str, Value] = {"aws:PrincipalArn": self.by, "aws:RequestedRegion": self.region, **self.more}
        return decide(
            Request(Caller(self.by), self.action, self.resource, context),
            Policies((EVERYTHING,), organisation=organisation),
        )


def document(name: str) -> str:
    return f"arn:aws:ssm:{TOKYO}:{ACCOUNT}:document/{name}"


LOGS = "arn:aws:s3:::fumibako-logs-111122223333-ap-northeast-1"
WRAPPED = f"arn:aws:dynamodb:{TOKYO}:{ACCOUNT}:table/fumibako-prod-wrapped-keys"
RECORDS = WRAPPED.replace("wrapped-keys", "records")
INSTANCE = f"arn:aws:ssm:{TOKYO}:{ACCOUNT}:managed-instance/mi-1"
# What is refused, and its twin that is allowed.
PAIRS: dict[str, tuple[Act, Act]] = {
    "leaving": (Act("organizations:LeaveOrganization"), Act("organizations:DescribeOrganization")),
    "closing the account from inside": (Act("account:CloseAccount"), Act("account:GetAccountInformation")),
    "root": (Act("s3:ListAllMyBuckets", by=f"arn:aws:iam::{ACCOUNT}:root"), Act("s3:ListAllMyBuckets")),
    "users": (Act("iam:CreateUser"), Act("iam:CreateRole", role("work"))),
    "long-lived keys": (Act("iam:CreateAccessKey"), Act("iam:ListAccessKeys")),
    "opening an account's buckets": (Act("s3:PutAccountPublicAccessBlock"), Act("s3:GetAccountPublicAccessBlock")),
    "opening a bucket": (
        Act("s3:PutBucketPublicAccessBlock", "arn:aws:s3:::b"),
        Act("s3:PutBucketPublicAccessBlock", "arn:aws:s3:::b", by=DEPLOYER),
    ),
    "a public object": (
        Act("s3:PutObject", "arn:aws:s3:::b/x", more={"s3:x-amz-acl": "public-read"}),
        Act("s3:PutObject", "arn:aws:s3:::b/x", more={"s3:x-amz-acl": "private"}),
    ),
    "another Region": (Act("ec2:RunInstances", region="us-east-1"), Act("ec2:RunInstances")),
    "data in another Region": (
        Act("s3:CreateBucket", "arn:aws:s3:::b", region="eu-west-1"),
        Act("s3:CreateBucket", "arn:aws:s3:::b"),
    ),
    "a deployment brings the page's stack to us-east-1": (
        Act("cloudformation:CreateChangeSet", region="us-east-1"),
        Act("cloudformation:CreateChangeSet", region="us-east-1", by=DEPLOYS),
    ),
    "a deployment brings its templates to us-east-1": (
        Act("s3:PutObject", region="us-east-1"),
        Act("s3:PutObject", region="us-east-1", by=PUBLISHES),
    ),
    "an operator's verbs look at us-east-1": (
        Act("ssm:GetParameter", region="us-east-1"),
        Act("ssm:GetParameter", region="us-east-1", by=role("fumibako-operator")),
    ),
    "a deployment may reach us-east-1 for the page": (
        Act("cloudformation:CreateStack", region="us-east-1"),
        Act("ssm:PutParameter", region="us-east-1", by=DEPLOYER),
    ),
    "a global service is none": (
        Act("lambda:CreateFunction", region="us-east-1"),
        Act("cloudfront:CreateDistribution", region="us-east-1"),
    ),
    "stopping the trail": (Act("cloudtrail:StopLogging"), Act("cloudtrail:LookupEvents")),
    "changing what is recorded": (
        Act("cloudtrail:PutEventSelectors"),
        Act("cloudtrail:PutEventSelectors", by=BASELINE),
    ),
    "stopping Config": (Act("config:StopConfigurationRecorder"), Act("config:DescribeConfigurationRecorders")),
    "leaving GuardDuty": (Act("guardduty:DeleteDetector"), Act("guardduty:GetFindings")),
    "leaving Security Hub": (Act("securityhub:DisableSecurityHub"), Act("securityhub:GetFindings")),
    "deleting evidence": (
        Act("s3:DeleteObjectVersion", f"{LOGS}/x"),
        Act("s3:DeleteObjectVersion", "arn:aws:s3:::fumibako-prod-blobs-1/x"),
    ),
    "shortening the life of evidence": (
        Act("s3:PutLifecycleConfiguration", LOGS),
        Act("s3:PutLifecycleConfiguration", LOGS, by=BASELINE),
    ),
    "the log of a function": (
        Act("logs:DeleteLogGroup", f"arn:aws:logs:{TOKYO}:{ACCOUNT}:log-group:/aws/lambda/f"),
        Act("logs:DeleteLogGroup", f"arn:aws:logs:{TOKYO}:{ACCOUNT}:log-group:/aws/lambda/f", by=DEPLOYER),
    ),
    "making oneself the baseline": (Act("iam:CreateRole", BASELINE), Act("iam:CreateRole", role("work"))),
    "making oneself the keeper of keys": (
        Act("iam:UpdateAssumeRolePolicy", KEEPER),
        Act("iam:UpdateAssumeRolePolicy", role("work")),
    ),
    "deleting a key": (Act("kms:ScheduleKeyDeletion"), Act("kms:ScheduleKeyDeletion", by=KEEPER)),
    "disabling a key, even by deployment": (Act("kms:DisableKey", by=DEPLOYER), Act("kms:EnableKey", by=DEPLOYER)),
    "deleting a key in dev": (Act("kms:ScheduleKeyDeletion"), Act("kms:ScheduleKeyDeletion", unit="customers/dev")),
    "deleting a table": (Act("dynamodb:DeleteTable", RECORDS), Act("dynamodb:DeleteItem", RECORDS)),
    "a backup of wrapped keys": (
        Act("dynamodb:CreateBackup", WRAPPED, by=KEEPER),
        Act("dynamodb:CreateBackup", RECORDS),
    ),
    "point in time recovery of wrapped keys": (
        Act("dynamodb:UpdateContinuousBackups", WRAPPED, by=DEPLOYER),
        Act("dynamodb:UpdateContinuousBackups", RECORDS, by=DEPLOYER),
    ),
    "any command on a host": (
        Act("ssm:SendCommand", document("AWS-RunShellScript")),
        Act("ssm:SendCommand", document("Fumibako-Status")),
    ),
    "a document of AWS's own": (
        Act("ssm:SendCommand", "arn:aws:ssm:ap-northeast-1::document/AWS-RunShellScript"),
        Act("ssm:SendCommand", INSTANCE),
    ),
    "a session beside the grant": (
        Act("ssm:StartSession", document("SSM-SessionManagerRunShell")),
        Act("ssm:StartSession", document("Fumibako-Session")),
    ),
    "writing a document of our name": (
        Act("ssm:CreateDocument", document("Fumibako-Mine")),
        Act("ssm:CreateDocument", document("Fumibako-Mine"), by=DEPLOYER),
    ),
    "evidence of an account that leaves": (
        Act("cloudtrail:StopLogging", unit="leaving"),
        Act("cloudtrail:LookupEvents", unit="leaving"),
    ),
    "another Region in the pool": (
        Act("ec2:RunInstances", unit="pool", region="eu-west-1"),
        Act("ec2:DescribeVpcs", unit="pool"),
    ),
}


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_refused_and_its_twin_allowed(name: str) -> None:
    refused, twin = PAIRS[name]
    assert refused.decision().verdict == "explicit_deny", str(refused)
    assert twin.decision().allowed, (str(twin), twin.decision().why)


def test_every_statement_refuses_something_of_the_pairs() -> None:
    """A statement that no pair meets is either not needed or not tested."""
    met = {refused.decision().why.partition(": ")[2] for refused, _ in PAIRS.values()}
    written = {one["Sid"] for name in ORGANISATION.policies for one in policy(name, ORGANISATION)["Statement"]}
    # A public list on a bucket and one on an object are one statement; so are the keys' and the data's two.
    assert written == met


@pytest.mark.parametrize("name", sorted(ORGANISATION.policies))
def test_policies_keep_awss_quota_and_only_take_away(name: str) -> None:
    document_ = policy(name, ORGANISATION)
    assert len(compact(document_)) <= MOST_CHARACTERS
    for statement in document_["Statement"]:
        assert statement["Effect"] == "Deny"
        assert "${" not in json.dumps(statement)


def test_every_unit_keeps_the_quota_and_allows_what_is_not_denied() -> None:
    for unit, names in ORGANISATION.units.items():
        assert len(names) <= MOST_A_UNIT, unit
        assert FULL in names, unit
        assert Act("dynamodb:GetItem", RECORDS, unit=unit).decision().allowed
