"""Buckets that stay: bytes of transfers, and where the other buckets' access is logged.

Bytes of transfers have no copy anywhere: no replication, no backup, no object lock, or a certificate of destruction would not be true. Versions are kept
because downloads are pinned to one; the sweeper deletes them by name within minutes, and the rules below only catch what it lost.
"""

from typing import Any, ClassVar, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.names import access_logs_bucket, blobs_bucket, prefix
from deploy.stacks.accepted import accept
from deploy.stacks.buckets import closed_bucket
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage

# A tenant's `abandon_days` is at most 30: a day longer, so that the rule never takes an upload that may still go on.
ABANDONED: Final = Duration.days(31)
# Nothing is read from a version that is no longer the current one: it was deleted, or an upload lost a race.
NONCURRENT: Final = Duration.days(1)
_METHODS: Final = (s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.PUT)
# The rule of spec/signed_urls.md; a test holds the two together.
_SENT: Final = ("content-type", "if-match", "if-none-match", "range")
_READ: Final = ("ETag", "Content-Range", "Content-Length", "Accept-Ranges")


class BlobsStack(Stack):
    """Two buckets, kept when the stack goes."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys",)

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        tell(self, stage, "access-logs-bucket-arn", self._access_logs(stage).bucket_arn)
        tell(self, stage, "blobs-bucket-arn", self._blobs(stage).bucket_arn)

    def _blobs(self, stage: Stage) -> s3.Bucket:
        bucket = closed_bucket(
            self,
            "Blobs",
            stage=stage,
            name=blobs_bucket(stage),
            key=kms.Key.from_key_arn(self, "Key", ask(self, stage, "key-blobs-arn")),
            cors=[_cors(stage)],
            lifecycle_rules=[_backstop()],
        )
        reason = "S3's access log writes the whole query of a request, and so signed addresses, which are the right to the bytes."
        test = "tests/deploy/stacks_a/test_blobs.py::test_no_log_of_ours_holds_signed_addresses"
        for rule in ("AwsSolutions-S1", "CKV_AWS_18"):
            accept(bucket, rule, reason=reason, test=test)
        return bucket

    def _access_logs(self, stage: Stage) -> s3.Bucket:
        # Log delivery takes S3's own keys alone (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
        bucket = closed_bucket(
            self,
            "AccessLogs",
            stage=stage,
            name=access_logs_bucket(stage),
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="log-days",
                    expiration=Duration.days(stage.log_days),
                    noncurrent_version_expiration=NONCURRENT,
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
        for statement in (_log_delivery(stage, bucket), *_connections(stage, bucket)):
            bucket.add_to_resource_policy(statement)
        reason = "It is where access is logged: its own log would write into itself."
        test = "tests/deploy/stacks_a/test_blobs.py::test_the_bucket_of_access_logs_is_closed"
        for rule in ("AwsSolutions-S1", "CKV_AWS_18"):
            accept(bucket, rule, reason=reason, test=test)
        return bucket


def _connections(stage: Stage, bucket: s3.Bucket) -> list[iam.PolicyStatement]:
    """The balancer of the compatible downloads logs its connections here
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html).
    """
    objects = bucket.arn_for_objects(f"downloads/AWSLogs/{stage.account}/*")
    rights = {"s3:PutObject": objects, "s3:GetBucketAcl": bucket.bucket_arn}
    return [
        iam.PolicyStatement(
            sid=f"Connections{action.removeprefix('s3:')}",
            principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
            actions=[action],
            resources=[resource],
            conditions={"StringEquals": {"aws:SourceAccount": stage.account}},
        )
        for action, resource in rights.items()
    ]


def _log_delivery(stage: Stage, bucket: s3.Bucket) -> iam.PolicyStatement:
    """S3 writes here for buckets of this stage, and for nobody else's."""
    return iam.PolicyStatement(
        sid="LogDelivery",
        principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects("*")],
        conditions={
            "StringEquals": {"aws:SourceAccount": stage.account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{prefix(stage)}-*"},
        },
    )


def _cors(stage: Stage) -> s3.CorsRule:
    return s3.CorsRule(
        allowed_origins=list(stage.page_origins),
        allowed_methods=list(_METHODS),
        allowed_headers=list(_SENT),
        exposed_headers=list(_READ),
        max_age=3600,
    )


def _backstop() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="backstop",
        abort_incomplete_multipart_upload_after=ABANDONED,
        noncurrent_version_expiration=NONCURRENT,
        expired_object_delete_marker=True,
    )
