"""Each way to another tenant's data is refused by the role's real policy, and its honest twin is not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.tenants.calls import CallUnknown, asked
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.role import FOLDER, placeholders, role_permissions, role_trust
from tests.deploy.tenants.pool import (
    API_ROLE,
    BUCKET,
    PLACE,
    PLACES,
    RECORDS,
    ROLE_ARN,
    SEAL,
    WRAPPED,
    allowed,
    answers,
    assume,
    item,
    key,
    may_assume,
    query,
)

MINE, THEIRS = "acme#tr#tr_1", "rival#tr#tr_2"
Call = tuple[str, str, Mapping[str, Any]]


def transaction(*items: dict[str, Any]) -> Call:
    return "dynamodb", "TransactWriteItems", {"TransactItems": list(items)}


def put(pk: str, table: str = RECORDS) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": item(pk)}}


def update(pk: str) -> dict[str, Any]:
    return {"Update": {"TableName": RECORDS, "Key": key(pk)}}


def delete(pk: str, table: str = RECORDS) -> dict[str, Any]:
    return {"Delete": {"TableName": table, "Key": key(pk)}}


def check(pk: str) -> dict[str, Any]:
    return {"ConditionCheck": {"TableName": RECORDS, "Key": key(pk)}}


def get(pk: str, table: str = RECORDS) -> Call:
    return "dynamodb", "GetItem", {"TableName": table, "Key": key(pk)}


def batch(*pks: str) -> Call:
    return "dynamodb", "BatchGetItem", {"RequestItems": {RECORDS: {"Keys": [key(pk) for pk in pks]}}}


def object_call(operation: str, name: str, **more: Any) -> Call:
    return "s3", operation, {"Bucket": BUCKET, "Key": name, **more}


def bucket_call(operation: str, **more: Any) -> Call:
    return "s3", operation, {"Bucket": BUCKET, **more}


def seal(tenant: str | None, operation: str = "GenerateDataKey", purpose: str = "transfer-key") -> Call:
    context = {"tenant": tenant, "purpose": purpose} if tenant else {"purpose": purpose}
    return "kms", operation, {"KeyId": SEAL, "EncryptionContext": context}


UNDER_WAY = {"UploadId": "u", "PartNumber": 1}
# name: (what is refused, its twin that is allowed)
CASES: dict[str, tuple[Call, Call]] = {
    "no leading key at all": (batch(), batch(MINE)),
    "another tenant's record": (get(THEIRS), get(MINE)),
    "a tenant whose name begins alike": (get("acme-x#tr#1"), get(MINE)),
    "batch get over two tenants": (batch(MINE, THEIRS), batch(MINE, "acme#tenant")),
    "query of another": (("dynamodb", "Query", query("rival#audit")), ("dynamodb", "Query", query("acme#audit"))),
    "query of an index": (
        ("dynamodb", "Query", query(MINE, IndexName="by-time")),
        ("dynamodb", "Query", query(MINE)),
    ),
    "scan": (("dynamodb", "Scan", {"TableName": RECORDS}), ("dynamodb", "Query", query(MINE))),
    "PartiQL": (
        ("dynamodb", "ExecuteStatement", {"Statement": f"SELECT * FROM records WHERE pk = '{MINE}'"}),
        get(MINE),
    ),
    "a transaction with one foreign put": (
        transaction(put(MINE), put(THEIRS)),
        transaction(put(MINE), put("acme#idx#1"), put("outbox#3")),
    ),
    "a transaction with one foreign check": (
        transaction(put(MINE), check(THEIRS)),
        transaction(put(MINE), check("acme#tenant")),
    ),
    "a transaction with one foreign delete": (
        transaction(update(MINE), delete(THEIRS)),
        transaction(update("due#000000001#00"), delete(MINE), delete("due#000000001#01")),
    ),
    "reading events": (("dynamodb", "Query", query("outbox#3")), transaction(put(MINE), put("outbox#3"))),
    "overwriting by update what waits in the outbox": (transaction(update("outbox#3")), transaction(put("outbox#3"))),
    "deleting what waits in the outbox": (transaction(delete("outbox#3")), transaction(delete(MINE))),
    "reading what is due": (("dynamodb", "Query", query("due#000000001#00")), transaction(update("due#000000001#00"))),
    "reading a due line by what its change returns": (
        ("dynamodb", "DeleteItem", {"TableName": RECORDS, "Key": key("due#1#0"), "ReturnValues": "ALL_OLD"}),
        ("dynamodb", "DeleteItem", {"TableName": RECORDS, "Key": key("due#1#0"), "ReturnValues": "NONE"}),
    ),
    "taking another's host name": (transaction(put("host#files.rival.example")), transaction(put("acme#tenant"))),
    "the clock's mark": (transaction(put("clock#")), transaction(put(MINE))),
    "leases and rates of addresses": (transaction(put("lease#sweep")), transaction(put("acme#rate"))),
    "another's wrapped key": (get("rival#key#tr_2", WRAPPED), get("acme#key#tr_1", WRAPPED)),
    "shredding another's wrapped key": (
        transaction(delete("rival#key#tr_2", WRAPPED)),
        transaction(delete("acme#key#tr_1", WRAPPED)),
    ),
    "an event among the wrapped keys": (
        transaction(put("outbox#3", WRAPPED)),
        transaction(put("acme#key#tr_1", WRAPPED)),
    ),
    "another table": (get(MINE, "members"), get(MINE)),
    "another's bytes": (object_call("GetObject", "rival/tr_2/bl_1"), object_call("GetObject", "acme/tr_1/bl_1")),
    "another's version": (
        object_call("GetObject", "rival/tr_2/bl_1", VersionId="v"),
        object_call("GetObject", "acme/tr_1/bl_1", VersionId="v"),
    ),
    "bytes of a tenant whose name begins alike": (
        object_call("PutObject", "acme-x/tr_2/bl_1"),
        object_call("PutObject", "acme/tr_1/bl_1"),
    ),
    "beginning an upload at another's": (
        object_call("CreateMultipartUpload", "rival/tr_2/bl_1"),
        object_call("CreateMultipartUpload", "acme/tr_1/bl_1"),
    ),
    "a part of another's upload": (
        object_call("UploadPart", "rival/tr_2/bl_1", **UNDER_WAY),
        object_call("UploadPart", "acme/tr_1/bl_1", **UNDER_WAY),
    ),
    "the parts of another's upload": (
        object_call("ListParts", "rival/tr_2/bl_1", UploadId="u"),
        object_call("ListParts", "acme/tr_1/bl_1", UploadId="u"),
    ),
    "completing another's upload": (
        object_call("CompleteMultipartUpload", "rival/tr_2/bl_1", UploadId="u"),
        object_call("CompleteMultipartUpload", "acme/tr_1/bl_1", UploadId="u"),
    ),
    "listing without a prefix": (bucket_call("ListObjectsV2"), object_call("HeadObject", "acme/tr_1/bl_1")),
    "listing with an empty prefix": (
        bucket_call("ListObjectsV2", Prefix=""),
        object_call("HeadObject", "acme/tr_1/bl_1"),
    ),
    "listing by half a name": (bucket_call("ListObjectsV2", Prefix="a"), object_call("HeadObject", "acme/tr_1/bl_1")),
    "listing another by its prefix": (
        bucket_call("ListObjectVersions", Prefix="rival/"),
        object_call("HeadObject", "acme/tr_1/bl_1"),
    ),
    "listing every tenant's uploads under one's own prefix": (
        bucket_call("ListMultipartUploads", Prefix="acme/"),
        object_call("ListParts", "acme/tr_1/bl_1", UploadId="u"),
    ),
    "sealing for another": (seal("rival"), seal("acme")),
    "opening another's seal": (seal("rival", "Decrypt"), seal("acme", "Decrypt")),
    "opening what was sealed for the mails": (
        seal("acme", "Decrypt", "event-notifications"),
        seal("acme", "GenerateDataKey", "event-notifications"),
    ),
    "sealing for nobody": (seal(None), seal("acme")),
    "a key of a store, by oneself": (
        ("kms", "Decrypt", {"KeyId": "blobs"}),
        seal("acme", "Decrypt"),
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_refused_and_its_twin_allowed(name: str) -> None:
    refused, twin = CASES[name]
    assert not allowed(*refused)
    assert allowed(*twin), [one.why for one in answers(*twin)]


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_session_without_the_tag_reaches_nothing(name: str) -> None:
    for call in CASES[name]:
        assert not allowed(*call, tenant=None)


def test_a_session_of_the_other_tenant_reaches_the_other_half() -> None:
    assert allowed(*get(THEIRS), tenant="rival")
    assert not allowed(*get(MINE), tenant="rival")


def test_stores_reach_their_keys_through_the_stores_alone() -> None:
    call = {"KeyId": "records"}
    assert allowed("kms", "Decrypt", call, **{"kms:ViaService": "dynamodb.ap-northeast-1.amazonaws.com"})
    assert not allowed("kms", "Decrypt", call, **{"kms:ViaService": "sqs.ap-northeast-1.amazonaws.com"})


# name: (the call, whether the trust policy takes it)
ASSUMPTIONS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "an API function for a tenant": (API_ROLE, assume({"TenantId": "acme"}), True),
    "another role": (API_ROLE.replace("/api/", "/workers/"), assume({"TenantId": "acme"}), False),
    "another stage's API function": (API_ROLE.replace("/prod/", "/dev/"), assume({"TenantId": "acme"}), False),
    "another account's role of that name": (
        API_ROLE.replace("123456789012", "999999999999"),
        assume({"TenantId": "acme"}),
        False,
    ),
    "the tenants' role itself, to become another": (ROLE_ARN, assume({"TenantId": "rival"}), False),
    "without a tag": (API_ROLE, {"RoleArn": ROLE_ARN, "RoleSessionName": "s"}, False),
    "an empty tag": (API_ROLE, assume({"TenantId": ""}), False),
    "a second tag": (API_ROLE, assume({"TenantId": "acme", "Admin": "yes"}), False),
    "another tag": (API_ROLE, assume({"Tenant": "acme"}), False),
    "a star as tenant": (API_ROLE, assume({"TenantId": "acm*"}), False),
    "a question mark as tenant": (API_ROLE, assume({"TenantId": "acm?"}), False),
    "a variable as tenant": (API_ROLE, assume({"TenantId": "${aws:userid}"}), False),
    "a partition as tenant": (API_ROLE, assume({"TenantId": "acme#tr"}), False),
    "a path as tenant": (API_ROLE, assume({"TenantId": "acme/tr_1"}), False),
    "a tag that is handed on": (API_ROLE, assume({"TenantId": "acme"}, TransitiveTagKeys=["TenantId"]), False),
    **{
        f"`{word}`, which is a word of ours": (API_ROLE, assume({"TenantId": word}), False)
        for word in ("clock", "due", "host", "lease", "outbox")
    },
}


@pytest.mark.parametrize("name", sorted(ASSUMPTIONS))
def test_who_may_take_a_tenants_place(name: str) -> None:
    caller, call, expected = ASSUMPTIONS[name]
    assert may_assume(caller, call) is expected


def test_the_files_are_filled_and_keep_iams_own_variables() -> None:
    assert placeholders() == sorted(PLACES)
    text = json.dumps([role_permissions(PLACES), role_trust("123456789012", "prod")])
    assert "${aws:PrincipalTag/TenantId}" in text
    assert not [name for name in [*PLACES, "Account", "Stage"] if "${" + name + "}" in text]
    with pytest.raises(KeyError):
        role_permissions({})


def test_denials_hold_without_variables() -> None:
    """A variable without a value would make a Deny speak of nothing."""
    for path in sorted(FOLDER.glob("role_*.json")):
        for statement in json.loads(path.read_text("utf-8"))["Statement"]:
            assert statement["Effect"] == "Allow" or "${aws:" not in json.dumps(statement)


def test_without_its_null_guard_the_policy_would_let_a_request_without_keys_through() -> None:
    """That the guards are what holds, and not an accident of the model."""
    document = role_permissions(PLACES)
    for statement in document["Statement"]:
        statement.get("Condition", {}).pop("Null", None)
    caller = Caller(ROLE_ARN, ROLE_ARN + "/s")
    (one,) = asked(*batch(), PLACE)
    tagged = {**one.context, "aws:PrincipalTag/TenantId": "acme"}
    assert decide(Request(caller, one.action, one.resource, tagged), Policies((document,))).allowed
    assert not allowed(*batch())


def test_calls_that_the_model_does_not_know_are_not_guessed() -> None:
    for service, operation in (
        ("dynamodb", "DeleteTable"),
        ("s3", "PutBucketPolicy"),
        ("sts", "GetFederationToken"),
        ("ec2", "RunInstances"),
    ):
        with pytest.raises(CallUnknown):
            asked(service, operation, {"Bucket": "b", "TableName": "t"}, PLACE)
