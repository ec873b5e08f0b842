"""What containers on Fargate have in common: the one image, its settings, rights, log, and tasks that are Spot and on-demand mixed.

The first task of a service is on-demand, the others mostly Spot: AWS may take these back with two minutes' notice (SIGTERM), and the runtime then gives back
what it has not begun. Containers stand in public subnets with an address of their own and let nobody in but who is named, because a NAT gateway would cost
more than everything else that idles; or, where the stage says ``private_network``, in isolated ones behind endpoints.
"""

import json
from collections.abc import Sequence
from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from deploy.names import front_secret, prefix
from deploy.stacks.container_settings import common_settings, subnets
from deploy.stacks.log_days import retention
from deploy.stacks.sharing import ask
from deploy.stage import Stage

# Fargate's longest between SIGTERM and SIGKILL (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html);
# the runtime drains for ten seconds less.
STOP_SECONDS: Final = 120
DRAIN_SECONDS: Final = STOP_SECONDS - 10


class Containers(Construct):
    """A cluster with one service. ``task`` takes container definitions; ``serve`` starts them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, name: str, repositories: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.name = f"{prefix(stage)}-{name}"
        self._group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/fumibako/{stage.name}/{name}",
            retention=retention(stage.log_days),
            encryption_key=kms.Key.from_key_arn(self, "LogsKey", ask(self, stage, "key-logs-arn")),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._execution = self._execution_role(repositories)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        self.cluster = ecs.CfnCluster(
            self,
            "Cluster",
            cluster_name=self.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            cluster_settings=[ecs.CfnCluster.ClusterSettingsProperty(name="containerInsights", value="enabled")],
        )

    def scaled(self, scope: Construct, service: ecs.CfnService, *, least: int, most: int) -> scaling.CfnScalableTarget:
        """What policies scale: the service's tasks, between these counts."""
        target = scaling.CfnScalableTarget(
            scope,
            "Containers",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{self.name}/{self.name}",
            min_capacity=least,
            max_capacity=most,
        )
        target.add_resource_dependency(service)
        return target

    def settings_document(self, **own: str | int | list[str]) -> ecs.CfnTaskDefinition.SecretProperty:
        """The container's settings as one TOML document in SSM, where an operator reads them; ``own`` are its own.

        Fargate reads it when a task starts (FUMIBAKO_SETTINGS). What it says is no secret, and it stands in no task definition.
        """
        values = {**common_settings(self, self._stage), "drain_seconds": DRAIN_SECONDS, **own}
        name = f"/fumibako/{self._stage.name}/settings/{self.name.rpartition('-')[2]}"
        ssm.CfnParameter(
            self,
            "Settings",
            type="String",
            name=name,
            # JSON's texts, numbers and lists of texts are TOML's too.
            value="".join(f"{key} = {json.dumps(value)}\n" for key, value in sorted(values.items())),
            description=f"Fumibako {self._stage.name}: settings of the container.",
        )
        arn = f"arn:aws:ssm:{self._place}:parameter{name}"
        self._may_read("ReadSettings", "ssm:GetParameters", arn)
        return ecs.CfnTaskDefinition.SecretProperty(name="FUMIBAKO_SETTINGS", value_from=arn)

    def front_key(self) -> ecs.CfnTaskDefinition.SecretProperty:
        """The front's secret, handed over by Fargate at the start of a task."""
        arn = f"arn:aws:secretsmanager:{self._place}:secret:{front_secret(self._stage)}"
        # Secrets Manager adds six characters of its own to the name in an ARN.
        self._may_read("ReadFrontKey", "secretsmanager:GetSecretValue", f"{arn}-??????")
        self._may_read("OpenFrontKey", "kms:Decrypt", ask(self, self._stage, "key-settings-arn"))
        return ecs.CfnTaskDefinition.SecretProperty(name="FUMIBAKO_FRONT_KEYS", value_from=arn)

    def _may_read(self, name: str, action: str, resource: str) -> None:
        statement = iam.PolicyStatement(actions=[action], resources=[resource])
        iam.CfnRolePolicy(
            self,
            name,
            role_name=self._execution.role_name,
            policy_name=name,
            policy_document=iam.PolicyDocument(statements=[statement]),
        )

    @property
    def _place(self) -> str:
        return f"{self._stage.region}:{self._stage.account}"

    def log(self, container: str) -> ecs.CfnTaskDefinition.LogConfigurationProperty:
        """Where a container's lines go."""
        options = {
            "awslogs-group": self._group.log_group_name,
            "awslogs-region": self._stage.region,
            "awslogs-stream-prefix": container,
        }
        return ecs.CfnTaskDefinition.LogConfigurationProperty(log_driver="awslogs", options=options)

    def task(
        self,
        containers: Sequence[ecs.CfnTaskDefinition.ContainerDefinitionProperty],
        *,
        cpu: int,
        memory_mb: int,
        volumes: Sequence[str],
    ) -> ecs.CfnTaskDefinition:
        """The task. ``volumes`` are the folders that may be written, by name; they end with the task."""
        return ecs.CfnTaskDefinition(
            self,
            "Task",
            family=self.name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(cpu),
            memory=str(memory_mb),
            execution_role_arn=self._execution.role_arn,
            task_role_arn=self.role.role_arn,
            container_definitions=list(containers),
            volumes=[ecs.CfnTaskDefinition.VolumeProperty(name=one) for one in volumes],
        )

    def serve(
        self,
        task: ecs.CfnTaskDefinition,
        *,
        group: ec2.CfnSecurityGroup,
        least: int,
        balancers: Sequence[ecs.CfnService.LoadBalancerProperty] = (),
    ) -> ecs.CfnService:
        """Run ``least`` tasks, and as many as scaling says from then on."""
        properties = ecs.CfnService
        return ecs.CfnService(
            self,
            "Service",
            service_name=self.name,
            cluster=self.cluster.ref,
            task_definition=task.ref,
            # Scaling owns the number afterwards: a deployment must not set it back.
            desired_count=least or None,
            capacity_provider_strategy=[
                properties.CapacityProviderStrategyItemProperty(capacity_provider="FARGATE", base=1, weight=1),
                properties.CapacityProviderStrategyItemProperty(capacity_provider="FARGATE_SPOT", weight=3),
            ],
            deployment_configuration=properties.DeploymentConfigurationProperty(
                minimum_healthy_percent=100,
                maximum_percent=200,
                deployment_circuit_breaker=properties.DeploymentCircuitBreakerProperty(enable=True, rollback=True),
            ),
            network_configuration=properties.NetworkConfigurationProperty(
                awsvpc_configuration=properties.AwsVpcConfigurationProperty(
                    subnets=subnets(self, self._stage, private=self._stage.private_network),
                    security_groups=[group.attr_group_id],
                    assign_public_ip="DISABLED" if self._stage.private_network else "ENABLED",
                )
            ),
            load_balancers=list(balancers) or None,
            health_check_grace_period_seconds=120 if balancers else None,
            propagate_tags="SERVICE",
        )

    def closed_group(self, says: str) -> ec2.CfnSecurityGroup:
        """Nobody comes in; out goes TLS alone."""
        return ec2.CfnSecurityGroup(
            self,
            "Group",
            group_description=says,
            vpc_id=ask(self, self._stage, "vpc-id"),
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp", from_port=443, to_port=443, cidr_ip="0.0.0.0/0", description="TLS"
                )
            ],
        )

    def _execution_role(self, repositories: Sequence[str]) -> iam.Role:
        """What Fargate itself needs: fetch these images, write these lines."""
        role = iam.Role(self, "ExecutionRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        place = f"{self._stage.region}:{self._stage.account}"
        images = [f"arn:aws:ecr:{place}:repository/{name}" for name in repositories]
        iam.CfnRolePolicy(
            self,
            "ExecutionRights",
            role_name=role.role_name,
            policy_name="start",
            policy_document=iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
                    iam.PolicyStatement(
                        actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                        resources=images,
                    ),
                    iam.PolicyStatement(
                        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self._group.log_group_arn]
                    ),
                ]
            ),
        )
        return role
