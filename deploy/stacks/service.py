"""One service in a nested stack: its packaged template, and the careful way in which a new version comes.

A new version gets a tenth of the calls for five minutes; when the service's alarm rings in that time, or while the rest follows, CodeDeploy leads everything
back to the old one (https://docs.aws.amazon.com/lambda/latest/dg/lambda-rolling-deployments.html). Schedules and the relay switch at once: a tenth of one
execution a minute says nothing.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aws_cdk import CfnCodeDeployLambdaAliasUpdate, CfnUpdatePolicy, NestedStack, RemovalPolicy, Stack
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from aws_cdk.cloudformation_include import CfnInclude
from constructs import Construct

from deploy.packaging.functions import Function, functions_of
from deploy.stacks.accepted import accept
from deploy.stacks.alarms import NamedAlarm, faults_of_service
from deploy.stacks.log_days import retention
from deploy.stacks.service_template import for_stage
from deploy.stage import Stage

CANARY: Final = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
AT_ONCE: Final = "CodeDeployDefault.LambdaAllAtOnce"
_TEST: Final = "tests/deploy/stacks_b/test_services.py"


class ServiceStack(NestedStack):
    """``told`` holds values of the template's parameters; those that it does not have are left out. ``firewall`` is an ARN."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        service: str,
        template: dict[str, Any],
        told: Mapping[str, str],
        firewall: str,
    ) -> None:
        own = for_stage(template, service)
        given = {name: value for name, value in told.items() if name in own["Parameters"]}
        super().__init__(scope, construct_id, description=f"Fumibako {stage.name}: {service}", parameters=given)
        self._stage = stage
        self._service = service
        self._included = _include(self, own)
        self._versions(json.dumps(Stack.of(scope).resolve(given), sort_keys=True))
        self._deployments()
        self._guard(firewall, told["LogsKeyArn"])
        self.api_id: str = self._resource("RestAPI").ref
        self.api_stage: str = self._resource("RestAPIStage").ref

    def _resource(self, logical_id: str) -> Any:
        return self._included.get_resource(logical_id)

    def _versions(self, settings: str) -> None:
        """A function's settings are parameters of its template; a version is made anew when one of them changes too."""
        mark = hashlib.sha256(settings.encode()).hexdigest()[:8]
        for one in self._included.node.find_all():
            if isinstance(one, functions.CfnVersion):
                one.override_logical_id(f"{self.resolve(one.logical_id)}{mark}")

    def _guard(self, firewall: str, logs_key: str) -> None:
        """Who goes around CloudFront gets no further than the gateway."""
        api, api_stage = self._resource("RestAPI"), self._resource("RestAPIStage")
        waf.CfnWebACLAssociation(
            self,
            "Guard",
            web_acl_arn=firewall,
            resource_arn=f"arn:aws:apigateway:{self._stage.region}::/restapis/{api.ref}/stages/{api_stage.ref}",
        )
        # API Gateway makes this group by itself, and it would be kept for ever.
        logs.LogGroup(
            self,
            "GatewayErrors",
            log_group_name=f"API-Gateway-Execution-Logs_{api.ref}/api",
            retention=retention(self._stage.log_days),
            encryption_key=kms.Key.from_key_arn(self, "LogsKey", logs_key),
            removal_policy=RemovalPolicy.DESTROY,
        )
        accept(
            api,
            "AwsSolutions-APIG2",
            reason="Bodies and queries are judged by the service, whose refusals name the field (RFC 9457).",
            test=f"{_TEST}::test_a_service_judges_requests_itself",
        )
        accept(
            api_stage,
            "CKV_AWS_120",
            reason="Answers belong to the person who asked and carry keys: none is kept in a cache.",
            test=f"{_TEST}::test_no_answer_is_cached",
        )

    def _deployments(self) -> None:
        application = codedeploy.CfnApplication(self, "Deployments", compute_platform="Lambda")
        alarm = faults_of_service(self, self._stage, self._service)
        role = iam.Role(self, "DeploymentsRole", assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"))
        rights = iam.CfnRolePolicy(
            self,
            "DeploymentsRights",
            role_name=role.role_name,
            policy_name="shift",
            policy_document=iam.PolicyDocument(statements=[self._shift(), self._watch(alarm)]),
        )
        for one in functions_of(self._service):
            group = self._deployment(one, application.ref, role.role_arn, alarm)
            group.add_resource_dependency(alarm.resource)
            group.add_resource_dependency(rights)

    def _deployment(
        self, one: Function, application: str, role: str, alarm: NamedAlarm
    ) -> codedeploy.CfnDeploymentGroup:
        careful = one.kind in ("api", "authorizer", "queue")
        properties = codedeploy.CfnDeploymentGroup
        group = codedeploy.CfnDeploymentGroup(
            self,
            f"{one.logical_id}Deployment",
            application_name=application,
            service_role_arn=role,
            deployment_config_name=CANARY if careful else AT_ONCE,
            deployment_style=properties.DeploymentStyleProperty(
                deployment_option="WITH_TRAFFIC_CONTROL", deployment_type="BLUE_GREEN"
            ),
            alarm_configuration=properties.AlarmConfigurationProperty(
                enabled=True, alarms=[properties.AlarmProperty(name=alarm.name)]
            ),
            auto_rollback_configuration=properties.AutoRollbackConfigurationProperty(
                enabled=True, events=["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
            ),
        )
        alias: functions.CfnAlias = self._resource(one.alias_id)
        alias.cfn_options.update_policy = CfnUpdatePolicy(
            code_deploy_lambda_alias_update=CfnCodeDeployLambdaAliasUpdate(
                application_name=application, deployment_group_name=group.ref
            )
        )
        return group

    def _shift(self) -> iam.PolicyStatement:
        """Lead an alias to another version, of this service's functions alone."""
        place = f"{self._stage.region}:{self._stage.account}"
        return iam.PolicyStatement(
            actions=["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
            resources=[
                f"arn:aws:lambda:{place}:function:fumibako-{self._service}-{self._stage.name}-{one.name}"
                for one in functions_of(self._service)
            ],
        )

    def _watch(self, alarm: NamedAlarm) -> iam.PolicyStatement:
        place = f"{self._stage.region}:{self._stage.account}"
        return iam.PolicyStatement(
            actions=["cloudwatch:DescribeAlarms"], resources=[f"arn:aws:cloudwatch:{place}:alarm:{alarm.name}"]
        )


def _include(scope: Construct, template: Mapping[str, Any]) -> CfnInclude:
    """CfnInclude reads a file, once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "template.json")
        path.write_text(json.dumps(template), "utf-8")
        return CfnInclude(scope, "Package", template_file=str(path))
