"""Asking CloudWatch for sums over the last days, of the product's own figures and AWS's."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from deploy.prove.ask import Account
from deploy.prove.check import Answers
from deploy.stacks.alarm_table import Figure
from deploy.stage import Stage

_HOUR: Final = 3_600


class Figures:
    """Each figure of ``of`` (id -> figure), hour by hour over the last ``days``. Ids begin with a small letter (CloudWatch's rule)."""

    calls: Final = ("cloudwatch.GetMetricData",)

    def __init__(self, *, days: int, of: Callable[[Stage], Mapping[str, Figure]], region: str = "") -> None:
        self._days = days
        self._of = of
        self._region = region

    def __call__(self, account: Account) -> Answers:
        """``{"figures": GetMetricData's answer}``."""
        return {"figures": self.asked(account)}

    def asked(self, account: Account) -> dict[str, Any]:
        """The answer alone, for asks that want more beside it."""
        end = account.now.replace(minute=0, second=0, microsecond=0)
        return self.between(account, end - timedelta(days=self._days), end)

    def between(self, account: Account, begin: datetime, end: datetime) -> dict[str, Any]:
        """The same for another time than the last days."""
        return account.ask(
            "cloudwatch.GetMetricData",
            region=self._region,
            MetricDataQueries=[_query(name, figure) for name, figure in self._of(account.stage).items()],
            StartTime=begin,
            EndTime=end,
        )


def values(found: Answers, name: str) -> list[float]:
    """What CloudWatch has of one figure; empty: nothing was ever written."""
    return [
        float(value)
        for one in found["figures"]["MetricDataResults"]
        if one["Id"] == name
        for value in one.get("Values", [])
    ]


def total(found: Answers, name: str) -> float:
    """The sum of one figure."""
    return sum(values(found, name))


def _query(name: str, figure: Figure) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in figure.dimensions.items()]
    metric = {"Namespace": figure.namespace, "MetricName": figure.metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": _HOUR, "Stat": figure.statistic}}
