"""Seeing what happens: alarms that ring, figures, traces, and logs that end."""

from typing import Final

from deploy.names import SERVICES, alarms_topic, log_group, prefix
from deploy.packaging.functions import all_functions
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults
from deploy.stacks.alarm_table import ALARMS
from deploy.stage import Stage


def _expected(stage: Stage) -> list[str]:
    return sorted(alarm.named(stage, ending) for alarm in ALARMS for ending in alarm.rules(stage))


def _topic(stage: Stage) -> str:
    return f"arn:aws:sns:{stage.region}:{stage.account}:{alarms_topic(stage)}"


_ALARMS: Final = Reads(alarms=call("cloudwatch.DescribeAlarms", AlarmNamePrefix=lambda stage: f"{prefix(stage)}-"))


def _standing(found: Answers, facts: Facts) -> Verdict:
    has = {one["AlarmName"]: one for one in found["alarms"]["MetricAlarms"]}
    faults = [f"{name} is missing" for name in _expected(facts.stage) if name not in has]
    for name in _expected(facts.stage):
        rings = has.get(name, {}).get("ActionsEnabled") and _topic(facts.stage) in has.get(name, {}).get(
            "AlarmActions", []
        )
        faults += [f"{name} tells nobody"] if name in has and not rings else []
    return without_faults(faults, f"{len(_expected(facts.stage))} alarms with their topic")


def _fed(found: Answers, facts: Facts) -> Verdict:
    has = {one["AlarmName"]: one["StateValue"] for one in found["alarms"]["MetricAlarms"]}
    ours = {name: has[name] for name in _expected(facts.stage) if name in has}
    if not ours:
        return unknown("There are no alarms.")
    return without_faults(
        [f"{name} is {state}" for name, state in sorted(ours.items()) if state != "OK"], f"{len(ours)} alarms OK"
    )


def _told(found: Answers, facts: Facts) -> Verdict:
    del facts
    arns = [one["SubscriptionArn"] for one in found["subscriptions"]["Subscriptions"]]
    waiting = [one for one in arns if not one.startswith("arn:")]
    return judged(f"{len(arns) - len(waiting)} confirmed, {len(waiting)} waiting", holds=bool(arns) and not waiting)


def _rang(found: Answers, facts: Facts) -> Verdict:
    ours = [
        one
        for one in found["history"]["AlarmHistoryItems"]
        if one.get("AlarmName") in _expected(facts.stage) and alarms_topic(facts.stage) in one.get("HistorySummary", "")
    ]
    if not ours:
        return unknown(
            "No alarm rang in two weeks; set one by hand (`aws cloudwatch set-alarm-state`) and see the mail."
        )
    good = [one for one in ours if "Successfully executed" in one["HistorySummary"]]
    return judged(f"{len(good)} of {len(ours)} rings reached the topic", holds=len(good) == len(ours))


def _traces(account: Account) -> Answers:
    from_, until = account.now.timestamp() - 3_600, account.now.timestamp()
    return {
        "traces": account.ask(
            "xray.GetTraceSummaries", StartTime=from_, EndTime=until, Sampling=True, PaginationConfig={"MaxItems": 200}
        )
    }


def _arrive(found: Answers, facts: Facts) -> Verdict:
    del facts
    traces = found["traces"]["TraceSummaries"]
    if not traces:
        return unknown("No trace in the last hour; ask for a page and wait a minute.")
    several = sum(len(one.get("ServiceIds", [])) > 1 for one in traces)
    return judged(f"{len(traces)} traces, {several} over several services", holds=several > 0)


def _figures(found: Answers, facts: Facts) -> Verdict:
    del facts
    seen = {
        each["Value"]
        for one in found["metrics"]["Metrics"]
        for each in one.get("Dimensions", [])
        if each["Name"] == "Service"
    }
    return without_faults(
        [f"no figure of {one}" for one in SERVICES if one not in seen], f"figures of {len(seen)} services"
    )


def _groups(account: Account) -> Answers:
    stage = account.stage
    return {
        "functions": account.ask("logs.DescribeLogGroups", logGroupNamePrefix="/aws/lambda/fumibako-"),
        "containers": account.ask("logs.DescribeLogGroups", logGroupNamePrefix=f"/fumibako/{stage.name}/"),
    }


def _end(found: Answers, facts: Facts) -> Verdict:
    stage = facts.stage
    has = {one["logGroupName"]: one for part in ("functions", "containers") for one in found[part]["logGroups"]}
    wanted = [log_group(stage, one.service, one.name) for one in all_functions()]
    ours = {name: one for name, one in has.items() if name in wanted or name.startswith(f"/fumibako/{stage.name}/")}
    faults = [f"{name} is missing" for name in wanted if name not in has]
    faults += [
        f"{name} keeps {one.get('retentionInDays', 'for ever')}"
        for name, one in sorted(ours.items())
        if one.get("retentionInDays") != stage.log_days
    ]
    faults += [f"{name} has no key of ours" for name, one in sorted(ours.items()) if not one.get("kmsKeyId")]
    return without_faults(faults, f"{len(ours)} groups keep {stage.log_days} days under the logs' key")


def _reports(account: Account) -> Answers:
    stage = account.stage
    machine = f"arn:aws:states:{stage.region}:{stage.account}:stateMachine:{prefix(stage)}-usage"
    return {
        "runs": account.ask("stepfunctions.ListExecutions", stateMachineArn=machine, PaginationConfig={"MaxItems": 20})
    }


def _reported(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = [one["status"] for one in found["runs"]["executions"] if one["status"] != "RUNNING"]
    if not states:
        return unknown("The usage report has not run yet; it does at 00:30 UTC.")
    return judged(f"{states.count('SUCCEEDED')} of {len(states)} runs succeeded", holds=set(states) == {"SUCCEEDED"})


def _key_rule(found: Answers, facts: Facts) -> Verdict:
    del facts
    state = found["rule"].get("State")
    return judged(
        f"{state}, {len(found['targets'].get('Targets', []))} targets",
        holds=state == "ENABLED" and bool(found["targets"].get("Targets", [])),
    )


CHECKS: Final = (
    Check(
        id="alarms-standing",
        question="Is every alarm there, with its topic?",
        step="Deploy `observability` and `services` again.",
        ask=_ALARMS,
        judge=_standing,
    ),
    Check(
        id="alarms-fed",
        question="Is every alarm OK, so that its figures have the names that it watches?",
        step="Open the alarm's page in docs/operations/alarms; without data long after requests, a figure's name is wrong.",
        ask=_ALARMS,
        judge=_fed,
    ),
    Check(
        id="alarm-mail-confirmed",
        question="Did somebody confirm the mails of the alarms?",
        step="Follow the link in the mail to `alarm_address`.",
        ask=Reads(subscriptions=call("sns.ListSubscriptionsByTopic", TopicArn=_topic)),
        judge=_told,
    ),
    Check(
        id="alarms-ring",
        question="Did every ring of an alarm reach its topic?",
        step="Look at the topic's policy and its key.",
        ask=Reads(
            history=call(
                "cloudwatch.DescribeAlarmHistory", HistoryItemType="Action", PaginationConfig={"MaxItems": 200}
            )
        ),
        judge=_rang,
    ),
    Check(
        id="traces-arrive",
        question="Do traces arrive that lead from an API to its function?",
        step="Look at the tracing of stage and function, and the roles' right to X-Ray.",
        ask=Steps(_traces, ("xray.GetTraceSummaries",)),
        judge=_arrive,
    ),
    Check(
        id="figures-arrive",
        question="Does CloudWatch take figures of every service from the functions' lines?",
        step="See that the log groups get lines with `_aws`.",
        ask=Reads(
            metrics=call(
                "cloudwatch.ListMetrics",
                Namespace=lambda stage: f"Fumibako/{stage.name}",
                MetricName="Requests",
            )
        ),
        judge=_figures,
    ),
    Check(
        id="dashboard-shown",
        question="Is the dashboard there?",
        step="Deploy `observability` again.",
        ask=Reads(dashboard=call("cloudwatch.GetDashboard", DashboardName=prefix)),
        judge=lambda found, facts: judged(
            f"{len(found['dashboard']['DashboardBody'])} characters for {facts.stage.name}",
            holds='"widgets"' in found["dashboard"]["DashboardBody"],
        ),
    ),
    Check(
        id="logs-end",
        question="Do logs end after the stage's days, under the logs' key?",
        step="Deploy the stack that the group is of; a group made by hand is deleted.",
        ask=Steps(_groups, ("logs.DescribeLogGroups",)),
        judge=_end,
    ),
    Check(
        id="key-going-noticed",
        question="Is the rule on that tells when a key is to go?",
        step="Deploy `observability` again.",
        ask=Reads(
            rule=call("events.DescribeRule", Name=lambda stage: f"{prefix(stage)}-key-going"),
            targets=call("events.ListTargetsByRule", Rule=lambda stage: f"{prefix(stage)}-key-going"),
        ),
        judge=_key_rule,
    ),
    Check(
        id="usage-reported",
        question="Does the usage report run through in Step Functions, with its own arguments to S3?",
        step="docs/operations/alarms/usage-report-failed.md.",
        ask=Steps(_reports, ("stepfunctions.ListExecutions",)),
        judge=_reported,
    ),
)
