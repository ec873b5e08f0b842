"""Containers on Fargate: the scanner that goes to none, the downloads that drain."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.names import SCANS, prefix, queue
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown, without_faults
from deploy.prove.figures import Figures, total
from deploy.stacks.alarm_table import Figure
from deploy.stage import Stage

_STOP_SECONDS: Final = 120
_COLD_SECONDS: Final = 240
_MOST: Final = {"scanner": (0, 8), "downloads": (1, 8)}


def container_names(stage: Stage) -> list[str]:
    """Services of containers that the stage has."""
    return [*(["scanner"] if stage.scanner else []), *(["downloads"] if stage.compatible_downloads else [])]


def _no_scanner(stage: Stage) -> str:
    return "" if stage.scanner else "The stage has no scanner."


def no_containers(stage: Stage) -> str:
    """Why there is nothing to check, or ""."""
    return "" if container_names(stage) else "The stage has no containers."


def _service(account: Account, name: str) -> Any:
    whole = f"{prefix(account.stage)}-{name}"
    return account.ask("ecs.DescribeServices", cluster=whole, services=[whole])


def _services(account: Account) -> Answers:
    return {name: _service(account, name) for name in container_names(account.stage)}


def _mixed(found: Answers, facts: Facts) -> Verdict:
    faults = []
    for name in container_names(facts.stage):
        about = found[name]["services"][0]
        mix = {
            one["capacityProvider"]: (one.get("base", 0), one.get("weight", 0))
            for one in about.get("capacityProviderStrategy", [])
        }
        if mix != {"FARGATE": (1, 1), "FARGATE_SPOT": (0, 3)}:
            faults.append(f"{name} runs on {', '.join(sorted(mix)) or 'no provider'}")
        if not about.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {}).get("rollback"):
            faults.append(f"{name} does not go back by itself")
    return without_faults(faults, f"{len(container_names(facts.stage))} services, the first on-demand, then Spot")


def _tasks(account: Account) -> Answers:
    found = {}
    for name in container_names(account.stage):
        definition = _service(account, name)["services"][0]["taskDefinition"]
        found[name] = account.ask("ecs.DescribeTaskDefinition", taskDefinition=definition)
    return found


def _closed_in(found: Answers, facts: Facts) -> Verdict:
    faults = []
    for name in container_names(facts.stage):
        for one in found[name]["taskDefinition"]["containerDefinitions"]:
            dropped = one.get("linuxParameters", {}).get("capabilities", {}).get("drop", [])
            faults += [] if one.get("readonlyRootFilesystem") else [f"{one['name']} may write its root"]
            faults += [] if "ALL" in dropped else [f"{one['name']} keeps capabilities"]
            faults += [] if "@sha256:" in one["image"] else [f"{one['name']} runs a tag"]
            faults += (
                []
                if one.get("stopTimeout") == _STOP_SECONDS
                else [f"{one['name']} is killed after {one.get('stopTimeout')} s"]
            )
    return without_faults(
        faults, f"{len(container_names(facts.stage))} tasks by digest, read-only, {_STOP_SECONDS} s to stop"
    )


def _scaling(account: Account) -> Answers:
    names = [
        f"service/{prefix(account.stage)}-{name}/{prefix(account.stage)}-{name}"
        for name in container_names(account.stage)
    ]
    return {
        "targets": account.ask(
            "application-autoscaling.DescribeScalableTargets", ServiceNamespace="ecs", ResourceIds=names
        )
    }


def _scaled(found: Answers, facts: Facts) -> Verdict:
    has = {
        one["ResourceId"].rpartition("-")[2]: (one["MinCapacity"], one["MaxCapacity"])
        for one in found["targets"]["ScalableTargets"]
    }
    wrong = [
        f"{name} is {has.get(name, 'not scaled')}"
        for name in container_names(facts.stage)
        if has.get(name) != _MOST[name]
    ]
    return without_faults(wrong, ", ".join(f"{name} {low} to {high}" for name, (low, high) in sorted(has.items())))


def _idle(account: Account) -> Answers:
    stage = account.stage
    url = f"https://sqs.{stage.region}.amazonaws.com/{stage.account}/{queue(stage, SCANS)}"
    return {
        "service": _service(account, "scanner"),
        "queue": account.ask("sqs.GetQueueAttributes", QueueUrl=url, AttributeNames=["All"]),
        "activities": account.ask(
            "application-autoscaling.DescribeScalingActivities",
            ServiceNamespace="ecs",
            ResourceId=f"service/{prefix(stage)}-scanner/{prefix(stage)}-scanner",
            PaginationConfig={"MaxItems": 50},
        ),
    }


def _to_none(found: Answers, facts: Facts) -> Verdict:
    del facts
    about = found["queue"]["Attributes"]
    depth = int(about["ApproximateNumberOfMessages"]) + int(about["ApproximateNumberOfMessagesNotVisible"])
    running = found["service"]["services"][0]["runningCount"]
    down = [
        one
        for one in found["activities"]["ScalingActivities"]
        if one["StatusCode"] == "Successful" and "desired count to 0" in one.get("Description", "")
    ]
    if depth or not down:
        return unknown(
            "Something waits, or nothing was scanned in the last six weeks; look again after a quiet half hour."
        )
    return judged(f"{running} containers, nothing waits, {len(down)} times back to none", holds=running == 0)


def _running(account: Account) -> Answers:
    whole = f"{prefix(account.stage)}-scanner"
    listed = account.ask("ecs.ListTasks", cluster=whole)["taskArns"]
    if not listed:
        return {"tasks": {"tasks": []}}
    return {"tasks": account.ask("ecs.DescribeTasks", cluster=whole, tasks=listed[:100])}


def _start_time(found: Answers, facts: Facts) -> Verdict:
    del facts
    waited = [
        (one["startedAt"] - one["createdAt"]).total_seconds()
        for one in found["tasks"]["tasks"]
        if "startedAt" in one and "createdAt" in one
    ]
    if not waited:
        return unknown("No container of the scanner runs; send something and repeat the check while it is scanned.")
    return judged(
        f"{len(waited)} containers, the slowest after {max(waited):.0f} s", holds=max(waited) <= _COLD_SECONDS
    )


def _scans(stage: Stage) -> Mapping[str, Figure]:
    names = {"waiting": queue(stage, SCANS), "given_up": f"{queue(stage, SCANS)}-dead"}
    return {
        "scanned": Figure("AWS/SQS", "NumberOfMessagesDeleted", {"QueueName": names["waiting"]}),
        "given_up": Figure(
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": names["given_up"]}, "Maximum"
        ),
    }


def _scanned(found: Answers, facts: Facts) -> Verdict:
    del facts
    done, lost = total(found, "scanned"), total(found, "given_up")
    if not done:
        return unknown("Nothing was scanned in the last seven days.")
    return judged(f"{done:.0f} scanned, {'some' if lost else 'none'} given up", holds=not lost)


_SERVICES: Final = "ecs.DescribeServices"


CHECKS: Final = (
    Check(
        id="containers-mixed",
        question="Is the first container on-demand, are the others mostly Spot?",
        step="Deploy `scanner` and `downloads` again.",
        ask=Steps(_services, (_SERVICES,)),
        judge=_mixed,
        unless=no_containers,
    ),
    Check(
        id="containers-closed-in",
        question="Do containers run by digest, read-only, without capabilities, with two minutes to stop?",
        step="Write digests into the image parameters and deploy again.",
        ask=Steps(_tasks, (_SERVICES, "ecs.DescribeTaskDefinition")),
        judge=_closed_in,
        unless=no_containers,
    ),
    Check(
        id="containers-scaled",
        question="Are containers scaled between the numbers that the stacks say?",
        step="Deploy `scanner` and `downloads` again.",
        ask=Steps(_scaling, ("application-autoscaling.DescribeScalableTargets",)),
        judge=_scaled,
        unless=no_containers,
    ),
    Check(
        id="scanner-to-none",
        question="Does the scanner go back to no container where nothing waits?",
        step="Look at the alarm `fumibako-<stage>-scaling-idle` and its action.",
        ask=Steps(_idle, ("application-autoscaling.DescribeScalingActivities", _SERVICES, "sqs.GetQueueAttributes")),
        judge=_to_none,
        unless=_no_scanner,
    ),
    Check(
        id="scanner-start-time",
        question="Does a container of the scanner start within four minutes?",
        step="Bring the images nearer (a copy in the Region), or keep one container.",
        ask=Steps(_running, ("ecs.DescribeTasks", "ecs.ListTasks")),
        judge=_start_time,
        unless=_no_scanner,
    ),
    Check(
        id="scanner-scans",
        question="Was everything scanned that was sent in the last seven days?",
        step="Read the container's log and the dead letters of the scans.",
        ask=Figures(days=7, of=_scans),
        judge=_scanned,
        unless=_no_scanner,
    ),
)
