"""KMS keys. Those of the product it calls itself; those of stores encrypt at rest, through their service alone.

No key policy names a role: functions come and go, keys stay. There are two locks. The key's own policy says what may be done at all: a product key only
what it is for, a store key only through its store (``kms:ViaService``,
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service). Who may do it, the roles' policies say.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.names import PRODUCT_KEYS, STORE_KEYS, key_alias
from deploy.stacks.accepted import accept
from deploy.stacks.keeping import kept
from deploy.stacks.sharing import tell
from deploy.stage import Stage

# The longest that KMS takes: a key that went by mistake can be called back for a month.
_WAIT: Final = Duration.days(30)
_SPECS: Final = {
    "seal": (kms.KeySpec.SYMMETRIC_DEFAULT, kms.KeyUsage.ENCRYPT_DECRYPT),
    "mac": (kms.KeySpec.HMAC_256, kms.KeyUsage.GENERATE_VERIFY_MAC),
    "access": (kms.KeySpec.ECC_NIST_P256, kms.KeyUsage.SIGN_VERIFY),
    "proof": (kms.KeySpec.ECC_NIST_P256, kms.KeyUsage.SIGN_VERIFY),
    "root": (kms.KeySpec.ECC_NIST_P256, kms.KeyUsage.SIGN_VERIFY),
}
_USES: Final = {
    "seal": ("kms:Decrypt", "kms:GenerateDataKey"),
    "mac": ("kms:GenerateMac",),
    "access": ("kms:GetPublicKey", "kms:Sign"),
    "proof": ("kms:GetPublicKey", "kms:Sign"),
    "root": ("kms:GetPublicKey", "kms:Sign"),
}
# What the seal's encryption context is made of (spec: chalicelib's key store); nothing is opened without all three.
SEAL_CONTEXT: Final = ("tenant", "purpose", "context-sha256")
# Services through which each store key works, and what they need.
_THROUGH: Final = {
    "records": ("dynamodb", "backup"),
    "wrapped-keys": ("dynamodb",),
    "blobs": ("s3",),
    "events": ("sns", "sqs"),
    "identity": ("s3", "sqs", "lambda"),
    "logs": (),
    # Settings of functions, and the front's secret.
    "settings": ("lambda", "secretsmanager"),
}
_GRANTED: Final = ("records", "wrapped-keys", "identity", "settings")
_STORE_ACTIONS: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
# Everything about a key but its use. Deleting waits for 30 days, and the observability stack has an alarm on it.
_ADMINISTRATION: Final = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)


class KeysStack(Stack):
    """Twelve keys, kept when the stack goes."""

    NEEDS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        for use in PRODUCT_KEYS:
            self._key(stage, use, [_use_by_policy(stage, use)])
        for use in STORE_KEYS:
            self._key(stage, use, _at_rest(stage, use))

    def _key(self, stage: Stage, use: str, statements: Sequence[iam.PolicyStatement]) -> None:
        spec, usage = _SPECS.get(use, _SPECS["seal"])
        symmetric = spec is kms.KeySpec.SYMMETRIC_DEFAULT
        key = kms.Key(
            self,
            f"{use.title().replace('-', '')}Key",
            alias=key_alias(stage, use),
            description=f"Fumibako {stage.name}: {use}",
            key_spec=spec,
            key_usage=usage,
            # KMS rotates symmetric keys by itself; the others are followed by a new key (docs/operations/keys.md).
            enable_key_rotation=True if symmetric else None,
            pending_window=_WAIT,
            removal_policy=kept(stage),
            policy=iam.PolicyDocument(statements=[_administration(stage), *statements]),
        )
        if use == "mac":
            accept(
                key,
                "CKV_AWS_7",
                reason="KMS rotates no HMAC key, and a new one would change every keyed hash that is stored.",
                test="tests/deploy/stacks_a/test_keys.py::test_what_kms_can_rotate_rotates",
            )
        tell(self, stage, f"key-{use}-arn", key.key_arn)


def _administration(stage: Stage) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="Administration", principals=[_account(stage)], actions=list(_ADMINISTRATION), resources=["*"]
    )


def _use_by_policy(stage: Stage, use: str) -> iam.PolicyStatement:
    """Whoever a policy in this account lets; the seal only with its whole context, so that no foreign or empty context opens anything."""
    conditions: dict[str, dict[str, Any]] = {"StringEquals": {"kms:CallerAccount": stage.account}}
    if use == "seal":
        conditions["Null"] = {f"kms:EncryptionContext:{name}": "false" for name in SEAL_CONTEXT}
        conditions["ForAllValues:StringEquals"] = {"kms:EncryptionContextKeys": list(SEAL_CONTEXT)}
    return iam.PolicyStatement(
        sid="UseByPolicy",
        principals=[_account(stage)],
        actions=list(_USES[use]),
        resources=["*"],
        conditions=conditions,
    )


def _at_rest(stage: Stage, use: str) -> list[iam.PolicyStatement]:
    through = [f"{service}.{stage.region}.amazonaws.com" for service in _THROUGH[use]]
    ours = {"kms:CallerAccount": stage.account}
    statements: list[iam.PolicyStatement] = []
    if through:
        statements.append(
            iam.PolicyStatement(
                sid="ThroughItsStore",
                principals=[_account(stage)],
                actions=list(_STORE_ACTIONS),
                resources=["*"],
                conditions={"StringEquals": {**ours, "kms:ViaService": through}},
            )
        )
    if use in _GRANTED:
        # DynamoDB, AWS Backup and Lambda work on after the request is over, by a grant that only a service of AWS may get.
        statements.append(
            iam.PolicyStatement(
                sid="GrantsForItsStore",
                principals=[_account(stage)],
                actions=["kms:CreateGrant"],
                resources=["*"],
                conditions={
                    "StringEquals": {**ours, "kms:ViaService": through},
                    "Bool": {"kms:GrantIsForAWSResource": "true"},
                },
            )
        )
    if use in _WRITERS:
        statements.append(_writes_into_queues(stage, use))
    if use == "logs":
        statements.append(_log_groups(stage))
    return statements


# Services that act without a caller of ours: SNS and EventBridge write into encrypted queues.
_WRITERS: Final = {"events": "sns.amazonaws.com", "identity": "events.amazonaws.com"}


def _writes_into_queues(stage: Stage, use: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="WritesIntoQueues",
        principals=[iam.ServicePrincipal(_WRITERS[use])],
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": stage.account}},
    )


def _log_groups(stage: Stage) -> iam.PolicyStatement:
    """CloudWatch Logs names the log group in the encryption context (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)."""
    groups = f"arn:aws:logs:{stage.region}:{stage.account}:log-group:*"
    return iam.PolicyStatement(
        sid="LogGroups",
        principals=[iam.ServicePrincipal(f"logs.{stage.region}.amazonaws.com")],
        actions=list(_STORE_ACTIONS),
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


def _account(stage: Stage) -> iam.ArnPrincipal:
    return iam.ArnPrincipal(f"arn:aws:iam::{stage.account}:root")
