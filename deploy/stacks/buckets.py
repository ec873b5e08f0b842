"""What all buckets have in common: nothing public, TLS alone, no owners but us, versions, and kept while the stage is protected."""

from typing import Any

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.names import access_logs_bucket
from deploy.stacks.keeping import kept
from deploy.stage import Stage


def closed_bucket(
    scope: Construct, construct_id: str, *, stage: Stage, name: str, key: kms.IKey | None = None, **more: Any
) -> s3.Bucket:
    """A bucket under ``key``, or under S3's own keys without one; ``more`` is what is special about it (``s3.Bucket``)."""
    # A data key for many objects: each would cost a KMS request otherwise.
    under: dict[str, Any] = {"encryption_key": key, "bucket_key_enabled": True} if key else {}
    return s3.Bucket(
        scope,
        construct_id,
        bucket_name=name,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        versioned=True,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        removal_policy=kept(stage),
        **under,
        **more,
    )


def logged(scope: Construct, construct_id: str, *, stage: Stage, prefix: str) -> dict[str, Any]:
    """What a bucket takes whose access is written into the bucket of access logs, under ``prefix``."""
    return {
        "server_access_logs_bucket": s3.Bucket.from_bucket_name(scope, construct_id, access_logs_bucket(stage)),
        "server_access_logs_prefix": prefix,
    }
