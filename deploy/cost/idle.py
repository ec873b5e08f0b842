"""What a stage costs while nobody sends anything, from its synthesized templates: every resource has its lines here, or is named as free while it idles.

A resource that nobody thought of is refused: it must not cost nothing because it is new. Not in here, because no template has it: tax, support, the account's
baseline (docs/cloud/accounts.md), images in ECR (0.10 USD a GB and month), what a domain costs.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from deploy.cost.idle_free import FREE
from deploy.cost.idle_schedules import poller_lines, schedule_lines
from deploy.cost.lines import HOURS, Line
from deploy.cost.recording import Recording
from deploy.errors import Refused

Resource = Mapping[str, Any]
Templates = Mapping[str, Mapping[str, Any]]
_DAYS: Final = 30
# Container Insights' own figures of a cluster with one service (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html):
# three of the cluster whatever runs in it, some 24 more of service and tasks while one runs.
CLUSTER_FIGURES: Final = 3
TASK_FIGURES: Final = 24


def idle_lines(templates: Templates, found: Recording) -> list[Line]:
    """Of one stage's templates (stack name -> template), like lines added up. Raises Refused("resource_unpriced")."""
    every = [one for template in templates.values() for one in template["Resources"].values()]
    zones = sum(1 for one in every if one["Type"] == "AWS::EC2::Subnet") // 2
    lines = [line for one in every for line in _lines_of(one, every, zones, found)]
    summed: dict[tuple[str, str, str], float] = {}
    for line in lines:
        key = (line.group, line.what, line.price)
        summed[key] = summed.get(key, 0.0) + line.quantity
    return [Line(*key, round(quantity, 6)) for key, quantity in sorted(summed.items()) if quantity]


def _lines_of(one: Resource, every: list[Resource], zones: int, found: Recording) -> Iterator[Line]:
    kind, properties = one["Type"], one.get("Properties", {})
    if kind in _PRICED:
        yield from _PRICED[kind](properties)
    elif kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        yield from _balancer(properties, zones)
    elif kind == "AWS::ECS::Service":
        yield from _service(properties, _task_of(one, every))
    elif kind in ("AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"):
        yield from (schedule_lines if kind == "AWS::Events::Rule" else poller_lines)(properties, found)
    elif kind not in FREE:
        raise Refused(
            "resource_unpriced",
            f"Nobody has said what a {kind} costs while it idles.",
            "Add it to deploy/cost/idle.py, with its price or as free.",
        )


def _endpoint(properties: Resource) -> Iterator[Line]:
    if properties.get("VpcEndpointType") == "Interface":
        yield Line("network", "interface endpoints", "endpoint-hour", HOURS * len(properties["SubnetIds"]))


def _alarm(properties: Resource) -> Iterator[Line]:
    """By the figures that it looks at; a formula itself costs nothing."""
    metrics = properties.get("Metrics", [])
    figures = sum(1 for metric in metrics if "MetricStat" in metric) or 1
    yield Line("what is seen", "figures that alarms look at", "alarm-metric-month", figures)


def _firewall(properties: Resource) -> Iterator[Line]:
    yield Line("firewall", "firewalls", "firewall-month", 1)
    yield Line("firewall", "their rules", "firewall-rule-month", len(properties["Rules"]))


def _secret(properties: Resource) -> Iterator[Line]:
    yield Line("keys", "secrets, by Region", "secret-month", 1 + len(properties.get("ReplicaRegions", [])))


def _cluster(_: Resource) -> Iterator[Line]:
    yield Line("what is seen", "figures of clusters", "metric-month", CLUSTER_FIGURES)


def _machine(properties: Resource) -> Iterator[Line]:
    """The daily report without a tenant: at most each of its states once, twice a day."""
    states = str(properties["DefinitionString"]).count('"Type":')
    yield Line("schedules", "steps of the usage report", "state-transition", 2 * _DAYS * states)


_PRICED: Final[Mapping[str, Callable[[Resource], Iterator[Line]]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": lambda _: iter([Line("what is seen", "dashboards", "dashboard-month", 1)]),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ECS::Cluster": _cluster,
    "AWS::KMS::Key": lambda _: iter([Line("keys", "keys", "kms-key-month", 1)]),
    "AWS::Scheduler::Schedule": lambda _: iter([Line("schedules", "runs of the usage report", "schedule-run", _DAYS)]),
    "AWS::SecretsManager::Secret": _secret,
    "AWS::StepFunctions::StateMachine": _machine,
    "AWS::WAFv2::WebACL": _firewall,
}


def _balancer(properties: Resource, zones: int) -> Iterator[Line]:
    yield Line("network", "balancers", "balancer-hour", HOURS)
    if properties.get("Scheme") == "internet-facing":
        yield Line("network", "addresses of balancers", "public-address-hour", HOURS * zones)


def _service(properties: Resource, task: Resource) -> Iterator[Line]:
    """Tasks that run whether anybody comes or not."""
    count = int(properties.get("DesiredCount", 0))
    if not count:
        return
    hours = HOURS * count
    yield Line("containers", "processors", "fargate-vcpu-hour", hours * int(task["Cpu"]) / 1_024)
    yield Line("containers", "memory", "fargate-gb-hour", hours * int(task["Memory"]) / 1_024)
    yield Line("containers", "figures of tasks", "metric-month", TASK_FIGURES)
    place = properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    if place["AssignPublicIp"] == "ENABLED":
        yield Line("containers", "addresses", "public-address-hour", hours)


def _task_of(service: Resource, every: list[Resource]) -> Resource:
    """The task definition of a service: both carry the service's name."""
    name = service["Properties"]["ServiceName"]
    tasks = [one["Properties"] for one in every if one["Type"] == "AWS::ECS::TaskDefinition"]
    found: Resource = next(task for task in tasks if task["Family"] == name)
    return found
