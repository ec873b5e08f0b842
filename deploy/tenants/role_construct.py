"""The tenants' role as a construct, for the stack of the services of a pooled stage."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.names import blobs_bucket, records_table, wrapped_keys_table
from deploy.stacks.accepted import accept
from deploy.stage import Stage
from deploy.tenants.role import TAG, assume_permissions, role_permissions, role_trust, tenant_role_arn, tenant_role_name

# An hour is the most that a role assumed by a role gets; ours are asked for 31 minutes.
LONGEST_SECONDS: Final = 3_600


class TenantRole(Construct):
    """``keys``: ARNs of the KMS keys ``seal``, ``records``, ``wrapped-keys`` and ``blobs``."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, keys: Mapping[str, str]) -> None:
        super().__init__(scope, construct_id)
        tables = f"arn:aws:dynamodb:{stage.region}:{stage.account}:table"
        places = {
            "RecordsTableArn": f"{tables}/{records_table(stage)}",
            "WrappedKeysTableArn": f"{tables}/{wrapped_keys_table(stage)}",
            "BlobsBucketArn": f"arn:aws:s3:::{blobs_bucket(stage)}",
            "SealKeyArn": keys["seal"],
            "RecordsKeyArn": keys["records"],
            "WrappedKeysKeyArn": keys["wrapped-keys"],
            "BlobsKeyArn": keys["blobs"],
            "Region": stage.region,
        }
        self.arn = tenant_role_arn(stage)
        self.role = self._made(stage, places)
        accept(
            self.role,
            f"AwsSolutions-IAM5[Resource::{places['BlobsBucketArn']}/<aws:PrincipalTag/{TAG}>/*]",
            reason="The star stands for the objects under one tenant's prefix, which the session's tag names.",
            test="tests/deploy/tenants/test_isolation.py::test_refused_and_its_twin_allowed",
        )

    def _made(self, stage: Stage, places: Mapping[str, str]) -> iam.CfnRole:
        return iam.CfnRole(
            self,
            "Role",
            role_name=tenant_role_name(stage),
            description=f"Fumibako {stage.name}: requests of one tenant, which the session's tag names",
            assume_role_policy_document=role_trust(stage.account, stage.name),
            max_session_duration=LONGEST_SECONDS,
            policies=[iam.CfnRole.PolicyProperty(policy_name="one-tenant", policy_document=role_permissions(places))],
        )

    def may_be_assumed_by(self) -> dict[str, object]:
        """What the policy of an API function says besides."""
        return assume_permissions(self.arn)
