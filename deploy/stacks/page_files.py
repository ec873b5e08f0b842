"""The bucket of the built page. `python -m deploy page` fills it; CloudFront alone reads it."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.names import page_bucket
from deploy.stacks.buckets import closed_bucket, logged
from deploy.stage import Stage

# How long a file stays that a later build replaced.
EARLIER_DAYS: Final = 60


def page_files(scope: Construct, stage: Stage) -> s3.Bucket:
    """The bucket, with the right of this account's distributions to read it and to ask what is there: what is not is 404 then, not 403."""
    bucket = closed_bucket(
        scope,
        "Page",
        stage=stage,
        name=page_bucket(stage),
        **logged(scope, "AccessLogs", stage=stage, prefix="page/"),
        lifecycle_rules=[
            s3.LifecycleRule(
                id="earlier-builds",
                noncurrent_version_expiration=Duration.days(EARLIER_DAYS),
                expired_object_delete_marker=True,
                abort_incomplete_multipart_upload_after=Duration.days(1),
            )
        ],
    )
    for action, resource in (("s3:GetObject", bucket.arn_for_objects("*")), ("s3:ListBucket", bucket.bucket_arn)):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"CloudFront{action.partition(':')[2]}",
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=[action],
                resources=[resource],
                conditions={
                    "StringEquals": {"AWS:SourceAccount": stage.account},
                    "ArnLike": {"AWS:SourceArn": f"arn:aws:cloudfront::{stage.account}:distribution/*"},
                },
            )
        )
    return bucket
