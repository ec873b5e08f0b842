"""Lambda functions: reserved, led by an alias, watched, and fast enough."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.names import SERVICES, function
from deploy.packaging.functions import Function, all_functions
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults
from deploy.prove.figures import Figures, total
from deploy.stacks.alarm_table import Figure, own
from deploy.stage import Stage

_ALIAS: Final = "live"
APIS: Final = tuple(one for one in all_functions() if one.kind == "api")


def named(stage: Stage, one: Function) -> str:
    """Its physical name."""
    return function(stage, one.service, one.name)


def _each(operation: str, **more: Any) -> Any:
    def asked(account: Account) -> Answers:
        return {
            f"{one.service}/{one.name}": account.ask(operation, FunctionName=named(account.stage, one), **more)
            for one in all_functions()
        }

    return Steps(asked, (operation,))


def _reserved(found: Answers, facts: Facts) -> Verdict:
    faults = []
    for one in all_functions():
        has = found[f"{one.service}/{one.name}"].get("ReservedConcurrentExecutions")
        wanted = facts.stage.concurrency(one.service, one.name)
        faults += [] if has == wanted else [f"{one.service}/{one.name} has {has}"]
    return without_faults(faults, f"{len(all_functions())} functions as the stage says")


def _account(found: Answers, facts: Facts) -> Verdict:
    limit = found["settings"]["AccountLimit"]
    whole, left = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    return judged(
        f"{whole} at once, {left} not reserved", holds=whole >= facts.stage.account_concurrency and left >= 100
    )


def _aliases(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = []
    for name, alias in sorted(found.items()):
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        faults += [f"{name} leads to $LATEST"] if alias["FunctionVersion"] == "$LATEST" else []
        faults += [f"{name} is between two versions"] if weights else []
    return without_faults(faults, f"{len(found)} aliases on a version")


def _groups(account: Account) -> Answers:
    stage = account.stage
    ours = [
        name
        for name in account.ask("codedeploy.ListApplications")["applications"]
        if name.startswith(f"fumibako-{stage.name}-services")
    ]
    listed = [
        (application, group)
        for application in ours
        for group in account.ask("codedeploy.ListDeploymentGroups", applicationName=application)["deploymentGroups"]
    ]
    found = [
        account.ask("codedeploy.GetDeploymentGroup", applicationName=application, deploymentGroupName=group)
        for application, group in listed
    ]
    return {"groups": found}


def _canary(found: Answers, facts: Facts) -> Verdict:
    del facts
    groups = [one["deploymentGroupInfo"] for one in found["groups"]]
    if not groups:
        return unknown("There are no deployment groups of the services.")
    faults = []
    for one in groups:
        name = one["deploymentGroupName"]
        alarms = one.get("alarmConfiguration", {})
        back = one.get("autoRollbackConfiguration", {})
        faults += [] if alarms.get("enabled") and alarms.get("alarms") else [f"{name} watches no alarm"]
        faults += [] if back.get("enabled") else [f"{name} does not go back by itself"]
    careful = sum("Canary10Percent5Minutes" in one.get("deploymentConfigName", "") for one in groups)
    return without_faults(faults, f"{len(groups)} groups, {careful} by a tenth first")


def _starts(stage: Stage) -> Mapping[str, Figure]:
    return {
        f"{metric.lower()}_{one.service}": Figure("AWS/Lambda", metric, {"FunctionName": named(stage, one)})
        for one in APIS
        for metric in ("Errors", "Invocations")
    }


_STARTS: Final = Figures(days=7, of=_starts)


def _ran(account: Account) -> Answers:
    configured = _each("lambda.GetFunctionConfiguration", Qualifier=_ALIAS)(account)
    return {"functions": configured, "figures": _STARTS.asked(account)}


_RAN: Final = Steps(_ran, ("cloudwatch.GetMetricData", "lambda.GetFunctionConfiguration"))


def _package(found: Answers, kind: str) -> Verdict:
    functions = sorted(found["functions"].items())
    if any(about.get("PackageType") != kind for _, about in functions):
        return unknown(f"The functions of this stage are not deployed as {kind}.")
    idle = [one.service for one in APIS if not total(found, f"invocations_{one.service}")]
    faults = [f"{name} is {about.get('State')}" for name, about in functions if about.get("State") != "Active"]
    faults += [f"{name} was not updated" for name, about in functions if about.get("LastUpdateStatus") == "Failed"]
    faults += [f"{one.service} fails to run" for one in APIS if total(found, f"errors_{one.service}")]
    if idle and not faults:
        return unknown(f"Nobody called {', '.join(idle)} in seven days.")
    return without_faults(faults, f"{len(functions)} functions ran as {kind}, without an error of the APIs")


def _image(found: Answers, facts: Facts) -> Verdict:
    del facts
    return _package(found, "Image")


def _zip(found: Answers, facts: Facts) -> Verdict:
    del facts
    return _package(found, "Zip")


def _traced(found: Answers, facts: Facts) -> Verdict:
    del facts
    modes = {name: about.get("TracingConfig", {}).get("Mode") for name, about in sorted(found.items())}
    return without_faults(
        [f"{name} is not traced" for name, mode in modes.items() if mode != "Active"], f"{len(modes)} traced"
    )


def _roles(found: Answers, facts: Facts) -> Verdict:
    names = {f"{one.service}/{one.name}": one for one in APIS}
    path = f":role/fumibako/{facts.stage.name}/api/"
    return without_faults(
        [f"{name} has another path" for name in names if path not in found[name]["Role"]],
        f"{len(names)} roles under the path",
    )


def _week(stage: Stage) -> Mapping[str, Figure]:
    found: dict[str, Figure] = {}
    for service in SERVICES:
        found[f"requests_{service}"] = own(stage, "Requests", "Service", service)
        found[f"faults_{service}"] = own(stage, "Faults", "Service", service)
    for one in all_functions():
        dimensions = {"FunctionName": named(stage, one)}
        found[f"errors_{one.service}_{one.name}"] = Figure("AWS/Lambda", "Errors", dimensions)
    return found


def _enough(found: Answers, facts: Facts) -> Verdict:
    del facts
    idle = [service for service in SERVICES if not total(found, f"requests_{service}")]
    if idle:
        return unknown(f"No request in seven days to {', '.join(idle)}; tell the whole story first.")
    faults = [f"{service}: faults" for service in SERVICES if total(found, f"faults_{service}")]
    faults += [
        f"{one.service}/{one.name}: errors"
        for one in all_functions()
        if total(found, f"errors_{one.service}_{one.name}")
    ]
    requests = sum(total(found, f"requests_{service}") for service in SERVICES)
    return without_faults(faults, f"{requests:.0f} requests, no fault, no failed run")


_CONFIGURED: Final = _each("lambda.GetFunctionConfiguration", Qualifier=_ALIAS)


CHECKS: Final = (
    Check(
        id="functions-reserved",
        question="Has every function the executions that the stage reserves for it?",
        step="Deploy `services` again.",
        ask=_each("lambda.GetFunctionConcurrency"),
        judge=_reserved,
    ),
    Check(
        id="account-concurrency",
        question="Does the account allow as many executions as the stage counts on?",
        step="Ask Service Quotas for more (Lambda, concurrent executions), or lower `account_concurrency`.",
        ask=Reads(settings=call("lambda.GetAccountSettings")),
        judge=_account,
    ),
    Check(
        id="aliases-settled",
        question="Does every alias lead to one version?",
        step="See the deployment in CodeDeploy; it goes back by itself or waits for somebody.",
        ask=_each("lambda.GetAlias", Name=_ALIAS),
        judge=_aliases,
    ),
    Check(
        id="canary-rolls-back",
        question="Does a new version go back by itself when the service's alarm rings?",
        step="Deploy `services` again.",
        ask=Steps(
            _groups,
            ("codedeploy.GetDeploymentGroup", "codedeploy.ListApplications", "codedeploy.ListDeploymentGroups"),
        ),
        judge=_canary,
    ),
    Check(
        id="image-on-lambda",
        question="Does the image run on Lambda itself?",
        step="Read the function's state reason; the image's entry is in docs/cloud/packaging.md.",
        ask=_RAN,
        judge=_image,
    ),
    Check(
        id="lambda-sdk",
        question="Do the zips run with the SDK of Lambda's own runtime?",
        step="Read the function's state reason, or deploy the image.",
        ask=_RAN,
        judge=_zip,
    ),
    Check(
        id="functions-traced",
        question="Is every function traced?",
        step="Deploy `services` again.",
        ask=_CONFIGURED,
        judge=_traced,
    ),
    Check(
        id="api-roles-path",
        question="Do the API functions' roles stand under the path that the tenants' role trusts?",
        step="Deploy `services` again.",
        ask=_CONFIGURED,
        judge=_roles,
    ),
    Check(
        id="rights-enough",
        question="Are the recorded rights all that AWS asks for?",
        step="Find the refused call in the function's log, record it by a story, write the policies anew.",
        ask=Figures(days=7, of=_week),
        judge=_enough,
    ),
)
