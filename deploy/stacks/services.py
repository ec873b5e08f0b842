"""The four services, from the templates that `python -m deploy package` made: each in a nested stack, behind one host name.

Nothing in here holds data: it may be removed and made again while transfers lie in their stacks.
"""

import json
from pathlib import Path
from typing import Any, ClassVar, Final

from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from deploy.errors import Refused
from deploy.names import (
    CONSUMERS,
    SERVICES,
    blobs_bucket,
    image_parameter,
    records_table,
    wrapped_keys_table,
)
from deploy.packaging.functions import functions_of
from deploy.stacks.front import front_key
from deploy.stacks.service import ServiceStack
from deploy.stacks.service_guard import Guard
from deploy.stacks.service_host import ServiceHost
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage
from deploy.tenants.role_construct import KEYS as TENANT_KEYS
from deploy.tenants.role_construct import TenantRole

PACKAGES: Final = Path(__file__).resolve().parents[2] / "build/packages"
# Functions run from the one image, by digest (docs/cloud/packaging.md).
TEMPLATE: Final = "template-image.json"
# Keys by the parameter of the templates that takes their ARN.
_KEYS: Final = {
    "SealKeyArn": "seal",
    "MacKeyArn": "mac",
    "AccessKeyArn": "access",
    "ProofKeyArn": "proof",
    "RootKeyArn": "root",
    "RecordsKeyArn": "records",
    "WrappedKeysKeyArn": "wrapped-keys",
    "BlobsKeyArn": "blobs",
    "EventsKeyArn": "events",
    "LogsKeyArn": "logs",
}
NO_SCANNER: Final = "This stage is deployed without a scanner: deploy/stages says so."


class ServicesStack(Stack):
    """Functions, APIs, their host name, and the careful way in which a new version comes."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys", "data", "blobs", "messaging", "front")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._stage = stage
        templates = {service: _read(PACKAGES / service / TEMPLATE) for service in SERVICES}
        asked = {name for template in templates.values() for name in template["Parameters"]}
        self._common = self._told_to_all({*asked, "EventsKeyArn"})
        host = ServiceHost(self, "Host", stage=stage)
        self._guard = Guard(self, "Guard", stage=stage)
        self._let_apis_log()
        for service, template in templates.items():
            made = self._service(service, template)
            host.serve(service, made.api_id, made.api_stage)
            tell(self, stage, f"{service}-api-id", made.api_id)

    def _service(self, service: str, template: dict[str, Any]) -> ServiceStack:
        # A tenant that is alone in its account needs no role.
        own = {"TenantRoleArn": self._tenant_role(service)} if self._stage.delivery == "pooled" else {}
        if service in CONSUMERS:
            own["QueueArn"] = ask(self, self._stage, f"queue-{service}-arn")
        if service == "transfers":
            own["OutboxStreamArn"] = ask(self, self._stage, "records-stream-arn")
        for one in functions_of(service):
            own[one.concurrency_parameter] = str(self._stage.concurrency(service, one.name))
        return ServiceStack(
            self,
            service.capitalize(),
            stage=self._stage,
            service=service,
            template=template,
            told=self._common | own,
            firewall=self._guard.arn,
        )

    def _told_to_all(self, wanted: set[str]) -> dict[str, str]:
        """Values of the templates' parameters that every service gets; each takes those that it has."""
        stage = self._stage
        return {
            "Stage": stage.name,
            "RecordsTable": records_table(stage),
            "WrappedKeysTable": wrapped_keys_table(stage),
            "BlobsBucket": blobs_bucket(stage),
            "EventsTopicArn": ask(self, stage, "events-topic-arn"),
            **{name: ask(self, stage, f"key-{use}-arn") for name, use in _KEYS.items() if name in wanted},
            "PublicUrl": stage.public_url,
            "MailSender": stage.mail_sender,
            "LogDays": str(stage.log_days),
            "Scanner": "clamd" if stage.scanner else "none",
            "ScannerReason": "" if stage.scanner else NO_SCANNER,
            "FrontKeys": front_key(stage),
            "Fetch": "front" if stage.compatible_downloads else "runtime",
            "SettingsKeyArn": ask(self, stage, "key-settings-arn"),
            "FunctionSubnetIds": ",".join(stage.function_subnet_ids),
            "FunctionSecurityGroupIds": ",".join(stage.function_security_group_ids),
            "ImageUri": ssm.StringParameter.value_for_string_parameter(self, image_parameter(stage)),
        }

    def _tenant_role(self, service: str) -> str:
        keys = {use: ask(self, self._stage, f"key-{use}-arn") for use in TENANT_KEYS.values()}
        return TenantRole(self, f"{service.capitalize()}Tenant", stage=self._stage, service=service, keys=keys).arn

    def _let_apis_log(self) -> None:
        """API Gateway writes access logs by one role of the account and Region."""
        role = iam.Role(self, "ApiLogs", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        iam.CfnRolePolicy(
            self,
            "ApiLogsRights",
            role_name=role.role_name,
            policy_name="write",
            policy_document=iam.PolicyDocument(statements=[_write_logs(self._stage)]),
        )
        apigateway.CfnAccount(self, "ApiAccount", cloud_watch_role_arn=role.role_arn)


def _write_logs(stage: Stage) -> iam.PolicyStatement:
    """Access logs of our APIs, and the errors of the gateway itself, whose groups have the API's id in their name."""
    groups = f"arn:aws:logs:{stage.region}:{stage.account}:log-group"
    own = [f"{groups}:/aws/apigateway/fumibako-{service}-{stage.name}:*" for service in SERVICES]
    return iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources=[*own, f"{groups}:API-Gateway-Execution-Logs_*"],
    )


def _read(template: Path) -> dict[str, Any]:
    """A packaged template. Raises Refused("packages_absent")."""
    if not template.is_file():
        raise Refused(
            "packages_absent",
            f"The package of {template.parent.name} is not there.",
            "Run `python -m deploy package` and then the same command again.",
        )
    found: dict[str, Any] = json.loads(template.read_text("utf-8"))
    return found
