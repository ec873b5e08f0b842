"""What the web and the services have in common, in a stack of its own, so that either side may go and come again: a secret and a bucket.

CloudFront sends the secret with each request; services and containers let nobody in without it. How it is renewed stands in docs/cloud/web.md. The bucket
holds the built page; it lies in the stage's Region, where access to it is logged.
"""

from typing import Any, ClassVar, Final

from aws_cdk import SecretValue, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from deploy.names import WEB_REGION, front_secret
from deploy.stacks.accepted import accept
from deploy.stacks.keeping import kept
from deploy.stacks.page_files import page_files
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage

LENGTH: Final = 48
_TEST: Final = "tests/deploy/stacks_b/test_front.py::test_the_secret_is_long_and_known_by_name_in_both_regions"


class FrontStack(Stack):
    """One secret, by name in the stage's Region and in CloudFront's; one bucket that only CloudFront reads."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys", "blobs")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        secret = secrets.Secret(
            self,
            "Key",
            secret_name=front_secret(stage),
            description=f"Fumibako {stage.name}: by this services know the front door.",
            encryption_key=kms.Key.from_key_arn(self, "SettingsKey", ask(self, stage, "key-settings-arn")),
            generate_secret_string=secrets.SecretStringGenerator(password_length=LENGTH, exclude_punctuation=True),
            replica_regions=[secrets.ReplicaRegion(region=WEB_REGION)] if stage.region != WEB_REGION else None,
            removal_policy=kept(stage),
        )
        accept(
            secret,
            "AwsSolutions-SMG4",
            reason="Both sides take it at their deployment: renewed behind their backs it would shut everybody out.",
            test=_TEST,
        )
        tell(self, stage, "page-bucket-arn", page_files(self, stage).bucket_arn)


def front_key(stage: Stage) -> str:
    """The secret's value where a template needs it: CloudFormation looks it up at the deployment, no template holds it.

    It looks again only where the resource changes (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html), so
    a renewed secret is told by its version.
    """
    return SecretValue.secrets_manager(front_secret(stage), version_id=stage.front_key_version or None).unsafe_unwrap()
