"""Events under way: topic, queues, dead letters, and that they arrive."""

import json
from collections.abc import Mapping
from typing import Any, Final

from deploy.names import CONSUMERS, SCANS, dead_letters, events_topic, function, queue
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown, without_faults
from deploy.prove.figures import Figures, total
from deploy.stacks.alarm_table import Figure, own
from deploy.stage import Stage

_RECEIVES: Final = 8
_VISIBLE: Final = "180"
_KEPT: Final = str(14 * 24 * 3_600)
# Functions that a queue calls.
_CALLED: Final = (("transfers", "on_events"), ("notifications", "on_events"), ("reporting", "on_events"))


def _consumers(stage: Stage) -> tuple[str, ...]:
    return (*CONSUMERS, SCANS) if stage.scanner else CONSUMERS


def _queue_url(stage: Stage, name: str) -> str:
    return f"https://sqs.{stage.region}.amazonaws.com/{stage.account}/{name}"


def _attributes(account: Account, name: str) -> dict[str, Any]:
    return account.ask("sqs.GetQueueAttributes", QueueUrl=_queue_url(account.stage, name), AttributeNames=["All"])


def _queues(account: Account) -> Answers:
    return {one: _attributes(account, queue(account.stage, one)) for one in _consumers(account.stage)}


def _dead(account: Account) -> Answers:
    return {one: _attributes(account, dead_letters(account.stage, one)) for one in _consumers(account.stage)}


def _redriven(found: Answers, facts: Facts) -> Verdict:
    faults = []
    for consumer in _consumers(facts.stage):
        about = found[consumer]["Attributes"]
        redrive = json.loads(about.get("RedrivePolicy", "{}"))
        target = str(redrive.get("deadLetterTargetArn", "")).rpartition(":")[2]
        if target != dead_letters(facts.stage, consumer) or int(redrive.get("maxReceiveCount", 0)) != _RECEIVES:
            faults.append(f"{consumer} gives up into {target or 'nothing'}")
        if about.get("VisibilityTimeout") != _VISIBLE:
            faults.append(f"{consumer} shows again after {about.get('VisibilityTimeout')} s")
    return without_faults(faults, f"{len(_consumers(facts.stage))} queues, {_RECEIVES} tries each")


def _sealed(found: Answers, facts: Facts) -> Verdict:
    faults = []
    for consumer in _consumers(facts.stage):
        about = found[consumer]["Attributes"]
        policy = json.loads(about.get("Policy", '{"Statement": []}'))
        tls = any(
            one["Effect"] == "Deny" and one.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
            for one in policy["Statement"]
        )
        faults += [] if about.get("KmsMasterKeyId") else [f"{consumer} has no key of ours"]
        faults += [] if tls else [f"{consumer} lets in without TLS"]
    return without_faults(faults, f"{len(_consumers(facts.stage))} queues under the events' key, over TLS alone")


def _letters(found: Answers, facts: Facts) -> Verdict:
    about = {consumer: found[consumer]["Attributes"] for consumer in _consumers(facts.stage)}
    faults = [
        f"{one} keeps {each.get('MessageRetentionPeriod')} s"
        for one, each in about.items()
        if each.get("MessageRetentionPeriod") != _KEPT
    ]
    waiting = sum(int(each.get("ApproximateNumberOfMessages", 0)) for each in about.values())
    return without_faults(faults, f"kept 14 days, {waiting} letters there now")


def _subscriptions(account: Account) -> Answers:
    stage = account.stage
    topic = f"arn:aws:sns:{stage.region}:{stage.account}:{events_topic(stage)}"
    listed = account.ask("sns.ListSubscriptionsByTopic", TopicArn=topic)
    return {
        "each": [
            account.ask("sns.GetSubscriptionAttributes", SubscriptionArn=one["SubscriptionArn"])
            for one in listed["Subscriptions"]
        ]
    }


def _filtered(found: Answers, facts: Facts) -> Verdict:
    about = {str(one["Attributes"]["Endpoint"]).rpartition(":")[2]: one["Attributes"] for one in found["each"]}
    faults = [
        f"{consumer} is not subscribed"
        for consumer in _consumers(facts.stage)
        if queue(facts.stage, consumer) not in about
    ]
    for name, each in sorted(about.items()):
        filtered = facts.stage.scanner and name in (queue(facts.stage, "transfers"), queue(facts.stage, SCANS))
        faults += [] if each.get("RawMessageDelivery") == "true" else [f"{name} gets an envelope"]
        faults += [] if bool(each.get("FilterPolicy")) == filtered else [f"{name}: wrong filter"]
        faults += (
            [] if not filtered or each.get("FilterPolicyScope") == "MessageBody" else [f"{name} filters attributes"]
        )
        faults += [] if "deadLetterTargetArn" in each.get("RedrivePolicy", "") else [f"{name}: no dead letters"]
    return without_faults(faults, f"{len(about)} subscriptions, raw, filtered where they should be")


def _sources(account: Account) -> Answers:
    return {
        service: account.ask(
            "lambda.ListEventSourceMappings", FunctionName=f"{function(account.stage, service, name)}:live"
        )
        for service, name in _CALLED
    }


def _partial(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = []
    for service, _ in _CALLED:
        mappings = found[service]["EventSourceMappings"]
        faults += [] if mappings else [f"nothing calls {service}"]
        faults += [f"{service} is {one['State']}" for one in mappings if one["State"] != "Enabled"]
        faults += [
            f"{service}: a whole batch comes again"
            for one in mappings
            if "ReportBatchItemFailures" not in one.get("FunctionResponseTypes", [])
        ]
    return without_faults(faults, "every queue's function reports failures one by one")


def _delivery(stage: Stage) -> Mapping[str, Figure]:
    topic = {"TopicName": events_topic(stage)}
    return {
        "sent": Figure("AWS/SNS", "NumberOfMessagesPublished", topic),
        "lost": Figure("AWS/SNS", "NumberOfNotificationsFailed", topic),
    }


def _arrive(found: Answers, facts: Facts) -> Verdict:
    del facts
    sent, lost = total(found, "sent"), total(found, "lost")
    if not sent:
        return unknown("No event was sent in the last seven days; tell the story of `python -m deploy box` there.")
    return judged(f"{sent:.0f} sent, {lost:.0f} deliveries failed for good", holds=not lost)


def _lag(stage: Stage) -> Mapping[str, Figure]:
    return {one: own(stage, "EventLag", "Consumer", one, statistic="p99") for one in CONSUMERS}


def _soon(found: Answers, facts: Facts) -> Verdict:
    del facts
    worst = {
        one: max(
            (v for each in found["figures"]["MetricDataResults"] if each["Id"] == one for v in each.get("Values", [])),
            default=-1.0,
        )
        for one in CONSUMERS
    }
    if min(worst.values()) < 0:
        return unknown("A consumer had no event in the last seven days.")
    told = ", ".join(f"{one} {seconds:.0f} s" for one, seconds in worst.items())
    return judged(f"99 of 100 events within: {told}", holds=max(worst.values()) <= 300)


CHECKS: Final = (
    Check(
        id="queues-redrive",
        question="Does each queue give an event up into its own dead letters, after eight tries?",
        step="Deploy `messaging` again.",
        ask=Steps(_queues, ("sqs.GetQueueAttributes",)),
        judge=_redriven,
    ),
    Check(
        id="queues-sealed",
        question="Are queues sealed by a key of ours and shut without TLS?",
        step="Deploy `messaging` again.",
        ask=Steps(_queues, ("sqs.GetQueueAttributes",)),
        judge=_sealed,
    ),
    Check(
        id="dead-letters-kept",
        question="Are dead letters kept for 14 days?",
        step="Deploy `messaging` again.",
        ask=Steps(_dead, ("sqs.GetQueueAttributes",)),
        judge=_letters,
    ),
    Check(
        id="topic-filters",
        question="Does the topic lead each event to whom it concerns, raw?",
        step="Deploy `messaging` again; a change of a filter takes up to 15 minutes.",
        ask=Steps(_subscriptions, ("sns.GetSubscriptionAttributes", "sns.ListSubscriptionsByTopic")),
        judge=_filtered,
    ),
    Check(
        id="partial-batches",
        question="Does only the failed event of a batch come again?",
        step="Deploy `services` again.",
        ask=Steps(_sources, ("lambda.ListEventSourceMappings",)),
        judge=_partial,
    ),
    Check(
        id="events-delivered",
        question="Did SNS deliver every event of the last seven days?",
        step="Look at the dead letters, the queue's policy and the events' key.",
        ask=Figures(days=7, of=_delivery),
        judge=_arrive,
    ),
    Check(
        id="events-soon",
        question="Were 99 of 100 events of the last seven days begun within five minutes?",
        step="docs/operations/alarms/events-late.md.",
        ask=Figures(days=7, of=_lag),
        judge=_soon,
    ),
)
