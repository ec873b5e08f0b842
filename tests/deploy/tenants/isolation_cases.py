"""Ways from one tenant's session to another tenant's data, for the role of each service, each beside an honest twin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.deploy.tenants.pool import BUCKET, RECORDS, SEAL, WRAPPED, item, key, query

Call = tuple[str, str, Mapping[str, Any]]
Pair = tuple[Call, Call]


@dataclass(frozen=True)
class Home:
    """What a service's requests do with records of their tenant, as partition keys behind its name.

    ``foreign`` belongs to another service. ``changed``, ``checked``, ``seals`` and ``opens`` are empty where the service does no such thing.
    """

    read: str
    put: str
    foreign: str
    changed: str = ""
    checked: str = ""
    seals: str = ""
    opens: str = ""
    has_events: bool = True


HOMES: Final = {
    "auth": Home(
        "member#mb_1", "session#se_1", "audit", changed="refresh#1", checked="member#mb_1", seals="totp", opens="totp"
    ),
    "notifications": Home("mail#ml_1", "rate", "session#se_1", has_events=False),
    "reporting": Home("audit", "rate", "session#se_1", changed="personal", opens="audit-personal"),
    "transfers": Home(
        "tr#tr_1",
        "tr#tr_1",
        "audit",
        changed="sent#mb_1",
        checked="tr#tr_1",
        seals="transfer-key",
        opens="transfer-key",
    ),
}


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


def find(pk: str, **more: Any) -> Call:
    return "dynamodb", "Query", query(pk, **more)


def blob(operation: str, name: str, **more: Any) -> Call:
    return "s3", operation, {"Bucket": BUCKET, "Key": name, **more}


def bucket(operation: str, **more: Any) -> Call:
    return "s3", operation, {"Bucket": BUCKET, **more}


def seal(tenant: str | None, operation: str, purpose: str) -> Call:
    context = {"tenant": tenant, "purpose": purpose} if tenant else {"purpose": purpose}
    return "kms", operation, {"KeyId": SEAL, "EncryptionContext": context}


def cases(service: str) -> dict[str, Pair]:
    """Name -> (what is refused, its twin that is allowed)."""
    home = HOMES[service]
    found = {**_reading(home), **_writing(home), **_of_no_tenant(home), **_sealing(home)}
    return {**found, **_bytes(), **_wrapped_keys()} if service == "transfers" else found


def _reading(home: Home) -> dict[str, Pair]:
    mine, theirs = f"acme#{home.read}", f"rival#{home.read}"
    partiql = {"Statement": f"SELECT * FROM {RECORDS} WHERE pk = '{mine}'"}
    return {
        "no leading key at all": (batch(), batch(mine)),
        "another tenant's record": (get(theirs), get(mine)),
        "a tenant whose name begins alike": (get(f"acme-x#{home.read}"), get(mine)),
        "a record of another service": (get(f"acme#{home.foreign}"), get(mine)),
        "batch get over two tenants": (batch(mine, theirs), batch(mine, "acme#tenant")),
        "query of another": (find(theirs), find(mine)),
        "query of an index": (find(mine, IndexName="by-time"), find(mine)),
        "scan": (("dynamodb", "Scan", {"TableName": RECORDS}), find(mine)),
        "PartiQL": (("dynamodb", "ExecuteStatement", partiql), get(mine)),
        "another table": (get(mine, "members"), get(mine)),
    }


def _writing(home: Home) -> dict[str, Pair]:
    mine, theirs = f"acme#{home.put}", f"rival#{home.put}"
    found = {
        "a transaction with one foreign put": (transaction(put(mine), put(theirs)), transaction(put(mine))),
        "a transaction that puts a record of another service": (
            transaction(put(mine), put(f"acme#{home.foreign}")),
            transaction(put(mine)),
        ),
    }
    if home.checked:
        own, other = f"acme#{home.checked}", f"rival#{home.checked}"
        found["a transaction with one foreign check"] = (
            transaction(put(mine), check(other)),
            transaction(put(mine), check(own)),
        )
    if home.changed:
        own, other = f"acme#{home.changed}", f"rival#{home.changed}"
        found["a transaction with one foreign delete"] = (
            transaction(delete(own), delete(other)),
            transaction(put(mine), delete(own)),
        )
    return found


def _of_no_tenant(home: Home) -> dict[str, Pair]:
    mine = transaction(put(f"acme#{home.put}"))
    found = {
        "reading events": (find("outbox#3"), find(f"acme#{home.read}")),
        "reading what is due": (find("due#000000001#00"), find(f"acme#{home.read}")),
        "deleting what waits in the outbox": (transaction(delete("outbox#3")), mine),
        "overwriting by update what waits in the outbox": (transaction(update("outbox#3")), mine),
        "whose a host name is": (get("host#files.rival.example"), get(f"acme#{home.read}")),
        "taking another's host name": (transaction(put("host#files.rival.example")), mine),
        "the clock's mark": (transaction(put("clock#")), mine),
        "leases and rates of addresses": (transaction(put("lease#rate#00")), mine),
    }
    if home.has_events:
        event = transaction(put(f"acme#{home.put}"), put("outbox#3"))
        found["an event in another's transaction"] = (transaction(put(f"rival#{home.put}"), put("outbox#3")), event)
    if home is HOMES["transfers"]:
        answered = {"TableName": RECORDS, "Key": key("due#1#0")}
        found["a due line by what its change returns"] = (
            ("dynamodb", "DeleteItem", {**answered, "ReturnValues": "ALL_OLD"}),
            ("dynamodb", "DeleteItem", {**answered, "ReturnValues": "NONE"}),
        )
        found["putting a due line, which replaces one"] = (
            transaction(put("due#000000001#00")),
            transaction(update("due#000000001#00"), delete("due#000000001#01")),
        )
    return found


def _sealing(home: Home) -> dict[str, Pair]:
    found = {}
    for purpose, operation in ((home.seals, "GenerateDataKey"), (home.opens, "Decrypt")):
        if purpose:
            own = seal("acme", operation, purpose)
            found[f"{operation} for another"] = (seal("rival", operation, purpose), own)
            found[f"{operation} for nobody"] = (seal(None, operation, purpose), own)
            found[f"{operation} for another purpose"] = (seal("acme", operation, "tenants-diary"), own)
    if home.opens:
        own = seal("acme", "Decrypt", home.opens)
        found["opening what was sealed for the mails"] = (seal("acme", "Decrypt", "event-notifications"), own)
        found["a key of a store, by oneself"] = (("kms", "Decrypt", {"KeyId": "Blobs"}), own)
    return found


def _wrapped_keys() -> dict[str, Pair]:
    mine, theirs = "acme#key#tr_1", "rival#key#tr_2"
    return {
        "another's wrapped key": (get(theirs, WRAPPED), get(mine, WRAPPED)),
        "a list of wrapped keys": (
            ("dynamodb", "Query", {**query(mine), "TableName": WRAPPED}),
            get(mine, WRAPPED),
        ),
        "shredding another's wrapped key": (transaction(delete(theirs, WRAPPED)), transaction(delete(mine, WRAPPED))),
        "an event among the wrapped keys": (transaction(put("outbox#3", WRAPPED)), transaction(put(mine, WRAPPED))),
    }


def _bytes() -> dict[str, Pair]:
    mine, theirs = "acme/tr_1/bl_1", "rival/tr_2/bl_1"
    part = {"UploadId": "u", "PartNumber": 1}
    head, parts = blob("HeadObject", mine), blob("ListParts", mine, UploadId="u")
    operations: dict[str, tuple[str, dict[str, Any]]] = {
        "another's bytes": ("GetObject", {}),
        "another's version": ("GetObject", {"VersionId": "v"}),
        "beginning an upload at another's": ("CreateMultipartUpload", {}),
        "a part of another's upload": ("UploadPart", part),
        "the parts of another's upload": ("ListParts", {"UploadId": "u"}),
        "completing another's upload": ("CompleteMultipartUpload", {"UploadId": "u"}),
    }
    return {
        **{name: (blob(one, theirs, **more), blob(one, mine, **more)) for name, (one, more) in operations.items()},
        "bytes of a tenant whose name begins alike": (
            blob("PutObject", "acme-x/tr_2/bl_1"),
            blob("PutObject", mine),
        ),
        "bytes by a path that climbs": (blob("GetObject", "acme"), blob("GetObject", mine)),
        "deleting bytes, one's own too": (blob("DeleteObject", mine), blob("PutObject", mine)),
        "giving up an upload, one's own too": (blob("AbortMultipartUpload", mine, UploadId="u"), parts),
        "listing without a prefix": (bucket("ListObjectsV2"), head),
        "listing with an empty prefix": (bucket("ListObjectsV2", Prefix=""), head),
        "listing by half a name": (bucket("ListObjectsV2", Prefix="a"), head),
        "listing one's own prefix": (bucket("ListObjectsV2", Prefix="acme/"), head),
        "listing another by its prefix": (bucket("ListObjectVersions", Prefix="rival/"), head),
        "listing every tenant's uploads under one's own prefix": (
            bucket("ListMultipartUploads", Prefix="acme/"),
            parts,
        ),
    }
