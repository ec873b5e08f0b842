"""Records are kept in every way; wrapped keys in none."""

from typing import Any

from chalicelib.adapters.dynamodb_connection import _description
from tests.deploy.assemblies import Assembly, of_type, statements_of, words


def table(prod: Assembly, name: str) -> dict[str, Any]:
    tables = of_type(prod.template("data"), "AWS::DynamoDB::Table").values()
    (found,) = [one for one in tables if one["Properties"]["TableName"] == name]
    return found


def test_records_can_be_recovered_and_not_be_deleted_by_a_call(prod: Assembly) -> None:
    one = table(prod, "fumibako-prod-records")
    properties = one["Properties"]
    assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain"
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": 35,
    }
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"]["SSEType"] == "KMS"


def test_the_relay_gets_what_was_written_and_nothing_that_was_before(prod: Assembly) -> None:
    assert table(prod, "fumibako-prod-records")["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_tables_have_the_form_that_the_adapter_works_with(prod: Assembly) -> None:
    for name in ("fumibako-prod-records", "fumibako-prod-wrapped-keys"):
        properties, wanted = table(prod, name)["Properties"], _description(name)
        assert properties["KeySchema"] == wanted["KeySchema"]
        assert properties["AttributeDefinitions"] == wanted["AttributeDefinitions"]
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert "GlobalSecondaryIndexes" not in properties


def test_nothing_keeps_a_wrapped_key_that_was_deleted(prod: Assembly) -> None:
    one = table(prod, "fumibako-prod-wrapped-keys")
    properties = one["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert "StreamSpecification" not in properties
    assert "KinesisStreamSpecification" not in properties
    (selection,) = of_type(prod.template("data"), "AWS::Backup::BackupSelection").values()
    records = [
        name
        for name, each in of_type(prod.template("data"), "AWS::DynamoDB::Table").items()
        if each["Properties"]["TableName"] == "fumibako-prod-records"
    ]
    # By its ARN alone: a selection by tag or by type would one day take the other table in.
    assert selection["Properties"]["BackupSelection"]["Resources"] == [{"Fn::GetAtt": [records[0], "Arn"]}]
    assert not {"ListOfTags", "Conditions"} & selection["Properties"]["BackupSelection"].keys()


def test_the_two_tables_have_keys_of_their_own(prod: Assembly) -> None:
    keys = {
        name: str(table(prod, f"fumibako-prod-{name}")["Properties"]["SSESpecification"]["KMSMasterKeyId"])
        for name in ("records", "wrapped-keys")
    }
    assert keys["records"] != keys["wrapped-keys"]


def test_losing_wrapped_keys_by_accident_is_guarded_all_the_same(prod: Assembly) -> None:
    one = table(prod, "fumibako-prod-wrapped-keys")
    assert one["DeletionPolicy"] == "Retain"
    assert one["Properties"]["DeletionProtectionEnabled"] is True


def test_backups_live_as_long_as_certificates_say_and_no_longer(prod: Assembly) -> None:
    days = prod.stage.backup_days
    (plan,) = of_type(prod.template("data"), "AWS::Backup::BackupPlan").values()
    (rule,) = plan["Properties"]["BackupPlan"]["BackupPlanRule"]
    assert rule["Lifecycle"] == {"DeleteAfterDays": days}
    assert "CopyActions" not in rule
    (vault,) = of_type(prod.template("data"), "AWS::Backup::BackupVault").values()
    assert vault["Properties"]["LockConfiguration"]["MaxRetentionDays"] == days
    assert vault["DeletionPolicy"] == "Retain"


def test_nobody_deletes_a_recovery_point_early(prod: Assembly) -> None:
    (vault,) = of_type(prod.template("data"), "AWS::Backup::BackupVault").values()
    (statement,) = statements_of(vault["Properties"]["AccessPolicy"])
    assert statement["Effect"] == "Deny"
    assert {"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"} <= set(words(statement["Action"]))


def test_the_backup_role_reaches_one_table_and_one_key(prod: Assembly) -> None:
    (role,) = of_type(prod.template("data"), "AWS::IAM::Role").values()
    assert "ManagedPolicyArns" not in role["Properties"]
    for one in statements_of(role["Properties"]["Policies"][0]["PolicyDocument"]):
        assert not [action for action in words(one["Action"]) if "*" in action]
        assert "*" not in str(one["Resource"])


def test_a_stage_to_throw_away_is_not_held_back(box: Assembly) -> None:
    for one in of_type(box.template("data"), "AWS::DynamoDB::Table").values():
        assert one["DeletionPolicy"] == "Delete"
        assert not one["Properties"].get("DeletionProtectionEnabled", False)
