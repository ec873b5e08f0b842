"""One tenant's session on the real services: what it reaches, and everything that it must not.

Two tenants that nobody has, with the time in their names. What a probe writes it takes away again; nothing is put where the relay or the sweeper looks.
The caller must be a role under the path that the tenants' role trusts (docs/cloud/prove.md says how to make one).
"""

from typing import Any, Final

from deploy.names import blobs_bucket, key_alias, records_table
from deploy.prove.ask import DENIED, Account, code
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, without_faults
from deploy.prove.tenant_session import ASSUME, REFUSED, all_refused, key, session, tenant


def _own_alone(account: Account) -> Answers:
    table = records_table(account.stage)
    acting = session(account, "a")
    acting.ask("dynamodb.PutItem", TableName=table, Item=key(account, "a"))
    try:
        own = acting.ask("dynamodb.GetItem", TableName=table, Key=key(account, "a"))
        foreign = acting.ask("dynamodb.GetItem", errors=REFUSED, TableName=table, Key=key(account, "b"))
    finally:
        acting.ask("dynamodb.DeleteItem", TableName=table, Key=key(account, "a"))
    return {"own": own, "foreign": foreign}


def _apart(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = [
        *([] if "Item" in found["own"] else ["its own line was not there"]),
        *([] if code(found["foreign"]) in DENIED else ["it read another's"]),
    ]
    return without_faults(faults, "its own line read, another's refused")


def _put(table: str, key: dict[str, Any]) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": key}}


def _transactions(account: Account) -> Answers:
    """A due line that is not there is deleted in passing: three kinds of keys in one transaction, and nothing is left of it."""
    table = records_table(account.stage)
    acting = session(account, "a")
    due = {"pk": {"S": "due#tr#prove"}, "sk": {"S": tenant(account, "a")}}
    try:
        own = acting.ask(
            "dynamodb.TransactWriteItems",
            errors=REFUSED,
            TransactItems=[
                _put(table, key(account, "a", "one")),
                _put(table, key(account, "a", "two")),
                {"Delete": {"TableName": table, "Key": due}},
            ],
        )
        foreign = acting.ask(
            "dynamodb.TransactWriteItems",
            errors=REFUSED,
            TransactItems=[_put(table, key(account, "a", "one")), _put(table, key(account, "b", "one"))],
        )
    finally:
        for line in ("one", "two"):
            acting.ask("dynamodb.DeleteItem", TableName=table, Key=key(account, "a", line))
    return {"own": own, "foreign": foreign}


def _as_written(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = [
        *(["its own transaction was refused"] if code(found["own"]) else []),
        *([] if code(found["foreign"]) in DENIED else ["a foreign key passed in a transaction"]),
    ]
    return without_faults(faults, "own keys and a due line together pass, one foreign key refuses the whole")


def _shapes(account: Account) -> Answers:
    table = records_table(account.stage)
    acting = session(account, "a")
    both = {table: {"Keys": [key(account, "a"), key(account, "b")]}}
    statement = f"SELECT * FROM \"{table}\" WHERE pk = '{tenant(account, 'b')}#tr#prove'"  # noqa: S608  # PartiQL of names of our own
    condition: dict[str, Any] = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": key(account, "b")["pk"]},
    }
    return {
        "batch": acting.ask("dynamodb.BatchGetItem", errors=REFUSED, RequestItems=both),
        "query": acting.ask("dynamodb.Query", errors=REFUSED, TableName=table, **condition),
        "scan": acting.ask("dynamodb.Scan", errors=REFUSED, TableName=table, Limit=1, PaginationConfig={"MaxItems": 1}),
        "statement": acting.ask("dynamodb.ExecuteStatement", errors=REFUSED, Statement=statement),
    }


def _objects(account: Account) -> Answers:
    place: dict[str, Any] = {"Bucket": blobs_bucket(account.stage), "Key": f"{tenant(account, 'a')}/object"}
    ours, theirs = session(account, "a"), session(account, "b")
    put = ours.ask("s3.PutObject", Body=b"prove", **place)
    try:
        return {
            "own": ours.ask("s3.HeadObject", **place),
            "foreign": theirs.ask("s3.HeadObject", errors=REFUSED, **place),
            "list": theirs.ask("s3.ListObjectsV2", errors=REFUSED, Bucket=place["Bucket"], Prefix=place["Key"]),
            "parts": theirs.ask("s3.CreateMultipartUpload", errors=REFUSED, **place),
        }
    finally:
        # The tenants' role deletes no bytes; the prover does, under this prefix alone.
        account.ask("s3.DeleteObject", VersionId=put["VersionId"], **place)


def _bytes_apart(found: Answers, facts: Facts) -> Verdict:
    refused = {name: answer for name, answer in found.items() if name != "own"}
    return all_refused(refused, facts)


def _absent(account: Account) -> Answers:
    acting = session(account, "a")
    key = f"{tenant(account, 'a')}/never-there"
    return {"head": acting.ask("s3.HeadObject", errors=("403", "404"), Bucket=blobs_bucket(account.stage), Key=key)}


def _forbidden(found: Answers, facts: Facts) -> Verdict:
    del facts
    answer = code(found["head"]) or "200"
    return judged(f"HEAD of nothing: {answer}", holds=answer == "403")


def _seals(account: Account) -> Answers:
    acting = session(account, "a")
    found = {}
    for name, which in (("own", "a"), ("foreign", "b")):
        context = {"tenant": tenant(account, which), "purpose": "transfer-key", "context-sha256": "0" * 64}
        found[name] = acting.ask(
            "kms.GenerateDataKey",
            errors=() if name == "own" else REFUSED,
            KeyId=account.ask("kms.DescribeKey", KeyId=key_alias(account.stage, "seal"))["KeyMetadata"]["Arn"],
            KeySpec="AES_256",
            EncryptionContext=context,
        )
    return found


def _sealed_apart(found: Answers, facts: Facts) -> Verdict:
    del facts
    return judged(f"another's context: {code(found['foreign']) or 'sealed'}", holds=code(found["foreign"]) in DENIED)


CHECKS: Final = (
    Check(
        id="tenant-own-alone",
        question="Does a session with a tenant's tag read its own records and not another's?",
        step="Compare the role's policy with deploy/policies/transfers/tenant.json; switch pooled tenants off until it holds.",
        ask=Steps(
            _own_alone, (ASSUME, "tenant:dynamodb.DeleteItem", "tenant:dynamodb.GetItem", "tenant:dynamodb.PutItem")
        ),
        judge=_apart,
        probe=True,
    ),
    Check(
        id="tenant-transactions",
        question="Are a transaction's keys judged as the role's policy expects?",
        step="Decision 23 tells both readings; one of them does not hold.",
        ask=Steps(_transactions, (ASSUME, "tenant:dynamodb.DeleteItem", "tenant:dynamodb.TransactWriteItems")),
        judge=_as_written,
        probe=True,
    ),
    Check(
        id="tenant-shapes-refused",
        question="Are batch, query, scan and PartiQL refused to a session that asks for another's records?",
        step="Find the statement that lets it through; the model of IAM did not know of it.",
        ask=Steps(
            _shapes,
            (
                ASSUME,
                "tenant:dynamodb.BatchGetItem",
                "tenant:dynamodb.ExecuteStatement",
                "tenant:dynamodb.Query",
                "tenant:dynamodb.Scan",
            ),
        ),
        judge=all_refused,
        probe=True,
    ),
    Check(
        id="tenant-bytes-apart",
        question="Are a tenant's bytes shut for another tenant's session, and the bucket's list for both?",
        step="Compare the role's policy with deploy/policies/transfers/tenant.json.",
        ask=Steps(
            _objects,
            (
                "s3.DeleteObject",
                ASSUME,
                "tenant:s3.CreateMultipartUpload",
                "tenant:s3.HeadObject",
                "tenant:s3.ListObjectsV2",
                "tenant:s3.PutObject",
            ),
        ),
        judge=_bytes_apart,
        probe=True,
    ),
    Check(
        id="head-absent-refused",
        question="Does S3 answer 403 to HEAD of what is absent, to whom may not list?",
        step="The adapter takes 403 for absent; look at chalicelib's S3 blob store.",
        ask=Steps(_absent, (ASSUME, "tenant:s3.HeadObject")),
        judge=_forbidden,
        probe=True,
    ),
    Check(
        id="tenant-seals-apart",
        question="Is the seal refused with another tenant's context?",
        step="Compare the role's policy with deploy/policies/transfers/tenant.json.",
        ask=Steps(_seals, ("kms.DescribeKey", ASSUME, "tenant:kms.GenerateDataKey")),
        judge=_sealed_apart,
        probe=True,
    ),
)
