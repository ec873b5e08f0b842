"""The front's secret and the page's bucket: what both sides of the door have in common."""

from dataclasses import replace

import pytest
from aws_cdk import Stack

from deploy.names import WEB_REGION, front_secret, page_bucket
from deploy.stacks.front import LENGTH, front_key
from tests.deploy.assemblies import Assembly, of_type, statements_of
from tests.deploy.stacks_b.conftest import flat

pytestmark = pytest.mark.slow


def test_the_secret_is_long_and_known_by_name_in_both_regions(prod: Assembly) -> None:
    (secret,) = of_type(prod.template("front"), "AWS::SecretsManager::Secret").values()
    about = secret["Properties"]
    assert about["Name"] == front_secret(prod.stage)
    assert about["GenerateSecretString"] == {"ExcludePunctuation": True, "PasswordLength": LENGTH}
    assert LENGTH >= 32  # what chalicelib/config_rules.py asks for
    assert [one["Region"] for one in about["ReplicaRegions"]] == [WEB_REGION]
    assert "key-settings-arn" in flat(prod.template("front")["Parameters"]).replace(
        "keysettingsarn", "key-settings-arn"
    )
    assert secret["DeletionPolicy"] == "Retain"


def test_no_template_holds_the_secret(prod: Assembly) -> None:
    reference = f"{{{{resolve:secretsmanager:{front_secret(prod.stage)}:SecretString:::}}}}"
    for lifecycle in ("services", "web"):
        assert reference in flat(prod.template(lifecycle))
    for lifecycle in ("scanner", "downloads", "observability", "reporting"):
        assert reference not in flat(prod.template(lifecycle))


def test_a_renewed_secret_changes_what_names_it(prod: Assembly) -> None:
    # Without a change of the text CloudFormation would go on with the value of before.
    version = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    named = Stack().resolve(front_key(replace(prod.stage, front_key_version=version)))
    assert named == f"{{{{resolve:secretsmanager:{front_secret(prod.stage)}:SecretString:::{version}}}}}"


def test_only_cloudfront_reads_the_pages_bucket(prod: Assembly) -> None:
    template = prod.template("front")
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    assert bucket["Properties"]["BucketName"] == page_bucket(prod.stage)
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    (policy,) = of_type(template, "AWS::S3::BucketPolicy").values()
    allowed = [one for one in statements_of(policy["Properties"]["PolicyDocument"]) if one["Effect"] == "Allow"]
    assert {one["Action"] for one in allowed} == {"s3:GetObject", "s3:ListBucket"}
    for one in allowed:
        assert one["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert one["Condition"] == {
            "StringEquals": {"AWS:SourceAccount": prod.stage.account},
            "ArnLike": {"AWS:SourceArn": f"arn:aws:cloudfront::{prod.stage.account}:distribution/*"},
        }
