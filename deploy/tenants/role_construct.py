"""The role of a service's tenants as a construct, for the stack of the services of a pooled stage."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.names import blobs_bucket, records_table, wrapped_keys_table
from deploy.stacks.accepted import accept
from deploy.stage import Stage
from deploy.tenants.role import TAG, placeholders, role_permissions, role_trust, tenant_role_arn, tenant_role_name

# An hour is the most that a role assumed by a role gets; ours are asked for 31 minutes.
LONGEST_SECONDS: Final = 3_600
# KMS keys by the placeholder that takes their ARN.
KEYS: Final = {
    "SealKeyArn": "seal",
    "RecordsKeyArn": "records",
    "WrappedKeysKeyArn": "wrapped-keys",
    "BlobsKeyArn": "blobs",
}


class TenantRole(Construct):
    """``keys``: ARNs of the KMS keys ``seal``, ``records``, ``wrapped-keys`` and ``blobs``."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, service: str, keys: Mapping[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        bucket = blobs_bucket(stage)
        places = {
            "AWS::Region": stage.region,
            "AWS::AccountId": stage.account,
            "RecordsTable": records_table(stage),
            "WrappedKeysTable": wrapped_keys_table(stage),
            "BlobsBucket": bucket,
            **{name: keys[use] for name, use in KEYS.items()},
        }
        self.arn = tenant_role_arn(stage, service)
        self.role = self._made(stage, service, places)
        if "BlobsBucket" in placeholders(service):
            accept(
                self.role,
                f"AwsSolutions-IAM5[Resource::arn:aws:s3:::{bucket}/<aws:PrincipalTag/{TAG}>/*]",
                reason="The star stands for the objects under one tenant's prefix, which the session's tag names.",
                test="tests/deploy/tenants/test_isolation.py::test_refused_and_its_twin_allowed",
            )

    def _made(self, stage: Stage, service: str, places: Mapping[str, str]) -> iam.CfnRole:
        document = role_permissions(service, places)
        return iam.CfnRole(
            self,
            "Role",
            role_name=tenant_role_name(stage, service),
            description=f"Fumibako {stage.name}, {service}: requests of one tenant, which the session's tag names",
            assume_role_policy_document=role_trust(stage.account, stage.name, service),
            max_session_duration=LONGEST_SECONDS,
            policies=[iam.CfnRole.PolicyProperty(policy_name="one-tenant", policy_document=document)],
        )
