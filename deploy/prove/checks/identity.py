"""People: the pool that stays, its providers, and its export."""

from datetime import timedelta
from typing import Final

from deploy.names import identity_export_bucket, parameter
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown, without_faults
from deploy.stage import Stage

# As deploy/stacks/identity_export.py, which needs CDK; a test holds the two together.
EXPORT_KEY: Final = "identities.jsonl"
_ON_CHANGE: Final = timedelta(minutes=10)
_DAILY: Final = timedelta(hours=25)


def _pool_id(account: Account) -> str:
    found = account.ask("ssm.GetParameter", Name=parameter(account.stage, "user-pool-id"))
    return str(found["Parameter"]["Value"])


def _pool(account: Account) -> Answers:
    return {"pool": account.ask("cognito-idp.DescribeUserPool", UserPoolId=_pool_id(account))}


def _shut(found: Answers, facts: Facts) -> Verdict:
    pool = found["pool"]["UserPool"]
    wanted = "ACTIVE" if facts.stage.protected else "INACTIVE"
    faults = [
        *([] if pool.get("DeletionProtection", "INACTIVE") == wanted else ["deletion protection is not the stage's"]),
        *([] if pool.get("MfaConfiguration") == "ON" else ["a second factor is optional"]),
        *([] if pool["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly") else ["anybody may sign up"]),
    ]
    return without_faults(faults, f"protection {wanted}, second factor on, no signing up")


def _providers(account: Account) -> Answers:
    return {"providers": account.ask("cognito-idp.ListIdentityProviders", UserPoolId=_pool_id(account))}


def _as_stage(found: Answers, facts: Facts) -> Verdict:
    has = {one["ProviderName"]: str(one["ProviderType"]) for one in found["providers"]["Providers"]}
    wanted = {one.name: one.kind.upper() for one in facts.stage.identity_providers}
    return judged(f"{len(has)} providers, {len(wanted)} in the stage", holds=has == wanted)


def _sign_ins(account: Account) -> Answers:
    """Metrics tell federated sign-ins by pool, client and provider; no name of a person is in them
    (https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html).
    """
    pool = [{"Name": "UserPool", "Value": _pool_id(account)}]
    listed = account.ask(
        "cloudwatch.ListMetrics", Namespace="AWS/Cognito", MetricName="FederationSuccesses", Dimensions=pool
    )
    return {"metrics": listed}


def _signed_in(found: Answers, facts: Facts) -> Verdict:
    seen = {
        each["Value"]
        for one in found["metrics"]["Metrics"]
        for each in one.get("Dimensions", [])
        if each["Name"] == "IdentityProvider"
    }
    lacking = [one.name for one in facts.stage.identity_providers if one.name not in seen]
    if lacking:
        return unknown(f"Nobody came in the last two weeks through {', '.join(lacking)}.")
    strangers = sorted(seen - {one.name for one in facts.stage.identity_providers})
    if strangers:
        return judged(f"signed in through {', '.join(strangers)}, which the stage does not name", holds=False)
    return judged(f"signed in through {', '.join(sorted(seen))}", holds=True)


def _no_providers(stage: Stage) -> str:
    return "" if stage.identity_providers else "The stage has no identity providers."


def _exports(account: Account) -> Answers:
    bucket = identity_export_bucket(account.stage)
    return {"versions": account.ask("s3.ListObjectVersions", Bucket=bucket, Prefix=EXPORT_KEY)}


def _exported(found: Answers, facts: Facts) -> Verdict:
    times = [one["LastModified"] for one in found["versions"].get("Versions", [])]
    if not times:
        return judged("never exported", holds=False)
    return judged(f"{len(times)} exports, the last {max(times):%Y-%m-%d %H:%M}", holds=facts.now - max(times) <= _DAILY)


def _changes(account: Account) -> Answers:
    """The latest change of a member by the console or the API; people's own sign-ins are not asked for."""
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "AdminUpdateUserAttributes"}]
    return {
        **_exports(account),
        "events": account.ask("cloudtrail.LookupEvents", LookupAttributes=wanted, PaginationConfig={"MaxItems": 50}),
    }


def _on_change(found: Answers, facts: Facts) -> Verdict:
    changes = [one["EventTime"] for one in found["events"]["Events"] if facts.now - one["EventTime"] > _ON_CHANGE]
    if not changes:
        return unknown("No member was changed in the last 90 days; change an attribute and wait ten minutes.")
    changed = max(changes)
    after = [one["LastModified"] for one in found["versions"].get("Versions", []) if one["LastModified"] >= changed]
    if not after:
        return judged(f"changed {changed:%Y-%m-%d %H:%M}, not exported since", holds=False)
    late = min(after) - changed
    return judged(f"exported {late.total_seconds():.0f} s after the change", holds=late <= _ON_CHANGE)


_PARAMETER: Final = "ssm.GetParameter"
CHECKS: Final = (
    Check(
        id="pool-shut",
        question="Is the pool protected, with a second factor, and closed for signing up?",
        step="Deploy `identity` again.",
        ask=Steps(_pool, ("cognito-idp.DescribeUserPool", _PARAMETER)),
        judge=_shut,
    ),
    Check(
        id="pool-providers",
        question="Are the pool's providers those of the stage?",
        step="Deploy `identity` again; what was made by hand goes into the stage's file.",
        ask=Steps(_providers, ("cognito-idp.ListIdentityProviders", _PARAMETER)),
        judge=_as_stage,
    ),
    Check(
        id="partner-sign-in",
        question="Did somebody sign in through each provider, as far as the auth service's partner sign-in?",
        step="Follow one sign-in in the auth service's log; the provider must send `email_verified`.",
        ask=Steps(_sign_ins, ("cloudwatch.ListMetrics", _PARAMETER)),
        judge=_signed_in,
        unless=_no_providers,
    ),
    Check(
        id="identity-exported",
        question="Were the identities exported within the last day?",
        step="Look at the log and the dead letters of `fumibako-<stage>-identity-export`.",
        ask=Steps(_exports, ("s3.ListObjectVersions",)),
        judge=_exported,
    ),
    Check(
        id="identity-export-on-change",
        question="Is a change of a member exported within ten minutes?",
        step="See that the account has a trail of management events and that the rule OnChange fires.",
        ask=Steps(_changes, ("cloudtrail.LookupEvents", "s3.ListObjectVersions")),
        judge=_on_change,
    ),
)
