"""Compatible downloads: containers of the one image that open files for browsers that can't, behind /fetch/ of every tenant's host.

CloudFront finds them by a host name of their own, through a balancer that sees no path (downloads_balancer.py); the runtime answers only who shows the front's key.
"""

from typing import Any, ClassVar, Final

from aws_cdk import Stack
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from deploy.names import downloads_host, image_parameter, prefix
from deploy.stacks.container_rights import give
from deploy.stacks.container_settings import writable
from deploy.stacks.containers import STOP_SECONDS, Containers
from deploy.stacks.downloads_balancer import Balancer
from deploy.stacks.sharing import tell
from deploy.stage import Stage

PORT: Final = 8_080
# 48 downloads at once hold 2 MiB each; opening takes 0.4 s of a core a GiB (docs/decisions/0014-compatible-downloads.md).
CPU: Final = 512
MEMORY_MB: Final = 1_024
LEAST, MOST = 1, 8
BUSY_PERCENT: Final = 60


class DownloadsStack(Stack):
    """Balancer, containers, and a name for CloudFront to find them by."""

    NEEDS: ClassVar[tuple[str, ...]] = ("network", "keys", "data", "blobs", "messaging", "front")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._stage = stage
        self._containers = Containers(self, "Downloads", stage=stage, name="downloads", repositories=("fumibako",))
        rights = give(self._containers, self._containers.role, stage, "downloads")
        task = self._containers.task([self._container()], cpu=CPU, memory_mb=MEMORY_MB, volumes=("own",))
        task.node.add_dependency(rights)
        inner = self._containers.closed_group("Downloads: the balancer alone comes in")
        balancer = Balancer(self, "Balancing", stage=stage, port=PORT, inner=inner)
        service = self._containers.serve(
            task,
            group=inner,
            least=LEAST,
            balancers=[
                ecs.CfnService.LoadBalancerProperty(
                    container_name="fetch", container_port=PORT, target_group_arn=balancer.targets.ref
                )
            ],
        )
        service.add_resource_dependency(balancer.listener)
        self._scale(service)
        tell(self, stage, "downloads-address", f"https://{downloads_host(stage)}")

    def _container(self) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        image = ssm.StringParameter.value_for_string_parameter(self, image_parameter(self._stage))
        document = self._containers.settings_document(
            roles=["bytes"],
            listen_host="0.0.0.0",  # noqa: S104  # inside the task's own network, behind its group
            listen_port=PORT,
            # It opens what was checked before; nothing is scanned here.
            scanner="none",
            scanner_reason="This container opens files and checks none.",
        )
        secrets = [document, self._containers.front_key()]
        return ecs.CfnTaskDefinition.ContainerDefinitionProperty(
            name="fetch",
            image=image,
            essential=True,
            readonly_root_filesystem=True,
            secrets=secrets,
            mount_points=writable(own="/var/lib/fumibako"),
            port_mappings=[ecs.CfnTaskDefinition.PortMappingProperty(container_port=PORT, protocol="tcp")],
            log_configuration=self._containers.log("fetch"),
            stop_timeout=STOP_SECONDS,
            linux_parameters=ecs.CfnTaskDefinition.LinuxParametersProperty(
                capabilities=ecs.CfnTaskDefinition.KernelCapabilitiesProperty(drop=["ALL"]), init_process_enabled=True
            ),
        )

    def _scale(self, service: ecs.CfnService) -> None:
        target = self._containers.scaled(self, service, least=LEAST, most=MOST)
        policies = scaling.CfnScalingPolicy
        scaling.CfnScalingPolicy(
            self,
            "Busy",
            policy_name=f"{prefix(self._stage)}-downloads-busy",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=policies.TargetTrackingScalingPolicyConfigurationProperty(
                predefined_metric_specification=policies.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="ECSServiceAverageCPUUtilization"
                ),
                target_value=BUSY_PERCENT,
                scale_out_cooldown=60,
                scale_in_cooldown=600,
            ),
        )
