"""The account's baseline, the organisation around it, and what AWS allows it."""

from typing import Final

from deploy.accounts.organisation import load_organisation
from deploy.prove.ask import DRY_RUN, Account, code
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults
from deploy.stage import Stage

# A Region that no file of ours names: what is asked there must be refused by the organisation.
_FOREIGN: Final = "eu-north-1"
_TRAIL: Final = "fumibako"
_NEITHER: Final = "InvalidAccessException"


def _trail(account: Account) -> Answers:
    return {
        "trail": account.ask("cloudtrail.GetTrail", Name=_TRAIL),
        "status": account.ask("cloudtrail.GetTrailStatus", Name=_TRAIL),
    }


def _recorded(found: Answers, facts: Facts) -> Verdict:
    del facts
    trail = found["trail"]["Trail"]
    faults = [
        *([] if found["status"].get("IsLogging") else ["it does not log"]),
        *([] if trail.get("IsMultiRegionTrail") else ["one Region alone"]),
        *([] if trail.get("LogFileValidationEnabled") else ["its files are not signed"]),
        *(["its delivery fails"] if found["status"].get("LatestDeliveryError") else []),
    ]
    return without_faults(faults, "logs all Regions, files signed")


def _config(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = found["status"]["ConfigurationRecordersStatus"]
    on = [one for one in states if one.get("recording") and one.get("lastStatus") != "FAILURE"]
    return judged(f"{len(on)} of {len(states)} recorders record", holds=bool(states) and len(on) == len(states))


def _detectors(account: Account) -> Answers:
    listed = account.ask("guardduty.ListDetectors")["DetectorIds"]
    return {"detectors": [account.ask("guardduty.GetDetector", DetectorId=one) for one in listed]}


def _detected(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = [one["Status"] for one in found["detectors"]]
    return judged(f"detectors: {', '.join(states) or 'none'}", holds="ENABLED" in states)


def _hub(found: Answers, facts: Facts) -> Verdict:
    del facts
    return judged("on" if "HubArn" in found["hub"] else "off", holds="HubArn" in found["hub"])


def _budget(found: Answers, facts: Facts) -> Verdict:
    del facts
    limit = found["budget"]["Budget"].get("BudgetLimit", {})
    told = found["told"]["Notifications"]
    return judged(f"{limit.get('Amount')} {limit.get('Unit')} a month, {len(told)} warnings", holds=len(told) >= 2)


def _stacks(account: Account) -> Answers:
    return {"stacks": account.ask("cloudformation.DescribeStacks")}


def _baseline(found: Answers, facts: Facts) -> Verdict:
    del facts
    name = f"StackSet-{load_organisation().baseline}-"
    states = [one["StackStatus"] for one in found["stacks"]["Stacks"] if one["StackName"].startswith(name)]
    return judged(
        f"baseline: {', '.join(states) or 'none'}",
        holds=bool(states) and all(s in ("CREATE_COMPLETE", "UPDATE_COMPLETE") for s in states),
    )


def _abroad(account: Account) -> Answers:
    return {
        "instances": account.ask(
            "ec2.DescribeInstances", errors=("UnauthorizedOperation", DRY_RUN), region=_FOREIGN, DryRun=True
        )
    }


def _closed_abroad(found: Answers, facts: Facts) -> Verdict:
    del facts
    if code(found["instances"]) == DRY_RUN:
        return judged(f"{_FOREIGN} is open", holds=False)
    message = found["instances"].get("Error", {}).get("Message", "")
    if "service control policy" not in message:
        return unknown("Refused, but for want of a right of ours; give ec2:DescribeInstances.")
    return judged(f"{_FOREIGN} is closed by a service control policy", holds=True)


def _not_foreign(stage: Stage) -> str:
    return "The stage lives there itself." if stage.region == _FOREIGN else ""


CHECKS: Final = (
    Check(
        id="trail-on",
        question="Does a trail of the account log all Regions, signed?",
        step="Bring the baseline into the account (`python -m deploy accounts plan`).",
        ask=Steps(_trail, ("cloudtrail.GetTrail", "cloudtrail.GetTrailStatus")),
        judge=_recorded,
    ),
    Check(
        id="config-on",
        question="Does AWS Config record?",
        step="Bring the baseline into the account.",
        ask=Reads(status=call("config.DescribeConfigurationRecorderStatus")),
        judge=_config,
    ),
    Check(
        id="guardduty-on",
        question="Does GuardDuty look?",
        step="Bring the baseline into the account.",
        ask=Steps(_detectors, ("guardduty.GetDetector", "guardduty.ListDetectors")),
        judge=_detected,
    ),
    Check(
        id="security-hub-on",
        question="Is Security Hub on?",
        step="Bring the baseline into the account.",
        ask=Reads(hub=call("securityhub.DescribeHub", errors=(_NEITHER,))),
        judge=_hub,
    ),
    Check(
        id="budget-warns",
        question="Does the month's budget warn twice?",
        step="Bring the baseline into the account.",
        ask=Reads(
            budget=call("budgets.DescribeBudget", AccountId=lambda stage: stage.account, BudgetName="fumibako-month"),
            told=call(
                "budgets.DescribeNotificationsForBudget",
                AccountId=lambda stage: stage.account,
                BudgetName="fumibako-month",
            ),
        ),
        judge=_budget,
    ),
    Check(
        id="baseline-here",
        question="Did the StackSet bring the baseline into the account?",
        step="See the StackSet's operation for this account.",
        ask=Steps(_stacks, ("cloudformation.DescribeStacks",)),
        judge=_baseline,
    ),
    Check(
        id="foreign-region-closed",
        question="Does the organisation refuse another Region?",
        step="Attach the policy `regions` to the account's unit.",
        ask=Steps(_abroad, ("ec2.DescribeInstances",)),
        judge=_closed_abroad,
        unless=_not_foreign,
    ),
)
