"""Each way to another tenant's data is refused by the real policy of each service's role, and its honest twin is not."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.names import SERVICES
from deploy.tenants.calls import CallUnknown, asked
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.role import FOLDER, placeholders, role_permissions, role_trust
from tests.deploy.packaging.policy_grants import READS
from tests.deploy.tenants.isolation_cases import HOMES, Call, batch, cases, get
from tests.deploy.tenants.pool import (
    ACCOUNT,
    PLACE,
    PLACES,
    STAGE,
    allowed,
    answers,
    api_role,
    assume,
    may_assume,
    policies_of,
    tenant_role,
)

EACH = sorted(SERVICES)
CASES = {(service, name): pair for service in EACH for name, pair in cases(service).items()}
TAG = "aws:PrincipalTag/TenantId"


@pytest.mark.parametrize(("service", "name"), sorted(CASES))
def test_refused_and_its_twin_allowed(service: str, name: str) -> None:
    refused, twin = CASES[service, name]
    assert not allowed(service, *refused)
    assert allowed(service, *twin), [one.why for one in answers(service, *twin)]


@pytest.mark.parametrize("service", EACH)
def test_what_one_role_is_refused_is_refused_to_all(service: str) -> None:
    """But for what is one service's own: then the other's key is no way to another tenant."""
    own = {"a record of another service", "a transaction that puts a record of another service"}
    through = [name for (_, name), (refused, _) in CASES.items() if name not in own and allowed(service, *refused)]
    assert through == []


@pytest.mark.parametrize("service", EACH)
def test_a_session_without_the_tag_reaches_nothing(service: str) -> None:
    for (ours, name), pair in CASES.items():
        if ours == service:
            assert not [call for call in pair if allowed(service, *call, tenant=None)], name


@pytest.mark.parametrize("service", EACH)
def test_a_session_of_the_other_tenant_reaches_the_other_half(service: str) -> None:
    theirs = get(f"rival#{HOMES[service].read}")
    assert allowed(service, *theirs, tenant="rival")
    assert not allowed(service, *get(f"acme#{HOMES[service].read}"), tenant="rival")


@pytest.mark.parametrize("service", EACH)
def test_stores_reach_their_keys_through_the_stores_alone(service: str) -> None:
    call: Call = ("kms", "Decrypt", {"KeyId": "Records"})
    assert allowed(service, *call, **{"kms:ViaService": "dynamodb.ap-northeast-1.amazonaws.com"})
    assert not allowed(service, *call, tenant=None, **{"kms:ViaService": "dynamodb.ap-northeast-1.amazonaws.com"})
    assert not allowed(service, *call, **{"kms:ViaService": "sqs.ap-northeast-1.amazonaws.com"})


def assumptions(service: str) -> dict[str, tuple[str, dict[str, Any], bool]]:
    """Name -> (who asks, for what, whether the trust policy of the role takes it)."""
    function, other = api_role(service), api_role(next(one for one in EACH if one != service))

    def tagged(tenant: str, **more: Any) -> dict[str, Any]:
        return assume(service, {"TenantId": tenant}, **more)

    return {
        "its API function for a tenant": (function, tagged("acme"), True),
        "another service's API function": (other, tagged("acme"), False),
        "another function of its service": (function.replace("/api/", "/functions/"), tagged("acme"), False),
        "another stage's API function": (function.replace("/prod/", "/dev/"), tagged("acme"), False),
        "a role whose path begins alike": (function.replace(f"/{service}/", f"/{service}-x/"), tagged("acme"), False),
        "another account's role of that name": (function.replace(ACCOUNT, "999999999999"), tagged("acme"), False),
        "the role itself, to become another": (tenant_role(service), tagged("rival"), False),
        "without a tag": (function, {"RoleArn": tenant_role(service), "RoleSessionName": "fumibako-acme"}, False),
        "an empty tag": (function, tagged(""), False),
        "a second tag": (function, assume(service, {"TenantId": "acme", "Admin": "yes"}), False),
        "another tag": (function, assume(service, {"Tenant": "acme"}), False),
        "a star as tenant": (function, tagged("acm*"), False),
        "a question mark as tenant": (function, tagged("acm?"), False),
        "a variable as tenant": (function, tagged("${aws:userid}"), False),
        "a partition as tenant": (function, tagged("acme#tr"), False),
        "a path as tenant": (function, tagged("acme/tr_1"), False),
        "a tag that is handed on": (function, tagged("acme", TransitiveTagKeys=["TenantId"]), False),
        "under another tenant's name": (function, tagged("acme", name="fumibako-rival"), False),
        "under a name of one's choice": (function, tagged("acme", name="hanako@acme.example"), False),
        "under a name that goes on": (function, tagged("acme", name="fumibako-acme-x"), False),
        **{
            f"`{word}`, which is a word of ours": (function, tagged(word), False)
            for word in ("clock", "due", "host", "lease", "outbox")
        },
    }


ASSUMPTIONS = {(service, name): case for service in EACH for name, case in assumptions(service).items()}


@pytest.mark.parametrize(("service", "name"), sorted(ASSUMPTIONS))
def test_who_may_take_a_tenants_place(service: str, name: str) -> None:
    caller, call, expected = ASSUMPTIONS[service, name]
    assert may_assume(service, caller, call) is expected


@pytest.mark.parametrize("service", EACH)
def test_each_condition_of_the_trust_keeps_somebody_out(service: str) -> None:
    """AssumeRole with tags asks for TagSession too, so what stands at both is missed when both have lost it."""
    trust = role_trust(ACCOUNT, STAGE, service)
    for _, (sid, operator, key) in without_one_condition(trust):
        changed = copy.deepcopy(trust)
        for one in changed["Statement"]:
            if one["Effect"] == "Allow" or one["Sid"] == sid:
                one["Condition"].get(operator, {}).pop(key, None)
        # A denial that lost its condition would deny everything: it goes.
        changed["Statement"] = [one for one in changed["Statement"] if any(one["Condition"].values())]
        let_in = [
            name
            for name, (caller, call, expected) in assumptions(service).items()
            if not expected and may_assume(service, caller, call, trust=changed)
        ]
        assert bool(let_in) != ((operator, key) in SECOND_GUARDS), (sid, operator, key, let_in)


# Whoever sends no tag at all has no value for the pattern and no name that fits it either.
SECOND_GUARDS = {("Null", "aws:TagKeys")}


def without_one_condition(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], tuple[str, str, str]]]:
    """The policy without one key of one operator of one statement, and which."""
    for index, one in enumerate(document["Statement"]):
        for operator, keys in one.get("Condition", {}).items():
            for key in keys:
                changed = copy.deepcopy(document)
                del changed["Statement"][index]["Condition"][operator][key]
                yield changed, (one["Sid"], operator, key)


def temptations(service: str, statement: dict[str, Any]) -> Iterator[Request]:
    """What this statement may never allow, whatever else the role has."""
    resources = statement["Resource"]
    resource = resources if isinstance(resources, str) else resources[0]
    own = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [""])[0]
    mine = own.replace("${" + TAG + "}", "acme").replace("*", "1")
    sealed = {"kms:EncryptionContext:tenant": "acme", "kms:EncryptionContext:purpose": "tenants-diary"}
    purposes = statement.get("Condition", {}).get("StringEquals", {}).get("kms:EncryptionContext:purpose", [""])
    via: dict[str, Value] = {"kms:ViaService": "dynamodb.ap-northeast-1.amazonaws.com"}
    asks: list[dict[str, Value]] = [
        {TAG: "acme"},
        {TAG: "acme", "dynamodb:LeadingKeys": ("rival#tr#1",)},
        {TAG: "acme", "dynamodb:LeadingKeys": (mine,), "dynamodb:ReturnValues": "ALL_OLD"},
        {TAG: "acme", **sealed},
        {TAG: "acme", **sealed, "kms:EncryptionContext:tenant": "rival", "kms:EncryptionContext:purpose": purposes[0]},
        {TAG: "acme", "kms:ViaService": "sqs.ap-northeast-1.amazonaws.com"},
        via,
        {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"},
    ]
    caller = Caller(tenant_role(service), f"{tenant_role(service)}/s")
    for action in statement["Action"]:
        for context in asks:
            # What only reads gives no values of what was there.
            if action not in READS or "dynamodb:ReturnValues" not in context:
                yield Request(caller, action, resource, context)


@pytest.mark.parametrize("service", EACH)
def test_each_condition_of_a_role_keeps_something_from_it(service: str) -> None:
    role = role_permissions(service, PLACES)
    places = {one["Sid"]: one for one in role["Statement"]}
    guards = 0
    for changed, what in without_one_condition(role):
        asks = list(temptations(service, places[what[0]]))
        aws_service = asks[0].action.partition(":")[0]
        assert not [one for one in asks if decide(one, policies_of(role, aws_service)).allowed], what
        if (what[1], what[2]) == ("Null", TAG) and "LeadingKeys" in json.dumps(places[what[0]]):
            continue  # A variable without a value makes the statement speak of nothing; the guard beside it is a second one.
        guards += 1
        assert [one for one in asks if decide(one, policies_of(changed, aws_service)).allowed], what
    assert guards >= 4


@pytest.mark.parametrize("service", EACH)
def test_the_files_are_filled_and_keep_iams_own_variables(service: str) -> None:
    assert (
        {"AWS::Region", "AWS::AccountId", "RecordsTable", "RecordsKeyArn"} <= set(placeholders(service)) <= set(PLACES)
    )
    text = json.dumps([role_permissions(service, PLACES), role_trust(ACCOUNT, STAGE, service)])
    assert "${aws:PrincipalTag/TenantId}" in text
    assert not [name for name in [*PLACES, "Account", "Stage", "Service"] if "${" + name + "}" in text]
    with pytest.raises(KeyError):
        role_permissions(service, {})


@pytest.mark.parametrize("service", EACH)
def test_a_role_fits_into_what_iam_takes(service: str) -> None:
    """10,240 characters of inline policies, without white space (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
    assert len(json.dumps(role_permissions(service, PLACES), separators=(",", ":"))) < 8_000
    assert len(json.dumps(role_trust(ACCOUNT, STAGE, service), separators=(",", ":"))) < 2_048


def test_denials_hold_without_variables() -> None:
    """A variable without a value would make a Deny speak of nothing."""
    for statement in json.loads((FOLDER / "role_trust.json").read_text("utf-8"))["Statement"]:
        assert statement["Effect"] == "Allow" or "${aws:" not in json.dumps(statement)


def test_without_its_null_guard_the_policy_would_let_a_request_without_keys_through() -> None:
    """That the guards are what holds, and not an accident of the model."""
    document = role_permissions("transfers", PLACES)
    for statement in document["Statement"]:
        statement.get("Condition", {}).pop("Null", None)
    caller = Caller(tenant_role("transfers"), tenant_role("transfers") + "/s")
    (one,) = asked(*batch(), PLACE)
    tagged = {**one.context, TAG: "acme"}
    assert decide(Request(caller, one.action, one.resource, tagged), Policies((document,))).allowed
    assert not allowed("transfers", *batch())


def test_calls_that_the_model_does_not_know_are_not_guessed() -> None:
    for service, operation in (
        ("dynamodb", "DeleteTable"),
        ("s3", "PutBucketPolicy"),
        ("sts", "GetFederationToken"),
        ("ec2", "RunInstances"),
    ):
        with pytest.raises(CallUnknown):
            asked(service, operation, {"Bucket": "b", "TableName": "t"}, PLACE)
