"""Sessions of tenants: who gets one, what a stolen one reaches, and what it costs."""

import json
from itertools import pairwise
from typing import Any, Final

from deploy.names import records_table
from deploy.prove.ask import DENIED, Account, code
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, unknown
from deploy.prove.tenant_session import ASSUME, REFUSED, SERVICE, all_refused, assume, key, session, tenant
from deploy.tenants.role import TAG, tenant_role_arn, tenant_role_name

_TIMES: Final = 5
# A first request may wait for it once in 15 minutes.
_SLOW_SECONDS: Final = 0.5


def _tags(account: Account) -> Answers:
    own = {"Key": TAG, "Value": tenant(account, "a")}
    asked: dict[str, dict[str, Any]] = {
        "no tag": {"tags": []},
        "two tags": {"tags": [own, {"Key": "Other", "Value": "one"}]},
        "a word of ours": {"tags": [{"Key": TAG, "Value": "outbox"}]},
        "a longer reach": {"tags": [{"Key": TAG, "Value": f"{own['Value']}/x"}]},
        "a tag handed on": {"tags": [own], "TransitiveTagKeys": [TAG]},
        "another name": {"tags": [own], "name": "fumibako-prove"},
    }
    found = {name: assume(account, **about, errors=REFUSED) for name, about in asked.items()}
    return {**found, "own": assume(account, [own])}


def _guarded(found: Answers, facts: Facts) -> Verdict:
    refused = {name: answer for name, answer in found.items() if name != "own"}
    return all_refused(refused, facts)


def _without_kms(account: Account) -> Answers:
    table = records_table(account.stage)
    arn = f"arn:aws:dynamodb:{account.stage.region}:{account.stage.account}:table/{table}"
    narrow = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn}],
    }
    acting = session(account, "a", Policy=json.dumps(narrow))
    return {"read": acting.ask("dynamodb.GetItem", errors=REFUSED, TableName=table, Key=key(account, "a"))}


def _needs_kms(found: Answers, facts: Facts) -> Verdict:
    del facts
    needed = code(found["read"]) in DENIED
    return judged(
        f"a read without kms:Decrypt is {'refused' if needed else 'answered: the right is not needed'}", holds=needed
    )


def _stolen(account: Account) -> Answers:
    acting = session(account, "a")
    role = tenant_role_arn(account.stage, SERVICE)
    tags = [{"Key": TAG, "Value": tenant(account, "b")}]
    return {
        "buckets": acting.ask("s3.ListBuckets", errors=REFUSED),
        "chain": acting.ask(ASSUME, errors=REFUSED, RoleArn=role, RoleSessionName="prove", Tags=tags),
        "functions": acting.ask("lambda.ListFunctions", errors=REFUSED),
        "roles": acting.ask("iam.ListRoles", errors=REFUSED),
        "secrets": acting.ask("secretsmanager.ListSecrets", errors=REFUSED),
        "tables": acting.ask("dynamodb.ListTables", errors=REFUSED),
    }


def _trailed(account: Account) -> Answers:
    wanted = [{"AttributeKey": "ResourceName", "AttributeValue": tenant_role_arn(account.stage, SERVICE)}]
    return {
        "events": account.ask("cloudtrail.LookupEvents", LookupAttributes=wanted, PaginationConfig={"MaxItems": 50})
    }


def _told(found: Answers, facts: Facts) -> Verdict:
    events = [
        json.loads(one["CloudTrailEvent"]) for one in found["events"]["Events"] if one.get("EventName") == "AssumeRole"
    ]
    if not events:
        return unknown(f"Nobody took {tenant_role_name(facts.stage, SERVICE)} in the last 90 days.")
    tagged = [one for one in events if TAG in json.dumps((one.get("requestParameters") or {}).get("tags", []))]
    return judged(f"{len(tagged)} of {len(events)} sessions name their tenant", holds=len(tagged) == len(events))


def _timed(account: Account) -> Answers:
    tags = [{"Key": TAG, "Value": tenant(account, "a")}]
    ticks = [account.tick()]
    for _ in range(_TIMES):
        assume(account, tags)
        ticks.append(account.tick())
    return {"seconds": [after - before for before, after in pairwise(ticks)]}


def _quick(found: Answers, facts: Facts) -> Verdict:
    del facts
    middle = sorted(found["seconds"])[_TIMES // 2]
    return judged(f"AssumeRole takes {middle * 1000:.0f} ms from here", holds=middle <= _SLOW_SECONDS)


CHECKS: Final = (
    Check(
        id="tenant-tag-guarded",
        question="Is the role refused without its tag, with a second one, and with a tag that reaches further?",
        step="Compare the role's trust with deploy/tenants/role_trust.json.",
        ask=Steps(_tags, (ASSUME,)),
        judge=_guarded,
        probe=True,
    ),
    Check(
        id="table-key-of-caller",
        question="Does a table under a key of ours need `kms:Decrypt` from the caller?",
        step="It does not: take RecordsKeyForDynamodb out of deploy/policies/transfers/tenant.json.",
        ask=Steps(_without_kms, (ASSUME, "tenant:dynamodb.GetItem")),
        judge=_needs_kms,
        probe=True,
    ),
    Check(
        id="stolen-session-narrow",
        question="Does a stolen session list nothing and take no other role?",
        step="Take the right away that let it through.",
        ask=Steps(
            _stolen,
            (
                ASSUME,
                "tenant:dynamodb.ListTables",
                "tenant:iam.ListRoles",
                "tenant:lambda.ListFunctions",
                "tenant:s3.ListBuckets",
                "tenant:secretsmanager.ListSecrets",
                "tenant:sts.AssumeRole",
            ),
        ),
        judge=all_refused,
        probe=True,
    ),
    Check(
        id="tenant-in-trail",
        question="Does CloudTrail tell for which tenant each session was taken?",
        step="See that the trail has management events of STS in the stage's Region.",
        ask=Steps(_trailed, ("cloudtrail.LookupEvents",)),
        judge=_told,
    ),
    Check(
        id="assume-role-time",
        question="Does a first request wait less than half a second for its tenant's session?",
        step="Measure from within the Region; the client must use the Region's own STS endpoint.",
        ask=Steps(_timed, (ASSUME,)),
        judge=_quick,
        probe=True,
    ),
)
