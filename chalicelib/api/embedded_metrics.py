"""Figures inside log lines: CloudWatch reads them from the log, so that no call is made while somebody waits.

The form is CloudWatch's embedded metric format
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html). Each set of dimension values is a
figure that is paid for, so there is one dimension and its values are few: services, consumers, schedules. Everything else of a line (route template,
status) is a field for Logs Insights and costs nothing more.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

Unit = Literal["Count", "Milliseconds", "Seconds", "Bytes"]
Dimension = Literal["Service", "Consumer", "Schedule"]
NAMESPACE: Final = "Fumibako"
# What is counted, and in which unit; a test holds it against deploy's alarms and dashboards.
UNITS: Final[Mapping[str, Unit]] = {
    "Requests": "Count",
    "Refusals": "Count",
    "Faults": "Count",
    "RequestTime": "Milliseconds",
    "EventsDone": "Count",
    "EventsFailed": "Count",
    "EventLag": "Seconds",
    "SchedulesDone": "Count",
    "SchedulesFailed": "Count",
    "ScheduleTime": "Milliseconds",
}


def metric_line(
    dimension: Dimension,
    value: str,
    figures: Mapping[str, float],
    *,
    stage: str,
    at: int,
    fields: Mapping[str, Any] | None = None,
) -> str:
    """One line of JSON. ``at`` is in milliseconds since the epoch; ``figures`` has names of UNITS. Raises KeyError for any other."""
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in figures]
    about = {"Namespace": f"{NAMESPACE}/{stage}", "Dimensions": [[dimension]], "Metrics": metrics}
    line = {"_aws": {"Timestamp": at, "CloudWatchMetrics": [about]}, dimension: value, **figures, **(fields or {})}
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"))
