"""The usage report of each day: a state machine, when it runs, and the bucket of its files.

A day is reported half an hour after its end (UTC), and again two days later: an event that was late, or a dead letter that was replayed, counts for the day on
which it happened. The second file replaces the first.
"""

import json
from typing import Any, ClassVar, Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as steps
from constructs import Construct

from deploy.names import bucket, prefix, records_table
from deploy.stacks.buckets import closed_bucket, logged
from deploy.stacks.log_days import retention
from deploy.stacks.reporting_machine import TENANTS, usage_report
from deploy.stacks.sharing import ask
from deploy.stage import Stage

# Days back, and the minute after midnight at which each is reported.
RUNS: Final = {1: 30, 3: 50}
KEEP_DAYS: Final = 800


class ReportingStack(Stack):
    """It only reads the records, and writes counts."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys", "data", "blobs")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._stage = stage
        self._key = kms.Key.from_key_arn(self, "Key", ask(self, stage, "key-blobs-arn"))
        files = self._files()
        machine = self._machine(files)
        self._schedules(machine)

    def _files(self) -> s3.Bucket:
        return closed_bucket(
            self,
            "Reports",
            stage=self._stage,
            name=bucket(self._stage, "reports"),
            key=self._key,
            **logged(self, "AccessLogs", stage=self._stage, prefix="reports/"),
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="two-years",
                    expiration=Duration.days(KEEP_DAYS),
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )

    def _machine(self, files: s3.Bucket) -> steps.CfnStateMachine:
        stage = self._stage
        group = logs.LogGroup(
            self,
            "Log",
            # The prefix keeps its resource policy short (https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html).
            log_group_name=f"/aws/vendedlogs/states/{prefix(stage)}-usage",
            retention=retention(stage.log_days),
            encryption_key=kms.Key.from_key_arn(self, "LogsKey", ask(self, stage, "key-logs-arn")),
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        rights = self._rights(role, files)
        machine = steps.CfnStateMachine(
            self,
            "Usage",
            state_machine_name=f"{prefix(stage)}-usage",
            role_arn=role.role_arn,
            definition_string=json.dumps(usage_report(stage, bucket(stage, "reports")), ensure_ascii=False),
            logging_configuration=steps.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                # What went in and out would be a second copy of the reports.
                include_execution_data=False,
                destinations=[
                    steps.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=steps.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=group.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=steps.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        machine.add_resource_dependency(rights)
        return machine

    def _rights(self, role: iam.Role, files: s3.Bucket) -> iam.CfnRolePolicy:
        stage = self._stage
        table = f"arn:aws:dynamodb:{stage.region}:{stage.account}:table/{records_table(stage)}"
        tenants = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [TENANTS]}, "Null": _NOT_EMPTY}
        usage = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#usage"]}, "Null": _NOT_EMPTY}
        statements = [
            iam.PolicyStatement(actions=["dynamodb:Query"], resources=[table], conditions=tenants),
            iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=[table], conditions=usage),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[files.arn_for_objects("usage/*")]),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[ask(self, stage, f"key-{use}-arn") for use in ("records", "blobs")],
            ),
            # Neither X-Ray nor log delivery knows a resource for these.
            iam.PolicyStatement(actions=list(_WITHOUT_RESOURCE), resources=["*"]),
        ]
        return iam.CfnRolePolicy(
            self,
            "Rights",
            role_name=role.role_name,
            policy_name="report",
            policy_document=iam.PolicyDocument(statements=statements),
        )

    def _schedules(self, machine: steps.CfnStateMachine) -> None:
        role = iam.Role(
            self,
            "ScheduleRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self._stage.account}}
            ),
        )
        role.add_to_policy(iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.ref]))
        for back, minute in RUNS.items():
            scheduler.CfnSchedule(
                self,
                f"Back{back}",
                name=f"{prefix(self._stage)}-usage-back-{back}",
                schedule_expression=f"cron({minute} 0 * * ? *)",
                schedule_expression_timezone="UTC",
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=machine.ref,
                    role_arn=role.role_arn,
                    input=json.dumps({"at": "<aws.scheduler.scheduled-time>", "back": back}),
                ),
            )


# ForAllValues is true of nothing at all: so there must be a key.
_NOT_EMPTY: Final = {"dynamodb:LeadingKeys": "false"}
_WITHOUT_RESOURCE: Final = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
