"""Which alarms of a stage ring: those that wake somebody, because they are what people feel."""

from typing import Any, Final

from deploy.stacks.alarm_table import ALARMS
from deploy.stage import Stage

# DescribeAlarms takes as many names at once
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html).
_AT_ONCE: Final = 100


def watched(stage: Stage) -> list[str]:
    """Names of the alarms that stop a release. Those for the next day (bounced mails, a report) tell nothing of it."""
    return sorted(alarm.named(stage, ending) for alarm in ALARMS if alarm.wake for ending in alarm.rules(stage))


def ringing(cloudwatch: Any, stage: Stage) -> list[str]:
    """Names of those that ring now. ``cloudwatch`` is a boto3 client. An alarm that is not there yet does not ring."""
    names = watched(stage)
    found: list[str] = []
    for first in range(0, len(names), _AT_ONCE):
        asked = names[first : first + _AT_ONCE]
        told = cloudwatch.describe_alarms(AlarmNames=asked, AlarmTypes=["MetricAlarm"], MaxRecords=_AT_ONCE)
        found += [one["AlarmName"] for one in told["MetricAlarms"] if one["StateValue"] == "ALARM"]
    return sorted(found)
