"""The pipeline in CodePipeline, by CDK Pipelines: build once, sign, then wave after wave through the verbs of this tree (decision 25).

It does not change itself: a pipeline that may rewrite its own steps has every right of all of them. A person deploys it.
"""

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import Duration, Stack, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.pipeline.roles import RELEASE_ROLE, filled, pipeline_role
from deploy.pipeline.stack_stores import Stores
from deploy.pipeline.steps import RELEASE, bake_lines, bring_lines, build_lines, sign_lines
from deploy.pipeline.waves import Wave, Waves, by_account
from deploy.stacks.accepted import accept
from deploy.stage import load_stage

NAME: Final = "fumibako"
_BUILT: Final = "build/built"
# Who takes each role.
_ROLES: Final = {
    "build": "codebuild.amazonaws.com",
    "sign": "codebuild.amazonaws.com",
    "bring": "codebuild.amazonaws.com",
    "conveyor": "codepipeline.amazonaws.com",
}
_RUNTIMES: Final = {"version": "0.2", "phases": {"install": {"runtime-versions": {"python": "3.11", "nodejs": "22"}}}}
# For steps that only run the verbs; AWS keeps it (https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html).
_CURATED: Final = "aws/codebuild/standard:7.0"
# Hours that a step may take: the whole suite; a first deployment of every stack; a watch has its own.
_HOURS: Final = {"build": 3, "sign": 1, "bring": 4}


class PipelineStack(Stack):
    """Source, build, signature, and a wave for each of ``waves``."""

    def __init__(self, scope: Construct, construct_id: str, *, waves: Waves, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._waves = waves
        self._stores = Stores(self, "Stores", region=waves.region, tell=waves.tell)
        self._roles = self._make_roles()
        conveyor = codepipeline.Pipeline(
            self,
            "Conveyor",
            pipeline_name=NAME,
            pipeline_type=codepipeline.PipelineType.V2,
            # The next release waits: two of them in one stage would watch each other's alarms.
            execution_mode=codepipeline.ExecutionMode.QUEUED,
            artifact_bucket=self._stores.artifacts,
            role=self._roles["conveyor"],
            restart_execution_on_update=False,
        )
        self._flow(conveyor)
        self._use_our_roles(conveyor)
        self._accept_the_build_image(conveyor)
        cdk.CfnOutput(self, "SigningKey", value=self._stores.signing.key_arn)

    def _flow(self, conveyor: codepipeline.Pipeline) -> None:
        waves = self._waves
        source = pipelines.CodePipelineSource.connection(
            waves.repository, waves.branch, connection_arn=waves.connection_arn, code_build_clone_output=True
        )
        build = self._step("build", "build", build_lines(waves), source, builds=True, output="out")
        signer = f"kms:{self._stores.signing.key_arn}"
        sign = self._step(
            "sign", "sign", sign_lines(waves, signer), source, inputs={_BUILT: build.primary_output}, output=RELEASE
        )
        flow = pipelines.CodePipeline(
            self, "Flow", code_pipeline=conveyor, synth=build, self_mutation=False, use_pipeline_role_for_actions=True
        )
        flow.add_wave("sign", pre=[sign])
        release = {RELEASE: sign.primary_output}
        for wave in waves.waves:
            flow.add_wave(wave.name, pre=self._wave_steps(wave, source, release, signer))
        flow.build_pipeline()

    def _wave_steps(
        self, wave: Wave, source: pipelines.IFileSetProducer, release: Mapping[str, Any], signer: str
    ) -> list[pipelines.Step]:
        """Approval, then all stages at once, then the watch."""
        stages = [load_stage(name) for name in wave.stages]
        brought = [
            self._step(f"bring-{stage.name}", "bring", bring_lines(stage, signer), source, inputs=release)
            for stage in stages
        ]
        watch = self._step(
            f"bake-{wave.name}",
            "bring",
            bake_lines(wave, stages, signer),
            source,
            inputs=release,
            minutes=wave.bake_minutes + 60,
        )
        steps: list[pipelines.Step] = [*brought, watch]
        for one in brought:
            watch.add_step_dependency(one)
        if wave.approval:
            approval = pipelines.ManualApprovalStep(
                f"approve-{wave.name}",
                comment=f"Wave {wave.name}: {', '.join(wave.stages)}",
                notification_topic=self._stores.topic,
            )
            for one in brought:
                one.add_step_dependency(approval)
            steps.insert(0, approval)
        return steps

    def _step(
        self,
        name: str,
        role: str,
        lines: list[str],
        source: Any,
        *,
        inputs: Mapping[str, Any] | None = None,
        output: str | None = None,
        minutes: int | None = None,
        builds: bool = False,
    ) -> pipelines.CodeBuildStep:
        return pipelines.CodeBuildStep(
            name,
            input=source,
            additional_inputs=inputs,
            primary_output_directory=output,
            commands=lines,
            role=self._roles[role],
            action_role=self._roles["conveyor"],
            timeout=Duration.minutes(minutes or _HOURS[role] * 60),
            build_environment=codebuild.BuildEnvironment(
                # Chroots and mounts of mmdebstrap and buildah need it.
                privileged=builds,
                compute_type=codebuild.ComputeType.LARGE if builds else codebuild.ComputeType.SMALL,
                build_image=codebuild.LinuxBuildImage.from_code_build_image_id(
                    self._waves.build_image if builds else _CURATED
                ),
            ),
            partial_build_spec=None if builds else codebuild.BuildSpec.from_object(_RUNTIMES),
            logging=codebuild.LoggingOptions(
                cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=self._stores.lines)
            ),
        )

    def _make_roles(self) -> dict[str, iam.IRole]:
        """Roles with our files' rights; CDK gets them as foreign ones, so that it adds nothing."""
        waves = self._waves
        accounts = sorted({account for account, _ in by_account(waves)})
        places: dict[str, Any] = {
            "ConnectionArn": waves.connection_arn,
            "LogGroupArn": self._stores.lines.log_group_arn,
            "SigningKeyArn": self._stores.signing.key_arn,
            "ReleaseRoleArns": [f"arn:aws:iam::{account}:role/{RELEASE_ROLE}" for account in accounts],
        }
        made: dict[str, iam.IRole] = {}
        for name, service in _ROLES.items():
            role = iam.CfnRole(
                self,
                f"{name.capitalize()}Role",
                role_name=pipeline_role(name),
                assume_role_policy_document=_trusts(service, waves.account),
            )
            self._stores.let_use_artifacts(iam.ArnPrincipal(role.attr_arn), name)
            # The conveyor's rights name the projects, which are made later: _use_our_roles.
            if name != "conveyor":
                self._give(name, role.ref, filled(name, places))
            made[name] = iam.Role.from_role_arn(self, f"{name}-as-given", role.attr_arn, mutable=False)
        return made

    def _give(self, name: str, role: str, rights: dict[str, Any]) -> iam.CfnRolePolicy:
        """Apart from the role: the rights name the log, which is under the key, whose policy names the role."""
        return iam.CfnRolePolicy(
            self, f"{name.capitalize()}Rights", role_name=role, policy_name="step", policy_document=rights
        )

    def _use_our_roles(self, conveyor: codepipeline.Pipeline) -> None:
        """CDK gives the source and the approvals roles of their own, with stars; the conveyor's takes their place."""
        made = conveyor.node.default_child
        assert isinstance(made, codepipeline.CfnPipeline)
        for found in conveyor.node.find_all():
            if found.node.id == "CodePipelineActionRole" and found.node.scope is not None:
                found.node.scope.node.try_remove_child("CodePipelineActionRole")
        stages = self.resolve(made.stages)
        for number, stage in enumerate(stages):
            for place, _ in enumerate(stage["actions"]):
                made.add_property_override(f"Stages.{number}.Actions.{place}.RoleArn", self._roles["conveyor"].role_arn)
        projects = [one.attr_arn for one in self.node.find_all() if isinstance(one, codebuild.CfnProject)]
        rights = filled(
            "conveyor",
            {
                "ConnectionArn": self._waves.connection_arn,
                "Repository": self._waves.repository,
                "ProjectArns": projects,
                "TopicArn": self._stores.topic.topic_arn,
            },
        )
        role = self.node.find_child("ConveyorRole")
        assert isinstance(role, iam.CfnRole)
        self._give("conveyor", role.ref, rights)

    def _accept_the_build_image(self, conveyor: codepipeline.Pipeline) -> None:
        for one in conveyor.node.find_all():
            if isinstance(one, codebuild.CfnProject) and one.node.path.endswith("/CdkBuildProject/Resource"):
                accept(
                    one,
                    "AwsSolutions-CB5",
                    reason="The image of the services is made of Debian's packages, so its build runs on Debian, by digest.",
                    test="tests/deploy/pipeline/test_waves.py::test_a_build_image_by_tag_is_refused",
                )


def _trusts(service: str, account: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }
