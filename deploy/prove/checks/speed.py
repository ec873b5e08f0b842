"""How fast requests, cold starts and schedules are, and whether there is room."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from deploy.names import log_group
from deploy.prove.ask import Account, NotRun
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown, without_faults
from deploy.prove.checks.functions import APIS, named
from deploy.prove.figures import Figures, total, values
from deploy.stacks.alarm_table import Figure, own
from deploy.stage import Stage

# What a person waits for the first answer after a pause, before somebody calls it broken.
_COLD_MS: Final = 3_000
_POLLS: Final = 30


def _speed(stage: Stage) -> Mapping[str, Figure]:
    return {
        service: own(stage, "RequestTime", "Service", service, statistic="p99") for service in ("auth", "transfers")
    }


def _fast(found: Answers, facts: Facts) -> Verdict:
    del facts
    worst = {service: max(values(found, service), default=-1.0) for service in ("auth", "transfers")}
    if min(worst.values()) < 0:
        return unknown("No requests in the last seven days.")
    told = ", ".join(f"{service} {ms:.0f} ms" for service, ms in worst.items())
    return judged(f"worst hour, 99 of 100: {told}", holds=max(worst.values()) <= 3_000)


def _sweeps(stage: Stage) -> Mapping[str, Figure]:
    return {"swept": own(stage, "SchedulesDone", "Schedule", "sweep_due")}


def _on_time(found: Answers, facts: Facts) -> Verdict:
    del facts
    hours = values(found, "swept")
    if not hours:
        return unknown("No schedule ran in the last day.")
    # One a minute; an hour may lose a few to retries and to the edge of its period.
    return judged(
        f"{min(hours):.0f} to {max(hours):.0f} runs an hour in {len(hours)} hours",
        holds=min(hours) >= 55 and len(hours) >= 23,
    )


def _throttles(stage: Stage) -> Mapping[str, Figure]:
    return {
        f"{one.service}_{one.name}": Figure("AWS/Lambda", "Throttles", {"FunctionName": named(stage, one)})
        for one in APIS
    }


def _room(found: Answers, facts: Facts) -> Verdict:
    del facts
    counts = {f"{one.service}/{one.name}": total(found, f"{one.service}_{one.name}") for one in APIS}
    return without_faults(
        [f"{name} turned {count:.0f} away" for name, count in counts.items() if count],
        "nobody was turned away in seven days",
    )


def _cold(account: Account) -> Answers:
    """Logs Insights over the lines that Lambda writes itself; they hold times and no request."""
    query = (
        'filter type = "platform.report" and ispresent(record.metrics.initDurationMs) '
        "| stats count() as starts, pct(record.metrics.initDurationMs, 95) as slow"
    )
    names = [log_group(account.stage, one.service, one.name) for one in APIS]
    begun = account.ask(
        "logs.StartQuery",
        logGroupNames=names,
        startTime=int((account.now - timedelta(days=7)).timestamp()),
        endTime=int(account.now.timestamp()),
        queryString=query,
    )
    for _ in range(_POLLS):
        answer = account.ask("logs.GetQueryResults", queryId=begun["queryId"])
        if answer["status"] not in ("Scheduled", "Running"):
            return {"query": answer}
        account.pause(2)
    raise NotRun("Logs Insights took longer than a minute.")


def _cold_fast(found: Answers, facts: Facts) -> Verdict:
    del facts
    rows = [{one["field"]: one["value"] for one in row} for row in found["query"].get("results", [])]
    if not rows or not int(rows[0].get("starts", "0")):
        return unknown("No cold start in the last seven days.")
    slow = float(rows[0]["slow"])
    return judged(f"{rows[0]['starts']} starts, 95 of 100 within {slow:.0f} ms", holds=slow <= _COLD_MS)


CHECKS: Final = (
    Check(
        id="answers-fast",
        question="Were 99 of 100 requests of every hour answered within three seconds?",
        step="docs/operations/alarms/slow-answers.md.",
        ask=Figures(days=7, of=_speed),
        judge=_fast,
    ),
    Check(
        id="cold-start-time",
        question="Do 95 of 100 cold starts take less than three seconds?",
        step="Compare with the figure cold of docs/performance.md; more memory starts faster.",
        ask=Steps(_cold, ("logs.GetQueryResults", "logs.StartQuery")),
        judge=_cold_fast,
    ),
    Check(
        id="schedules-on-time",
        question="Did the sweep run every minute of the last day?",
        step="docs/operations/alarms/sweep-still.md.",
        ask=Figures(days=1, of=_sweeps),
        judge=_on_time,
    ),
    Check(
        id="concurrency-enough",
        question="Was nobody turned away for want of executions in the last seven days?",
        step="docs/operations/alarms/throttled.md.",
        ask=Figures(days=7, of=_throttles),
        judge=_room,
    ),
)
