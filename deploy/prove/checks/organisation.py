"""The organisation around the account, asked of its management account."""

import json
from typing import Any, Final

from deploy.accounts.organisation import load_organisation, policy
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults
from deploy.stage import Stage

_WORLD: Final = "us-east-1"


def _attached(account: Account) -> Answers:
    """The organisation's own policies with their text and where they hang."""
    listed = account.ask("organizations.ListPolicies", region=_WORLD, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    ours = [one for one in listed if one["Name"] in load_organisation().policies]
    return {
        "each": [
            {
                "policy": account.ask("organizations.DescribePolicy", region=_WORLD, PolicyId=one["Id"]),
                "targets": account.ask("organizations.ListTargetsForPolicy", region=_WORLD, PolicyId=one["Id"]),
            }
            for one in ours
        ]
    }


def _guarding(found: Answers, facts: Facts) -> Verdict:
    del facts
    organisation = load_organisation()
    has: dict[str, Any] = {one["policy"]["Policy"]["PolicySummary"]["Name"]: one for one in found["each"]}
    faults = [f"{name} is not there" for name in organisation.policies if name not in has]
    for name, one in sorted(has.items()):
        if json.loads(one["policy"]["Policy"]["Content"]) != policy(name, organisation):
            faults.append(f"{name} is another text")
        wanted = sum(name in names for names in organisation.units.values())
        if len(one["targets"]["Targets"]) != wanted:
            faults.append(f"{name} hangs on {len(one['targets']['Targets'])} units of {wanted}")
    return without_faults(faults, f"{len(has)} policies on their units")


def _set(account: Account) -> Answers:
    name = load_organisation().baseline
    return {
        "set": account.ask("cloudformation.DescribeStackSet", StackSetName=name),
        "instances": account.ask("cloudformation.ListStackInstances", StackSetName=name),
    }


def _automatic(found: Answers, facts: Facts) -> Verdict:
    del facts
    about = found["set"]["StackSet"].get("AutoDeployment", {})
    stale = [one for one in found["instances"]["Summaries"] if one["Status"] != "CURRENT"]
    faults = [] if about.get("Enabled") else ["new accounts do not get it"]
    faults += ["a leaving account loses it"] if about.get("RetainStacksOnAccountRemoval") is False else []
    return without_faults(
        [*faults, *(f"{one['Account']} is {one['Status']}" for one in stale)],
        f"{len(found['instances']['Summaries'])} accounts current, new ones by themselves",
    )


def _operations(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = [one["Status"] for one in found["operations"]["Summaries"] if one["Status"] not in ("RUNNING", "QUEUED")]
    if not states:
        return unknown("The StackSet had no operation yet.")
    good = states.count("SUCCEEDED")
    return judged(f"{good} of {len(states)} operations succeeded, the last {states[0]}", holds=states[0] == "SUCCEEDED")


def _tower(account: Account) -> Answers:
    listed = account.ask("controltower.ListLandingZones")["landingZones"]
    return {"zones": [account.ask("controltower.GetLandingZone", landingZoneIdentifier=one["arn"]) for one in listed]}


def _beside(found: Answers, facts: Facts) -> Verdict:
    del facts
    zones = [one["landingZone"] for one in found["zones"]]
    if not zones:
        return unknown("There is no landing zone; the organisation stands alone.")
    return without_faults(
        [
            f"drift {one['driftStatus']['status']}"
            for one in zones
            if one.get("driftStatus", {}).get("status") != "IN_SYNC"
        ],
        f"landing zone {zones[0].get('status')}, in step",
    )


def _events(name: str) -> Any:
    def asked(account: Account) -> Answers:
        wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
        return {"events": account.ask("cloudtrail.LookupEvents", region=_WORLD, LookupAttributes=wanted)}

    return Steps(asked, ("cloudtrail.LookupEvents",))


def _happened(found: Answers, facts: Facts) -> Verdict:
    del facts
    events = found["events"]["Events"]
    if not events:
        return unknown("It did not happen in the last 90 days.")
    failed = [one for one in events if '"errorCode"' in one.get("CloudTrailEvent", "")]
    return judged(f"{len(events) - len(failed)} of {len(events)} went through", holds=len(failed) < len(events))


def _tag(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = [
        one["Status"] for one in found["tags"]["CostAllocationTags"] if one["TagKey"] == load_organisation().cost_tag
    ]
    return judged(f"tag {', '.join(states) or 'unknown to billing'}", holds=states == ["Active"])


def _baseline_name(stage: Stage) -> str:
    del stage
    return load_organisation().baseline


def _cost_tags(stage: Stage) -> list[str]:
    del stage
    return [load_organisation().cost_tag]


CHECKS: Final = (
    Check(
        id="scps-attached",
        question="Do the guard rails hang where the files say, with the files' text?",
        step="`python -m deploy accounts plan` names each difference.",
        ask=Steps(
            _attached,
            ("organizations.DescribePolicy", "organizations.ListPolicies", "organizations.ListTargetsForPolicy"),
        ),
        judge=_guarding,
        of="management",
    ),
    Check(
        id="baseline-automatic",
        question="Does every account get the baseline by itself, and keep it when it leaves?",
        step="Switch automatic deployment of the StackSet on.",
        ask=Steps(_set, ("cloudformation.DescribeStackSet", "cloudformation.ListStackInstances")),
        judge=_automatic,
        of="management",
    ),
    Check(
        id="stack-set-operations",
        question="Did the StackSet's last operation go through?",
        step="Read the reason of the operation's failed instance.",
        ask=Reads(operations=call("cloudformation.ListStackSetOperations", StackSetName=_baseline_name)),
        judge=_operations,
        of="management",
    ),
    Check(
        id="control-tower-beside",
        question="Does Control Tower see no drift beside our guard rails?",
        step="Repair the landing zone in Control Tower; then `accounts plan`.",
        ask=Steps(_tower, ("controltower.GetLandingZone", "controltower.ListLandingZones")),
        judge=_beside,
        of="management",
    ),
    Check(
        id="account-vended",
        question="Did Account Factory make an account?",
        step="Read the provisioned product's message in Service Catalog.",
        ask=_events("CreateManagedAccount"),
        judge=_happened,
        of="management",
    ),
    Check(
        id="account-closed",
        question="Was an account closed?",
        step="Read the refusal in CloudTrail; AWS closes a tenth of the accounts in 30 days at most.",
        ask=_events("CloseAccount"),
        judge=_happened,
        of="management",
    ),
    Check(
        id="account-moved",
        question="Did an account move between units?",
        step="Read the refusal in CloudTrail.",
        ask=_events("MoveAccount"),
        judge=_happened,
        of="management",
    ),
    Check(
        id="cost-tag-active",
        question="Does billing tell costs apart by the tenants' tag?",
        step="Activate the tag in the billing console; it shows a day later.",
        ask=Reads(tags=call("ce.ListCostAllocationTags", region=_WORLD, TagKeys=_cost_tags)),
        judge=_tag,
        of="management",
    ),
)
