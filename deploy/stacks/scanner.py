"""The scanner: containers that check what was sent, each with a clamd of its own beside it, none where nothing waits.

What waits is a queue of its own (messaging.py). Files are read from the bucket, opened and put past clamd over the task's own loopback: nothing listens, and no
function waits for a scan. docs/decisions/0021-scanner-and-front.md tells why.
"""

from typing import Any, ClassVar, Final

from aws_cdk import Stack
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from deploy.names import SCANS, image_parameter, prefix, queue, scanner_image_parameter
from deploy.stacks.container_rights import give
from deploy.stacks.container_settings import writable
from deploy.stacks.containers import STOP_SECONDS, Containers
from deploy.stage import Stage

# clamd's signatures take some 1.3 GB, and as much again for a moment when they are renewed.
CPU: Final = 1_024
MEMORY_MB: Final = 4_096
# (more than so many wait or are under way, containers): one container does two scans at once.
STEPS: Final = ((0, 1), (20, 2), (100, 4), (400, 8))
# Nothing waited for so long: a container costs about as much as it saves by then.
IDLE_MINUTES: Final = 15
_CLAMD: Final = "clamd"
_SCAN: Final = "scan"


class ScannerStack(Stack):
    """Queue depth in, containers out."""

    NEEDS: ClassVar[tuple[str, ...]] = ("network", "keys", "data", "blobs", "messaging")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._stage = stage
        self._containers = Containers(
            self, "Scanner", stage=stage, name="scanner", repositories=("fumibako", "fumibako-scanner")
        )
        rights = give(self._containers, self._containers.role, stage, "scanner")
        task = self._containers.task(
            [self._clamd(), self._scan()], cpu=CPU, memory_mb=MEMORY_MB, volumes=("signatures", "scratch", "own")
        )
        task.node.add_dependency(rights)
        group = self._containers.closed_group("Scanner: nobody comes in")
        service = self._containers.serve(task, group=group, least=0)
        self._scale(service)

    def _clamd(self) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        image = ssm.StringParameter.value_for_string_parameter(self, scanner_image_parameter(self._stage))
        return ecs.CfnTaskDefinition.ContainerDefinitionProperty(
            name=_CLAMD,
            image=image,
            essential=True,
            readonly_root_filesystem=True,
            mount_points=writable(signatures="/var/lib/clamav", scratch="/tmp"),  # noqa: S108  # a folder in the container
            log_configuration=self._containers.log(_CLAMD),
            # It answers once the signatures are loaded, which takes a minute.
            health_check=ecs.CfnTaskDefinition.HealthCheckProperty(
                command=["CMD", "clamdscan", "--ping", "1"], interval=15, timeout=10, retries=3, start_period=240
            ),
            stop_timeout=STOP_SECONDS,
            linux_parameters=_no_capabilities(),
        )

    def _scan(self) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        image = ssm.StringParameter.value_for_string_parameter(self, image_parameter(self._stage))
        document = self._containers.settings_document(roles=["scan"], scanner="clamd", clamd_address="127.0.0.1:3310")
        return ecs.CfnTaskDefinition.ContainerDefinitionProperty(
            name=_SCAN,
            image=image,
            essential=True,
            readonly_root_filesystem=True,
            secrets=[document],
            mount_points=writable(own="/var/lib/fumibako"),
            log_configuration=self._containers.log(_SCAN),
            # Started after clamd and stopped before it, so that scans under way come to their end.
            depends_on=[ecs.CfnTaskDefinition.ContainerDependencyProperty(container_name=_CLAMD, condition="HEALTHY")],
            stop_timeout=STOP_SECONDS,
            linux_parameters=_no_capabilities(),
        )

    def _scale(self, service: ecs.CfnService) -> None:
        target = self._containers.scaled(self, service, least=0, most=STEPS[-1][1])
        out = self._policy("Out", target, _steps_out(), cooldown=60)
        back = self._policy("Back", target, [_step(upper=0, containers=0)], cooldown=60)
        self._watch("Waiting", out.ref, compared="GreaterThanThreshold", minutes=1)
        self._watch("Idle", back.ref, compared="LessThanOrEqualToThreshold", minutes=IDLE_MINUTES)

    def _policy(self, name: str, target: Any, steps: list[Any], *, cooldown: int) -> scaling.CfnScalingPolicy:
        return scaling.CfnScalingPolicy(
            self,
            name,
            policy_name=f"{self._containers.name}-{name.lower()}",
            policy_type="StepScaling",
            scaling_target_id=target.ref,
            step_scaling_policy_configuration=scaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ExactCapacity",
                cooldown=cooldown,
                metric_aggregation_type="Maximum",
                step_adjustments=steps,
            ),
        )

    def _watch(self, name: str, policy: str, *, compared: str, minutes: int) -> None:
        """What waits and what is under way: a container that scans its last file is not idle."""
        cloudwatch.CfnAlarm(
            self,
            name,
            alarm_name=f"{prefix(self._stage)}-scaling-{name.lower()}",
            alarm_description="Scales the scanner; nobody needs to look.",
            metrics=[
                *(_depth(number, metric, queue(self._stage, SCANS)) for number, metric in enumerate(_DEPTHS, start=1)),
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="depth", expression="FILL(m1,0) + FILL(m2,0)", label="depth", return_data=True
                ),
            ],
            comparison_operator=compared,
            threshold=0,
            evaluation_periods=minutes,
            datapoints_to_alarm=minutes,
            treat_missing_data="notBreaching",
            alarm_actions=[policy],
        )


_DEPTHS: Final = ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible")


def _depth(number: int, metric: str, name: str) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    dimension = cloudwatch.CfnAlarm.DimensionProperty(name="QueueName", value=name)
    return cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id=f"m{number}",
        return_data=False,
        metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
            metric=cloudwatch.CfnAlarm.MetricProperty(namespace="AWS/SQS", metric_name=metric, dimensions=[dimension]),
            period=60,
            stat="Maximum",
        ),
    )


def _steps_out() -> list[Any]:
    ends = [*(float(waiting) for waiting, _ in STEPS[1:]), None]
    return [
        _step(lower=waiting, upper=end, containers=containers)
        for (waiting, containers), end in zip(STEPS, ends, strict=True)
    ]


def _step(*, containers: int, lower: float | None = None, upper: float | None = None) -> Any:
    return scaling.CfnScalingPolicy.StepAdjustmentProperty(
        metric_interval_lower_bound=lower, metric_interval_upper_bound=upper, scaling_adjustment=containers
    )


def _no_capabilities() -> ecs.CfnTaskDefinition.LinuxParametersProperty:
    return ecs.CfnTaskDefinition.LinuxParametersProperty(
        capabilities=ecs.CfnTaskDefinition.KernelCapabilitiesProperty(drop=["ALL"]), init_process_enabled=True
    )
