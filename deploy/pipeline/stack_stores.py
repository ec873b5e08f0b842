"""What the pipeline itself keeps: artifacts on their way, lines of its steps, the key that signs releases, and who is told."""

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.stacks.accepted import accept


def signing_key(scope: Construct) -> kms.Key:
    """Whoever has this key makes releases that every stage believes. It never leaves KMS, and outlives its stack."""
    return kms.Key(
        scope,
        "Signing",
        description="Fumibako: signs releases",
        key_spec=kms.KeySpec.ECC_NIST_P256,
        key_usage=kms.KeyUsage.SIGN_VERIFY,
        alias="fumibako-releases",
        pending_window=Duration.days(30),
        removal_policy=RemovalPolicy.RETAIN,
    )


class Stores(Construct):
    """``artifacts``, ``lines``, ``signing``, ``topic``. Nothing of it is a customer's."""

    def __init__(self, scope: Construct, construct_id: str, *, region: str, tell: str) -> None:
        super().__init__(scope, construct_id)
        self._key = kms.Key(
            self,
            "Key",
            description="Fumibako: artifacts, lines and news of the pipeline",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
        )
        self._let_logs_use_the_key(region)
        self.signing = signing_key(self)
        self.lines = logs.LogGroup(
            self,
            "Lines",
            log_group_name="/fumibako/pipeline",
            encryption_key=self._key,
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.topic = sns.Topic(self, "News", topic_name="fumibako-pipeline", master_key=self._key, enforce_ssl=True)
        sns.CfnSubscription(self, "Mail", topic_arn=self.topic.topic_arn, protocol="email", endpoint=tell)
        self.artifacts = self._artifacts()

    def let_use_artifacts(self, who: iam.IPrincipal, name: str) -> None:
        """By the bucket's and the key's own policies: what one step left, the next one reads."""
        self.artifacts.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Artifacts{name.capitalize()}",
                principals=[who],
                actions=["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
                resources=[self.artifacts.arn_for_objects("*")],
            )
        )
        self.artifacts.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Place{name.capitalize()}",
                principals=[who],
                actions=["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"],
                resources=[self.artifacts.bucket_arn],
            )
        )
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Opens{name.capitalize()}",
                principals=[who],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
                resources=["*"],
            )
        )

    def _artifacts(self) -> s3.Bucket:
        common: dict[str, Any] = {
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "enforce_ssl": True,
            "minimum_tls_version": 1.2,
            "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "removal_policy": RemovalPolicy.RETAIN,
            "versioned": True,
        }
        access = s3.Bucket(
            self,
            "Access",
            # Access logs are delivered to buckets under S3's own keys alone.
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(365))],
            **common,
        )
        accept(
            access,
            "CKV_AWS_18",
            reason="It is where access is logged: its own log would write into itself.",
            test="tests/deploy/pipeline/test_stacks.py::test_artifacts_are_closed_and_their_use_is_logged",
        )
        return s3.Bucket(
            self,
            "Artifacts",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            bucket_key_enabled=True,
            server_access_logs_bucket=access,
            server_access_logs_prefix="artifacts/",
            # Releases are kept in the accounts that had them.
            lifecycle_rules=[
                s3.LifecycleRule(expiration=Duration.days(30), noncurrent_version_expiration=Duration.days(1))
            ],
            **common,
        )

    def _let_logs_use_the_key(self, region: str) -> None:
        account = Stack.of(self).account
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Lines",
                principals=[iam.ServicePrincipal(f"logs.{region}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"],
                resources=["*"],
                conditions={
                    "ArnEquals": {
                        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:/fumibako/pipeline"
                    }
                },
            )
        )
