"""Where GitHub runs the verbs: the key that signs releases, and the one role that may use it, for jobs of the environment `release` alone."""

from typing import Any, Final

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.pipeline.roles import environment_subjects, filled, pipeline_role
from deploy.pipeline.stack_stores import signing_key
from deploy.pipeline.waves import Waves

ENVIRONMENT: Final = "release"


class SigningStack(Stack):
    """A key and a role."""

    def __init__(self, scope: Construct, construct_id: str, *, waves: Waves, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        key = signing_key(self)
        subjects = environment_subjects(waves.repository, [ENVIRONMENT])
        iam.CfnRole(
            self,
            "Sign",
            role_name=pipeline_role("sign"),
            description="Signs releases of Fumibako",
            assume_role_policy_document=filled("trust_github", {"Account": waves.account, "Subjects": subjects}),
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="sign", policy_document=filled("sign_github", {"SigningKeyArn": key.key_arn})
                )
            ],
        )
