"""The bucket of bytes: closed, encrypted, without any copy; the backstop never takes what may still be wanted."""

import json
import re
from pathlib import Path
from typing import Any

from chalicelib.domain.tenant import Tenant, with_settings
from deploy.stacks.blobs import ABANDONED
from tests.deploy.assemblies import Assembly, of_type, statements_of, words

SPEC = Path(__file__).resolve().parents[3] / "spec" / "signed_urls.md"


def bucket(prod: Assembly, use: str) -> tuple[str, dict[str, Any]]:
    found = of_type(prod.template("blobs"), "AWS::S3::Bucket").items()
    ((name, one),) = [(name, one) for name, one in found if f"-{use}-" in one["Properties"]["BucketName"]]
    return name, one


def policy_of(prod: Assembly, logical_id: str) -> list[dict[str, Any]]:
    policies = of_type(prod.template("blobs"), "AWS::S3::BucketPolicy").values()
    (found,) = [one for one in policies if one["Properties"]["Bucket"] == {"Ref": logical_id}]
    return statements_of(found["Properties"]["PolicyDocument"])


def closed(prod: Assembly, use: str) -> None:
    name, one = bucket(prod, use)
    properties = one["Properties"]
    assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    denied = [each["Condition"] for each in policy_of(prod, name) if each["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_the_bucket_of_bytes_is_closed(prod: Assembly) -> None:
    closed(prod, "blobs")


def test_the_bucket_of_access_logs_is_closed(prod: Assembly) -> None:
    closed(prod, "access-logs")


def test_bytes_are_encrypted_under_their_own_key(prod: Assembly) -> None:
    (rule,) = bucket(prod, "blobs")[1]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "blobs" in str(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    assert rule["BucketKeyEnabled"] is True


def test_bytes_have_no_copy_anywhere(prod: Assembly) -> None:
    properties = bucket(prod, "blobs")[1]["Properties"]
    for name in ("ReplicationConfiguration", "ObjectLockConfiguration", "ObjectLockEnabled", "InventoryConfigurations"):
        assert name not in properties
    for template in prod.templates().values():
        for selection in of_type(template, "AWS::Backup::BackupSelection").values():
            assert "s3" not in json.dumps(selection).lower()
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert not [name for name in rule if "Transition" in name]


def test_no_log_of_ours_holds_signed_addresses(prod: Assembly) -> None:
    assert "LoggingConfiguration" not in bucket(prod, "blobs")[1]["Properties"]


def test_the_backstop_takes_only_what_nobody_can_want(prod: Assembly) -> None:
    (rule,) = bucket(prod, "blobs")[1]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpiredObjectDeleteMarker"] is True
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    # A current version lives as long as its transfer, up to ten years: only the sweeper ends it.
    assert not {"ExpirationInDays", "ExpirationDate"} & rule.keys()
    days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
    longest = with_settings(
        Tenant("tn", "T", "https://files.example.jp", "https://files.example.jp", "a@example.jp"),  # type: ignore[arg-type]
        abandon_days=30,
    ).abandon_days
    assert days == ABANDONED.to_days() > longest


def test_scripts_of_the_page_alone_may_read_and_write(prod: Assembly) -> None:
    (wanted,) = json.loads(re.findall(r"```json\n(.*?)```", SPEC.read_text("utf-8"), re.DOTALL)[-1])["CORSRules"]
    (rule,) = bucket(prod, "blobs")[1]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://files.example.jp", "https://files.tenant.example"]
    assert rule["AllowedMethods"] == wanted["AllowedMethods"]
    assert rule["AllowedHeaders"] == wanted["AllowedHeaders"]
    assert rule["ExposedHeaders"] == wanted["ExposeHeaders"]
    assert rule["MaxAge"] == wanted["MaxAgeSeconds"]


def test_only_log_delivery_writes_into_the_log_bucket(prod: Assembly) -> None:
    name, _ = bucket(prod, "access-logs")
    allowed = [each for each in policy_of(prod, name) if each["Effect"] == "Allow"]
    writers = {"logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"}
    assert {each["Principal"]["Service"] for each in allowed} == writers
    assert {action for each in allowed for action in words(each["Action"])} == {"s3:PutObject", "s3:GetBucketAcl"}
    for each in allowed:
        assert each["Condition"]["StringEquals"] == {"aws:SourceAccount": prod.stage.account}


def test_nobody_is_let_into_the_bucket_of_bytes_by_its_policy(prod: Assembly) -> None:
    name, _ = bucket(prod, "blobs")
    assert {each["Effect"] for each in policy_of(prod, name)} == {"Deny"}
