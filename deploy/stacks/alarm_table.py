"""Every alarm: what it watches, when it rings, whether somebody is woken. Each has a page in docs/operations/alarms, and a test holds the two together.

They ring on what people feel: answers that fail, mails and checks that wait, expiry that stands still. Causes (memory, retries, cold starts) are on the
dashboard and wake nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from deploy.names import (
    CONSUMERS,
    SCANS,
    SERVICES,
    dead_letters,
    function,
    prefix,
    queue,
    records_table,
    wrapped_keys_table,
)
from deploy.packaging.functions import all_functions
from deploy.stage import Stage

RUNBOOKS: Final = "docs/operations/alarms"
SERVICE_FAULTS: Final = "service-faults"
Compared = Literal["GreaterThanThreshold", "LessThanThreshold"]
# What no data means: nothing happened, which is good for a count of faults and bad for a heartbeat.
Missing = Literal["notBreaching", "breaching"]


@dataclass(frozen=True)
class Figure:
    """One metric of CloudWatch; ``statistic`` over ``seconds``."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"
    seconds: int = 60


@dataclass(frozen=True)
class Rule:
    """Rings when ``expression`` over the figures (m1, m2, ...) crosses ``threshold`` in ``periods`` out of ``of`` in a row."""

    figures: tuple[Figure, ...]
    threshold: float
    expression: str = "m1"
    compared: Compared = "GreaterThanThreshold"
    periods: int = 1
    of: int = 1
    missing: Missing = "notBreaching"


@dataclass(frozen=True)
class Alarm:
    """``rules`` gives a rule for each thing that is watched, by what its name ends in; ``wake``: at any hour."""

    name: str
    says: str
    wake: bool
    rules: Callable[[Stage], Mapping[str, Rule]] = field(repr=False)

    def named(self, stage: Stage, ending: str) -> str:
        """The alarm's name in CloudWatch."""
        return "-".join(part for part in (prefix(stage), self.name, ending) if part)


def own(stage: Stage, metric: str, dimension: str, value: str, **more: object) -> Figure:
    """A figure that the functions wrote into their logs (chalicelib.api.embedded_metrics)."""
    return Figure(f"Fumibako/{stage.name}", metric, {dimension: value}, **more)  # type: ignore[arg-type]


def faults(stage: Stage, service: str) -> Rule:
    """Answers 5xx of a service, and invocations that failed altogether, in percent of its requests; quiet below five of them."""
    functions = [one for one in all_functions() if one.service == service]
    failed = tuple(
        Figure("AWS/Lambda", "Errors", {"FunctionName": function(stage, service, one.name)}) for one in functions
    )
    figures = (own(stage, "Faults", "Service", service), own(stage, "Requests", "Service", service), *failed)
    bad = " + ".join(f"FILL(m{number},0)" for number in (1, *range(3, len(figures) + 1)))
    return Rule(figures, 1, f"IF({bad} < 5, 0, 100 * ({bad}) / MAX([FILL(m2,0), {bad}]))", periods=2, of=3)


def _faults(stage: Stage) -> dict[str, Rule]:
    return {service: faults(stage, service) for service in SERVICES}


def _slow(stage: Stage) -> dict[str, Rule]:
    return {
        service: Rule(
            (own(stage, "RequestTime", "Service", service, statistic="p99", seconds=300),), 3_000, periods=3, of=3
        )
        for service in ("auth", "transfers")
    }


def _queues(stage: Stage) -> Sequence[str]:
    return (*CONSUMERS, SCANS) if stage.scanner else CONSUMERS


def _dead(stage: Stage) -> dict[str, Rule]:
    watched = {consumer: dead_letters(stage, consumer) for consumer in _queues(stage)}
    return {
        ending: Rule((_of_queue("ApproximateNumberOfMessagesVisible", name),), 0) for ending, name in watched.items()
    }


def _failed_runs(stage: Stage) -> dict[str, Rule]:
    return {
        service: Rule((_of_queue("ApproximateNumberOfMessagesVisible", f"{prefix(stage)}-{service}-failed-runs"),), 0)
        for service in ("transfers", "reporting")
    }


def _late(stage: Stage) -> dict[str, Rule]:
    return {
        consumer: Rule((_of_queue("ApproximateAgeOfOldestMessage", queue(stage, consumer)),), 300, periods=5, of=5)
        for consumer in CONSUMERS
    }


def _scans(stage: Stage) -> dict[str, Rule]:
    if not stage.scanner:
        return {}
    return {"": Rule((_of_queue("ApproximateAgeOfOldestMessage", queue(stage, SCANS)),), 900, periods=3, of=3)}


def _of_queue(metric: str, name: str) -> Figure:
    return Figure("AWS/SQS", metric, {"QueueName": name}, statistic="Maximum")


def _relay(stage: Stage) -> dict[str, Rule]:
    dimensions = {"FunctionName": function(stage, "transfers", "relay_outbox")}
    return {"": Rule((Figure("AWS/Lambda", "IteratorAge", dimensions, statistic="Maximum"),), 60_000, periods=5, of=5)}


def _sweep(stage: Stage) -> dict[str, Rule]:
    swept = own(stage, "SchedulesDone", "Schedule", "sweep_due", seconds=300)
    return {"": Rule((swept,), 1, compared="LessThanThreshold", missing="breaching")}


def _roots(stage: Stage) -> dict[str, Rule]:
    signed = own(stage, "SchedulesDone", "Schedule", "sign_audit_roots", seconds=3_600)
    return {"": Rule((signed,), 1, compared="LessThanThreshold", periods=3, of=3, missing="breaching")}


def _schedules(stage: Stage) -> dict[str, Rule]:
    names = [one.name for one in all_functions() if one.kind == "schedule"]
    figures = tuple(own(stage, "SchedulesFailed", "Schedule", name, seconds=900) for name in names)
    total = " + ".join(f"FILL(m{number},0)" for number in range(1, len(figures) + 1))
    return {"": Rule(figures, 3, total)}


def _broken_chain(stage: Stage) -> dict[str, Rule]:
    return {"": Rule((Figure(f"Fumibako/{stage.name}", "AuditBroken", {}, seconds=300),), 0)}


def _throttled(stage: Stage) -> dict[str, Rule]:
    names = [(one.service, one.name) for one in all_functions() if one.kind == "api"]
    figures = tuple(
        Figure("AWS/Lambda", "Throttles", {"FunctionName": function(stage, service, name)}) for service, name in names
    )
    total = " + ".join(f"FILL(m{number},0)" for number in range(1, len(figures) + 1))
    return {"": Rule(figures, 10, total, periods=3, of=5)}


def _database(stage: Stage) -> dict[str, Rule]:
    found = {}
    for ending, table in (("records", records_table(stage)), ("wrapped-keys", wrapped_keys_table(stage))):
        figures = tuple(
            Figure("AWS/DynamoDB", metric, {"TableName": table})
            for metric in ("ReadThrottleEvents", "WriteThrottleEvents")
        )
        found[ending] = Rule(figures, 50, "FILL(m1,0) + FILL(m2,0)", periods=3, of=5)
    return found


def _mail(stage: Stage) -> dict[str, Rule]:
    del stage
    # Reputations are of the account: SES looks at senders above 5 % and 0.1 %
    # (https://docs.aws.amazon.com/ses/latest/dg/reputation-dashboard-dg.html).
    rates = {"bounces": ("Reputation.BounceRate", 0.04), "complaints": ("Reputation.ComplaintRate", 0.0008)}
    return {
        ending: Rule((Figure("AWS/SES", metric, {}, statistic="Average", seconds=3_600),), threshold)
        for ending, (metric, threshold) in rates.items()
    }


def _keys(stage: Stage) -> dict[str, Rule]:
    return {"": Rule((Figure("AWS/Events", "TriggeredRules", {"RuleName": f"{prefix(stage)}-key-going"}),), 0)}


def _reports(stage: Stage) -> dict[str, Rule]:
    machine = f"arn:aws:states:{stage.region}:{stage.account}:stateMachine:{prefix(stage)}-usage"
    dimensions = {"StateMachineArn": machine}
    figures = tuple(
        Figure("AWS/States", metric, dimensions, seconds=3_600) for metric in ("ExecutionsFailed", "ExecutionsTimedOut")
    )
    return {"": Rule(figures, 0, "FILL(m1,0) + FILL(m2,0)")}


def _downloads(stage: Stage) -> dict[str, Rule]:
    if not stage.compatible_downloads:
        return {}
    running = Figure(
        "ECS/ContainerInsights",
        "RunningTaskCount",
        {"ClusterName": f"{prefix(stage)}-downloads", "ServiceName": f"{prefix(stage)}-downloads"},
        statistic="Minimum",
    )
    return {"": Rule((running,), 1, compared="LessThanThreshold", periods=5, of=5, missing="breaching")}


# In the stage's Region, made by the observability stack; service-faults is made beside the services, for the deployment to watch.
ALARMS: Final = (
    Alarm(SERVICE_FAULTS, "More than 1 % of a service's answers fail.", wake=True, rules=_faults),
    Alarm("slow-answers", "One answer in a hundred takes longer than three seconds.", wake=False, rules=_slow),
    Alarm("throttled", "Requests are turned away because too many functions run at once.", wake=True, rules=_throttled),
    Alarm("database-throttled", "DynamoDB turns reads or writes away.", wake=True, rules=_database),
    Alarm("relay-late", "Events wait longer than a minute for their way out of the outbox.", wake=True, rules=_relay),
    Alarm("events-late", "Events wait longer than five minutes in a queue.", wake=True, rules=_late),
    Alarm(
        "dead-letters", "An event was given up: a mail, a check or a destruction is missing.", wake=False, rules=_dead
    ),
    Alarm("failed-runs", "A schedule or the relay gave a run up.", wake=False, rules=_failed_runs),
    Alarm("sweep-still", "Expiry and destruction stand still.", wake=True, rules=_sweep),
    Alarm("roots-unsigned", "Audit entries stay unsigned for three hours.", wake=False, rules=_roots),
    Alarm("schedules-failing", "Schedules fail again and again.", wake=False, rules=_schedules),
    Alarm("audit-broken", "A stored audit chain does not hold.", wake=True, rules=_broken_chain),
    Alarm("scans-waiting", "Transfers wait longer than a quarter of an hour for the scanner.", wake=True, rules=_scans),
    Alarm("downloads-away", "No container opens files for browsers that can't.", wake=False, rules=_downloads),
    Alarm("mail-reputation", "Mails bounce or are complained of, and SES may stop us.", wake=False, rules=_mail),
    Alarm("key-going", "Somebody has a key of ours deleted or switched off.", wake=True, rules=_keys),
    Alarm("usage-report-failed", "The usage of a day was not reported.", wake=False, rules=_reports),
)
