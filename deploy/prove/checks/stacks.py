"""The stacks themselves: whole, protected, made again over data that stayed."""

from typing import Final

from deploy.names import LIFECYCLES, records_table, stack
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown, without_faults
from deploy.stage import Stage

_WHOLE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_WEB: Final = "us-east-1"
# Where what holds data could be taken in.
_KEEPING: Final = ("data", "blobs")


def expected(stage: Stage) -> list[str]:
    """Stacks of the stage in its own Region; `web` stands in us-east-1."""
    left_out = {
        *(() if stage.scanner else ("scanner",)),
        *(() if stage.compatible_downloads else ("downloads",)),
        "web",
    }
    return [stack(stage, one) for one in LIFECYCLES if one not in left_out]


def _all(account: Account) -> Answers:
    return {
        "here": account.ask("cloudformation.DescribeStacks"),
        "web": account.ask("cloudformation.DescribeStacks", region=_WEB, StackName=stack(account.stage, "web")),
    }


def _whole(found: Answers, facts: Facts) -> Verdict:
    states = {one["StackName"]: one["StackStatus"] for one in (*found["here"]["Stacks"], *found["web"]["Stacks"])}
    wanted = [*expected(facts.stage), stack(facts.stage, "web")]
    faults = [f"{name} is {states.get(name, 'not there')}" for name in wanted if states.get(name) not in _WHOLE]
    return without_faults(faults, f"{len(wanted)} stacks whole")


def _listed(account: Account) -> Answers:
    return {
        "gone": account.ask("cloudformation.ListStacks", StackStatusFilter=["DELETE_COMPLETE"]),
        "services": account.ask("cloudformation.DescribeStacks", StackName=stack(account.stage, "services")),
        "table": account.ask("dynamodb.DescribeTable", TableName=records_table(account.stage)),
    }


def _made_again(found: Answers, facts: Facts) -> Verdict:
    name = stack(facts.stage, "services")
    gone = [one for one in found["gone"]["StackSummaries"] if one["StackName"] == name]
    if not gone:
        return unknown("The services' stack was not deleted in the last 90 days; do so in a stage for trying.")
    made = found["services"]["Stacks"][0]["CreationTime"]
    older = found["table"]["Table"]["CreationDateTime"] < made
    return judged(f"deleted {len(gone)} times, the records {'stayed' if older else 'are new'}", holds=older)


def _imports(account: Account) -> Answers:
    return {
        one: account.ask(
            "cloudformation.DescribeStackEvents",
            StackName=stack(account.stage, one),
            PaginationConfig={"MaxItems": 500},
        )
        for one in _KEEPING
    }


def _taken_in(found: Answers, facts: Facts) -> Verdict:
    del facts
    ends = [
        one["ResourceStatus"]
        for name in _KEEPING
        for one in found[name]["StackEvents"]
        if one.get("ResourceStatus", "").startswith("IMPORT_")
    ]
    if not ends:
        return unknown("Nothing was imported into `data` or `blobs`.")
    return judged(
        f"{ends.count('IMPORT_COMPLETE')} imports", holds="IMPORT_COMPLETE" in ends and "IMPORT_FAILED" not in ends
    )


CHECKS: Final = (
    Check(
        id="stacks-whole",
        question="Did the CDK command bring every stack of the stage to its end?",
        step="`python -m deploy deploy --stage S` names the stack that is half made.",
        ask=Steps(_all, ("cloudformation.DescribeStacks",)),
        judge=_whole,
    ),
    Check(
        id="services-made-again",
        question="Was the services' stack deleted and made again over records that stayed?",
        step="Look at the records' stack: its table must be retained.",
        ask=Steps(
            _listed,
            (
                "cloudformation.DescribeStacks",
                "cloudformation.ListStacks",
                "dynamodb.DescribeTable",
            ),
        ),
        judge=_made_again,
    ),
    Check(
        id="older-table-imported",
        question="Did `cdk import` take in what an older stack left?",
        step="Compare names and properties with the template; an import changes nothing.",
        ask=Steps(_imports, ("cloudformation.DescribeStackEvents",)),
        judge=_taken_in,
    ),
)
