"""What is seen and who is told: alarms on symptoms, a dashboard, and the two things that only logs and events tell."""

from typing import Any, ClassVar, Final

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.names import PRODUCT_KEYS, STORE_KEYS, log_group, prefix
from deploy.stacks.alarm_table import ALARMS, SERVICE_FAULTS
from deploy.stacks.alarms import AlarmTopic, add_alarm
from deploy.stacks.dashboard import dashboard_body
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage

# The line that sign_audit_roots writes (chalicelib.use_cases.reporting.sign_audit_roots); a test runs it and compares.
BROKEN_LINE: Final = '{ $.message = "audit root not signed" && $.code = "audit_broken" }'
_KEY_EVENTS: Final = ("DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion")


class ObservabilityStack(Stack):
    """It watches and changes nothing."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys", "services")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._stage = stage
        key = kms.Key.from_key_arn(self, "EventsKey", ask(self, stage, "key-events-arn"))
        topic = AlarmTopic(self, "Topic", stage=stage, key=key)
        tell(self, stage, "alarms-topic-arn", topic.arn)
        self._broken_chain()
        self._keys_going(topic.arn)
        for alarm in ALARMS:
            if alarm.name != SERVICE_FAULTS:
                for ending, rule in alarm.rules(stage).items():
                    add_alarm(self, stage, alarm, ending, rule, topic=topic.arn)
        cloudwatch.CfnDashboard(self, "Dashboard", dashboard_name=prefix(stage), dashboard_body=dashboard_body(stage))

    def _broken_chain(self) -> None:
        """The error of one line of one function becomes a figure."""
        logs.CfnMetricFilter(
            self,
            "BrokenChainLine",
            log_group_name=log_group(self._stage, "reporting", "sign_audit_roots"),
            filter_pattern=BROKEN_LINE,
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=f"Fumibako/{self._stage.name}",
                    metric_name="AuditBroken",
                    metric_value="1",
                    unit="Count",
                )
            ],
        )

    def _keys_going(self, topic: str) -> None:
        """What CloudTrail tells of our keys. The event goes to the topic as it is, and the rule counts how often it was met for the alarm."""
        keys = [ask(self, self._stage, f"key-{use}-arn") for use in (*PRODUCT_KEYS, *STORE_KEYS)]
        events.CfnRule(
            self,
            "KeyGoingRule",
            name=f"{prefix(self._stage)}-key-going",
            description="A key of ours is deleted, switched off, or opened to others.",
            event_pattern={
                "source": ["aws.kms"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {"eventName": list(_KEY_EVENTS), "resources": {"ARN": keys}},
            },
            targets=[events.CfnRule.TargetProperty(id="topic", arn=topic)],
        )
