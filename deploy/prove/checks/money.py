"""The bill, against what `cost` computes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from deploy.cost.kinds import committed
from deploy.cost.lines import bill
from deploy.cost.lines import total as sum_of
from deploy.cost.month import Month, month_lines
from deploy.cost.prices import load_prices
from deploy.cost.recording import load_recording
from deploy.names import SCANS, queue
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown
from deploy.prove.figures import Figures, total
from deploy.stacks.alarm_table import Figure
from deploy.stage import Stage

# Cost Explorer's names of services whose cost does not hang on how much was sent; bytes, mails of strangers and taxes are left out.
_COMPARED: Final = frozenset(
    {
        "AWS Key Management Service",
        "AWS Lambda",
        "AWS Secrets Manager",
        "AWS Step Functions",
        "AWS WAF",
        "AWS X-Ray",
        "Amazon API Gateway",
        "Amazon CloudFront",
        "Amazon DynamoDB",
        "Amazon Elastic Container Service",
        "Amazon Elastic Load Balancing",
        "Amazon Simple Email Service",
        "Amazon Simple Notification Service",
        "Amazon Simple Queue Service",
        "Amazon Virtual Private Cloud",
        "AmazonCloudWatch",
        "EC2 - Other",
    }
)
_PERCENT: Final = 30.0


def _sent(stage: Stage) -> Mapping[str, Figure]:
    """What was completed: the topic leads each such event into the scans' queue."""
    return {"sent": Figure("AWS/SQS", "NumberOfMessagesSent", {"QueueName": queue(stage, SCANS)})}


def _last_month(now: datetime) -> tuple[datetime, datetime]:
    end = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (end - timedelta(days=1)).replace(day=1), end


def _bill(account: Account) -> Answers:
    """The last whole month by service, and how many transfers it had."""
    begin, end = _last_month(account.now)
    answer = account.ask(
        "ce.GetCostAndUsage",
        region="us-east-1",
        TimePeriod={"Start": f"{begin:%Y-%m-%d}", "End": f"{end:%Y-%m-%d}"},
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
        Filter={"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account.stage.account]}},
    )
    return {"bill": answer, "figures": Figures(days=0, of=_sent).between(account, begin, end)}


def _near(found: Answers, facts: Facts) -> Verdict:
    groups = [one for month in found["bill"]["ResultsByTime"] for one in month.get("Groups", [])]
    paid = sum(float(one["Metrics"]["UnblendedCost"]["Amount"]) for one in groups if one["Keys"][0] in _COMPARED)
    if not paid or not total(found, "sent"):
        return unknown("There was no bill last month, or nothing was sent.")
    computed = _computed(facts.stage, int(total(found, "sent")))
    apart = 100 * abs(paid - computed) / computed
    return judged(f"{paid:.2f} USD paid, {computed:.2f} computed, {apart:.0f} % apart", holds=apart <= _PERCENT)


def _computed(stage: Stage, transfers: int) -> float:
    """As `python -m deploy cost` for so many transfers, without bytes, plus what idles. Raises Refused as ``load_recording``."""
    prices = load_prices()
    lines = [
        one for one in month_lines(load_recording(), Month(transfers), scanner=stage.scanner) if one.group != "bytes"
    ]
    idle = committed()["prod" if stage.private_network else "silo"]
    return sum_of(bill([*lines, *idle], prices))


def _no_scans(stage: Stage) -> str:
    return "" if stage.scanner else "Without a scanner no queue counts the transfers."


CHECKS: Final = (
    Check(
        id="cost-bill",
        question="Is last month's bill within 30 % of what `cost` computes for as many transfers?",
        step="Compare the bill with `python -m deploy cost` line by line; correct the assumption or switch off what nobody needs.",
        ask=Steps(_bill, ("ce.GetCostAndUsage", "cloudwatch.GetMetricData")),
        judge=_near,
        unless=_no_scans,
    ),
)
