"""Alarms on what CloudFront and the firewall see. Their figures exist in us-east-1 alone, so they ring there, by a topic of their own."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.stacks.alarm_table import Alarm, Figure, Rule
from deploy.stacks.alarms import AlarmTopic, add_alarm
from deploy.stage import Stage

# Blocked requests in five minutes: an attack, or a rule that hits the innocent.
_MANY_BLOCKED: Final = 2_000
PAGE_AWAY: Final = "page-away"
FIREWALL: Final = "firewall-blocks"


def web_alarms(distribution: str) -> tuple[Alarm, ...]:
    """Those of one distribution."""

    def away(stage: Stage) -> Mapping[str, Rule]:
        del stage
        dimensions = {"DistributionId": distribution, "Region": "Global"}
        rate = Figure("AWS/CloudFront", "5xxErrorRate", dimensions, statistic="Average", seconds=300)
        return {"": Rule((rate,), 5, periods=2, of=2)}

    def blocked(stage: Stage) -> Mapping[str, Rule]:
        del stage
        dimensions = {"WebACL": "firewall", "Rule": "ALL"}
        return {"": Rule((Figure("AWS/WAFV2", "BlockedRequests", dimensions, seconds=300),), _MANY_BLOCKED)}

    return (
        Alarm(PAGE_AWAY, "More than 5 % of all answers at the edge fail.", wake=True, rules=away),
        Alarm(FIREWALL, "The firewall blocks very many requests.", wake=False, rules=blocked),
    )


class WebAlarms(Construct):
    """Both alarms and their topic."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, distribution: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        topic = AlarmTopic(self, "Topic", stage=stage, key=key)
        for alarm in web_alarms(distribution):
            for ending, rule in alarm.rules(stage).items():
                add_alarm(self, stage, alarm, ending, rule, topic=topic.arn)
