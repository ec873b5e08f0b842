"""What an account needs before releases can come: registry, releases that it had, and the one role that brings them. Made once, by a person.

It is no lifecycle of a stage: stages come and go in it, and a preview in the same account uses it too.
"""

from collections.abc import Sequence
from typing import Any, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.names import (
    WEB_REGION,
    good_release_parameter,
    image_parameter,
    laid_release_parameter,
    page_bucket,
    parameter,
    scanner_image_parameter,
    turn_parameter,
)
from deploy.pipeline.roles import RELEASE_ROLE, cdk_role_arns, environment_subjects, filled
from deploy.pipeline.store import REPOSITORY
from deploy.pipeline.waves import Waves
from deploy.stacks.accepted import accept
from deploy.stage import Stage
from deploy.supply.gathering import IMAGES

# A watch may take hours, and GitHub's credentials are not renewed.
LONGEST: Final = Duration.hours(8)
_TEST: Final = "tests/deploy/pipeline/test_roles.py::test_the_release_role_reaches_its_own_stages_alone"


class AccountStack(Stack):
    """``stages`` are all of one account and Region."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stages: Sequence[Stage], waves: Waves, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._stages = stages
        self._first = stages[0]
        self._key = kms.Key(
            self,
            "Key",
            description="Fumibako: images and releases of this account",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
        )
        repositories = [self._repository(name) for name in sorted((*IMAGES, REPOSITORY))]
        self._role(waves, [one.repository_arn for one in repositories])

    def _repository(self, name: str) -> ecr.Repository:
        repository = ecr.Repository(
            self,
            "".join(word.capitalize() for word in name.split("-")),
            repository_name=name,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=self._key,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        )
        # What lost its tag; images and releases have one and stay.
        repository.add_lifecycle_rule(tag_status=ecr.TagStatus.UNTAGGED, max_image_age=Duration.days(14))
        return repository

    def _role(self, waves: Waves, repositories: Sequence[str]) -> None:
        stage = self._first
        told = [
            name
            for one in self._stages
            for name in (
                image_parameter(one),
                scanner_image_parameter(one),
                good_release_parameter(one),
                laid_release_parameter(one),
                turn_parameter(one),
                parameter(one, "deployed-version"),
            )
        ]
        ssm = f"arn:aws:ssm:{stage.region}:{stage.account}:parameter"
        pages = [f"arn:aws:s3:::{page_bucket(one)}" for one in self._stages]
        rights = filled(
            "release",
            {
                "ParameterArns": [f"{ssm}{name}" for name in told],
                "TurnArns": [f"{ssm}{turn_parameter(one)}" for one in self._stages],
                "PageBucketArns": pages,
                "PageObjectArns": [f"{page}/*" for page in pages],
                "RepositoryArns": repositories,
                "CdkRoleArns": cdk_role_arns(stage.account, sorted({stage.region, WEB_REGION})),
            },
        )
        role = iam.CfnRole(
            self,
            "Release",
            role_name=RELEASE_ROLE,
            description="Brings releases of Fumibako to the stages of this account",
            assume_role_policy_document=self._trust(waves),
            max_session_duration=LONGEST.to_seconds(),
            policies=[iam.CfnRole.PolicyProperty(policy_name="bring", policy_document=rights)],
        )
        for page in pages:
            accept(
                role,
                f"AwsSolutions-IAM5[Resource::{page}/*]",
                reason="The star stands for the files of the stage's page, which are public anyway.",
                test=_TEST,
            )

    def _trust(self, waves: Waves) -> dict[str, Any]:
        if waves.conveyor == "codepipeline":
            return filled("trust_codepipeline", {"PipelineAccount": waves.account})
        # The provider is the account's, not the stack's: an account has one at most (docs/cloud/pipeline.md makes it).
        subjects = environment_subjects(waves.repository, [one.name for one in self._stages])
        return filled("trust_github", {"Account": self._first.account, "Subjects": subjects})
