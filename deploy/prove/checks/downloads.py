"""Compatible downloads: who reaches them, and how they drain."""

from typing import Any, Final

from deploy.names import prefix
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown, without_faults
from deploy.prove.checks.containers import container_names, no_containers
from deploy.stage import Stage

_DRAIN: Final = "3600"


def _no_downloads(stage: Stage) -> str:
    return "" if stage.compatible_downloads else "The stage has no compatible downloads."


def _stopped(account: Account) -> Answers:
    found: dict[str, Any] = {}
    for name in container_names(account.stage):
        whole = f"{prefix(account.stage)}-{name}"
        listed = account.ask("ecs.ListTasks", cluster=whole, desiredStatus="STOPPED")["taskArns"]
        tasks = account.ask("ecs.DescribeTasks", cluster=whole, tasks=listed[:100]) if listed else {"tasks": []}
        found[name] = tasks
    return found


def _drained(found: Answers, facts: Facts) -> Verdict:
    ended = [
        (name, one["name"], one.get("exitCode"))
        for name in container_names(facts.stage)
        for task in found[name]["tasks"]
        if task.get("stopCode") in ("ServiceSchedulerInitiated", "SpotInterruption", "UserInitiated")
        for one in task["containers"]
        # clamd ends with 143 as programs without a drain do; ours end with 0.
        if one["name"] != "clamd"
    ]
    if not ended:
        return unknown("No container was stopped in the last hour; deploy or stop one task, and repeat the check.")
    return without_faults(
        [f"a {container} of {name} ended with {exit_}" for name, container, exit_ in ended if exit_ != 0],
        f"{len(ended)} containers ended with 0 after SIGTERM",
    )


def _draining(account: Account) -> Answers:
    name = f"{prefix(account.stage)}-downloads"
    group = account.ask("elbv2.DescribeTargetGroups", Names=[name])["TargetGroups"][0]["TargetGroupArn"]
    return {
        "attributes": account.ask("elbv2.DescribeTargetGroupAttributes", TargetGroupArn=group),
        "health": account.ask("elbv2.DescribeTargetHealth", TargetGroupArn=group),
    }


def _drains(found: Answers, facts: Facts) -> Verdict:
    del facts
    about = {one["Key"]: one["Value"] for one in found["attributes"]["Attributes"]}
    states = [one["TargetHealth"]["State"] for one in found["health"]["TargetHealthDescriptions"]]
    delay = about.get("deregistration_delay.timeout_seconds")
    return judged(
        f"{states.count('healthy')} healthy, {delay} s to drain", holds=delay == _DRAIN and "healthy" in states
    )


def _doors(account: Account) -> Answers:
    name = f"{prefix(account.stage)}-downloads"
    balancer = account.ask("elbv2.DescribeLoadBalancers", Names=[name])["LoadBalancers"][0]
    groups = balancer.get("SecurityGroups", [])
    listeners = account.ask("elbv2.DescribeListeners", LoadBalancerArn=balancer["LoadBalancerArn"])
    rules = account.ask("ec2.DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": groups}])
    return {"listeners": listeners, "rules": rules}


def _edge_only(found: Answers, facts: Facts) -> Verdict:
    inward = [one for one in found["rules"]["SecurityGroupRules"] if not one["IsEgress"]]
    strangers = [one for one in inward if one.get("PrefixListId") != facts.stage.edge_prefix_list]
    listeners = found["listeners"]["Listeners"]
    plain = [one for one in listeners if one["Protocol"] != "TLS" or "TLS13" not in one.get("SslPolicy", "")]
    faults = ["somebody beside CloudFront comes in" for _ in strangers] + ["a listener without TLS 1.3" for _ in plain]
    return without_faults(
        faults, f"{len(inward)} rules for CloudFront's addresses, {len(listeners)} listeners with TLS"
    )


CHECKS: Final = (
    Check(
        id="containers-drain",
        question="Do containers end with 0 when they are told to stop?",
        step="Read the log of the task that did not; SIGKILL comes after two minutes.",
        ask=Steps(_stopped, ("ecs.DescribeTasks", "ecs.ListTasks")),
        judge=_drained,
        unless=no_containers,
    ),
    Check(
        id="downloads-drain",
        question="Does the balancer give streams of the compatible downloads an hour to end?",
        step="Deploy `downloads` again.",
        ask=Steps(
            _draining,
            ("elbv2.DescribeTargetGroupAttributes", "elbv2.DescribeTargetGroups", "elbv2.DescribeTargetHealth"),
        ),
        judge=_drains,
        unless=_no_downloads,
    ),
    Check(
        id="downloads-edge-only",
        question="Do CloudFront's addresses alone reach the compatible downloads, over TLS?",
        step="Take the rule out of the security group, deploy `downloads` again.",
        ask=Steps(_doors, ("ec2.DescribeSecurityGroupRules", "elbv2.DescribeListeners", "elbv2.DescribeLoadBalancers")),
        judge=_edge_only,
        unless=_no_downloads,
    ),
)
