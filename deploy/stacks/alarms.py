"""From the table to CloudWatch: alarms whose text says what is wrong and where the page is that helps."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.names import alarms_topic
from deploy.stacks.alarm_table import ALARMS, RUNBOOKS, SERVICE_FAULTS, Alarm, Figure, Rule, faults
from deploy.stage import Stage

_RESULT: Final = "result"


class AlarmTopic(Construct):
    """Where alarms of one Region go: a mail to the stage's alarm address. ``key`` must let CloudWatch and EventBridge use it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        topic = sns.Topic(
            self,
            "Alarms",
            topic_name=alarms_topic(stage),
            display_name=f"Fumibako {stage.name}",
            master_key=key,
            enforce_ssl=True,
        )
        self.arn: str = topic.topic_arn
        # A policy of our own takes the place of the one that would let them.
        for service in ("cloudwatch", "events"):
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=service.capitalize(),
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["sns:Publish"],
                    resources=[topic.topic_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": stage.account}},
                )
            )
        sns.CfnSubscription(self, "Mail", topic_arn=topic.topic_arn, protocol="email", endpoint=stage.alarm_address)


def add_alarm(
    scope: Construct, stage: Stage, alarm: Alarm, ending: str, rule: Rule, *, topic: str
) -> cloudwatch.CfnAlarm:
    """One alarm of CloudWatch. Its description begins with whom it wakes and ends with its page."""
    words = f"{alarm.name} {ending}".replace("-", " ").split()
    return cloudwatch.CfnAlarm(
        scope,
        "".join(word.capitalize() for word in words),
        alarm_name=alarm.named(stage, ending),
        alarm_description=f"[{'wake' if alarm.wake else 'next day'}] {alarm.says} {RUNBOOKS}/{alarm.name}.md",
        metrics=[*(_metric(number, one) for number, one in enumerate(rule.figures, start=1)), _result(rule)],
        comparison_operator=rule.compared,
        threshold=rule.threshold,
        evaluation_periods=rule.of,
        datapoints_to_alarm=rule.periods,
        treat_missing_data=rule.missing,
        alarm_actions=[topic],
        ok_actions=[topic],
    )


def faults_of_service(scope: Construct, stage: Stage, service: str) -> "NamedAlarm":
    """The alarm of one service's faults, beside the service: its deployment watches it."""
    alarm = next(one for one in ALARMS if one.name == SERVICE_FAULTS)
    made = add_alarm(scope, stage, alarm, service, faults(stage, service), topic=topic_arn(stage))
    return NamedAlarm(alarm.named(stage, service), made)


class NamedAlarm:
    """An alarm and the name that it has before it is made. Whoever takes ``name`` waits for it by ``resource``."""

    def __init__(self, name: str, resource: cloudwatch.CfnAlarm) -> None:
        self.name = name
        self.resource = resource


def topic_arn(stage: Stage) -> str:
    """The topic of the stage's Region, by name: an alarm may be made before its topic."""
    return f"arn:aws:sns:{stage.region}:{stage.account}:{alarms_topic(stage)}"


def _metric(number: int, figure: Figure) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    dimensions = [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in figure.dimensions.items()
    ]
    return cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id=f"m{number}",
        return_data=False,
        metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
            metric=cloudwatch.CfnAlarm.MetricProperty(
                namespace=figure.namespace, metric_name=figure.metric, dimensions=dimensions
            ),
            period=figure.seconds,
            stat=figure.statistic,
        ),
    )


def _result(rule: Rule) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    return cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id=_RESULT, expression=rule.expression, label=_RESULT, return_data=True
    )
