"""The bucket of bytes: shut, without copies, and empty of what was deleted."""

import json
from typing import Any, Final

from deploy.names import blobs_bucket, key_alias
from deploy.prove.ask import Account, code
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, without_faults
from deploy.stage import Stage

_NO_POLICY: Final = "NoSuchBucketPolicy"
_NO_REPLICATION: Final = "ReplicationConfigurationNotFoundError"
_NO_LOCK: Final = "ObjectLockConfigurationNotFoundError"
_NO_LIFECYCLE: Final = "NoSuchLifecycleConfiguration"
_NO_CORS: Final = "NoSuchCORSConfiguration"
_NO_BLOCK: Final = "NoSuchPublicAccessBlockConfiguration"


def _bucket(operation: str, *errors: str) -> Any:
    return call(f"s3.{operation}", errors=errors, Bucket=blobs_bucket)


def _public(found: Answers, facts: Facts) -> Verdict:
    del facts
    block = found["block"].get("PublicAccessBlockConfiguration", {})
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    rules = found["owners"].get("OwnershipControls", {}).get("Rules", [])
    owned = [one["ObjectOwnership"] for one in rules] == ["BucketOwnerEnforced"]
    faults = [f"{name} is off" for name in names if not block.get(name)]
    return without_faults([*faults, *([] if owned else ["objects may have other owners"])], "nothing public, one owner")


def _tls(found: Answers, facts: Facts) -> Verdict:
    del facts
    statements = json.loads(found["policy"]["Policy"])["Statement"] if not code(found["policy"]) else []
    closed = any(
        one["Effect"] == "Deny"
        and one["Principal"] in ("*", {"AWS": "*"})
        and one.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for one in statements
    )
    return judged(f"{len(statements)} statements, plain HTTP {'denied' if closed else 'let in'}", holds=closed)


def _encrypted(found: Answers, facts: Facts) -> Verdict:
    rule = found["encryption"]["ServerSideEncryptionConfiguration"]["Rules"][0]
    key = str(rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID", ""))
    wanted = found["key"]["KeyMetadata"]["Arn"]
    holds = key == wanted and bool(rule.get("BucketKeyEnabled"))
    return judged(f"{'own' if key == wanted else 'another'} key of stage {facts.stage.name}", holds=holds)


def _uncopied(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = [
        *([] if code(found["replication"]) == _NO_REPLICATION else ["it is replicated"]),
        *([] if code(found["lock"]) == _NO_LOCK else ["it has object lock"]),
        *("a recovery point in a vault" for _ in found["points"]["RecoveryPoints"]),
    ]
    return without_faults(faults, "no replication, no object lock, no recovery point")


def _lifecycle(found: Answers, facts: Facts) -> Verdict:
    del facts
    rules = [one for one in found["lifecycle"].get("Rules", []) if one["Status"] == "Enabled"]
    noncurrent = [one.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for one in rules]
    aborted = [one.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") for one in rules]
    expired = any("Days" in one.get("Expiration", {}) or "Date" in one.get("Expiration", {}) for one in rules)
    faults = [
        *([] if 1 in noncurrent else ["old versions stay"]),
        *([] if 31 in aborted else ["unfinished parts stay"]),
        *(["current bytes expire by a rule"] if expired else []),
        *([] if found["versions"].get("Status") == "Enabled" else ["versions are off"]),
    ]
    return without_faults(faults, "old versions go after a day, unfinished parts after 31")


def _cors(found: Answers, facts: Facts) -> Verdict:
    rules = found["cors"].get("CORSRules", [])
    origins = sorted({origin for one in rules for origin in one["AllowedOrigins"]})
    return judged(f"origins: {', '.join(origins) or 'none'}", holds=origins == sorted(facts.stage.page_origins))


def _unlogged(found: Answers, facts: Facts) -> Verdict:
    del facts
    return judged(
        "access log " + ("on" if "LoggingEnabled" in found["logging"] else "off"),
        holds="LoggingEnabled" not in found["logging"],
    )


def _plain(account: Account) -> Answers:
    name = blobs_bucket(account.stage)
    return {
        "tls": account.ask("s3.HeadBucket", Bucket=name),
        "plain": account.ask("s3.HeadBucket", errors=("403",), tls=False, Bucket=name),
    }


def _plain_refused(found: Answers, facts: Facts) -> Verdict:
    del facts
    answer = code(found["plain"]) or "200"
    return judged(f"over TLS 200, without {answer}", holds=answer == "403")


def scratch(account: Account) -> str:
    """A prefix that no tenant has: an id of a tenant has no full stop."""
    return f"prove.{account.now:%Y%m%d%H%M%S}"


def _version(account: Account) -> Answers:
    """Put, delete, delete the version; the last look comes after the clean-up, which runs whatever happens."""
    place: dict[str, Any] = {"Bucket": blobs_bucket(account.stage), "Key": f"{scratch(account)}/object"}
    put = account.ask("s3.PutObject", Body=b"prove", **place)
    try:
        marker = account.ask("s3.DeleteObject", **place)
        account.ask("s3.DeleteObject", VersionId=marker["VersionId"], **place)
    finally:
        account.ask("s3.DeleteObject", VersionId=put["VersionId"], **place)
    return {
        "put": put,
        "versions": account.ask("s3.ListObjectVersions", Bucket=place["Bucket"], Prefix=place["Key"]),
    }


def _gone(found: Answers, facts: Facts) -> Verdict:
    del facts
    left = len(found["versions"].get("Versions", [])) + len(found["versions"].get("DeleteMarkers", []))
    sealed = found["put"].get("ServerSideEncryption") == "aws:kms"
    return judged(f"{left} versions left, sealed by KMS {sealed}", holds=left == 0 and sealed)


def _blobs_arn(stage: Stage) -> str:
    return f"arn:aws:s3:::{blobs_bucket(stage)}"


CHECKS: Final = (
    Check(
        id="bytes-not-public",
        question="Is nothing of the bucket public, and every object the account's own?",
        step="Deploy `blobs` again.",
        ask=Reads(
            block=_bucket("GetPublicAccessBlock", _NO_BLOCK),
            owners=_bucket("GetBucketOwnershipControls", "OwnershipControlsNotFoundError"),
        ),
        judge=_public,
    ),
    Check(
        id="bytes-tls-only",
        question="Does the bucket's policy deny whoever comes without TLS?",
        step="Deploy `blobs` again.",
        ask=Reads(policy=_bucket("GetBucketPolicy", _NO_POLICY)),
        judge=_tls,
    ),
    Check(
        id="plain-http-refused",
        question="Is a request without TLS refused that is let in with it?",
        step="Deploy `blobs` again and look at the bucket's policy.",
        ask=Steps(_plain, ("s3.HeadBucket",)),
        judge=_plain_refused,
    ),
    Check(
        id="bytes-own-key",
        question="Are bytes sealed by the stage's own key, through a bucket key?",
        step="Deploy `blobs` again.",
        ask=Reads(
            encryption=_bucket("GetBucketEncryption"),
            key=call("kms.DescribeKey", KeyId=lambda stage: key_alias(stage, "blobs")),
        ),
        judge=_encrypted,
    ),
    Check(
        id="bytes-uncopied",
        question="Does nothing copy the bytes: no replication, no object lock, no backup?",
        step="Take it away and delete the copies: certificates of destruction say that there are none.",
        ask=Reads(
            replication=_bucket("GetBucketReplication", _NO_REPLICATION),
            lock=_bucket("GetObjectLockConfiguration", _NO_LOCK),
            points=call("backup.ListRecoveryPointsByResource", ResourceArn=_blobs_arn),
        ),
        judge=_uncopied,
    ),
    Check(
        id="bytes-backstop",
        question="Do lost versions and unfinished parts go by themselves, and nothing else?",
        step="Deploy `blobs` again.",
        ask=Reads(
            lifecycle=_bucket("GetBucketLifecycleConfiguration", _NO_LIFECYCLE),
            versions=_bucket("GetBucketVersioning"),
        ),
        judge=_lifecycle,
    ),
    Check(
        id="bytes-page-origins",
        question="Do browsers let the page's own hosts read bytes, and no other?",
        step="Deploy `blobs` again.",
        ask=Reads(cors=_bucket("GetBucketCors", _NO_CORS)),
        judge=_cors,
    ),
    Check(
        id="signed-addresses-unlogged",
        question="Does no access log of the bucket write signed addresses?",
        step="Switch the log off and delete what it wrote: it is the right to the bytes.",
        ask=Reads(logging=_bucket("GetBucketLogging")),
        judge=_unlogged,
    ),
    Check(
        id="versions-gone",
        question="Is a deleted object gone with every version of it?",
        step="Look at what keeps versions: object lock, replication, a lifecycle of somebody's own.",
        ask=Steps(_version, ("s3.DeleteObject", "s3.ListObjectVersions", "s3.PutObject")),
        judge=_gone,
        probe=True,
    ),
)
