"""Records with everything that keeps them; wrapped transfer keys with nothing that keeps them.

A wrapped key that was deleted must be gone: its table has no recovery points, no backup and no stream, and a key of its own
(docs/weaknesses.md tells what else could hold one).
"""

from typing import Any, ClassVar, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.names import backup_vault, records_table, wrapped_keys_table
from deploy.stacks.accepted import accept
from deploy.stacks.keeping import kept
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage

# DynamoDB recovers to a point at most this long ago.
_LONGEST_RECOVERY: Final = 35
_PARTITION: Final = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
_SORT: Final = dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING)


class DataStack(Stack):
    """Two tables and the recovery points of one, kept when the stack goes."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys",)

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        records = self._records(stage)
        wrapped = self._wrapped_keys(stage)
        vault = self._backups(stage, records)
        assert records.table_stream_arn is not None
        tell(self, stage, "records-table-arn", records.table_arn)
        tell(self, stage, "records-stream-arn", records.table_stream_arn)
        tell(self, stage, "wrapped-keys-table-arn", wrapped.table_arn)
        tell(self, stage, "backup-vault-arn", vault.backup_vault_arn)

    def _records(self, stage: Stage) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Records",
            table_name=records_table(stage),
            partition_key=_PARTITION,
            sort_key=_SORT,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key(stage, "records"),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True,
                recovery_period_in_days=min(stage.backup_days, _LONGEST_RECOVERY),
            ),
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="ttl",
            deletion_protection=stage.protected,
            removal_policy=kept(stage),
        )

    def _wrapped_keys(self, stage: Stage) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "WrappedKeys",
            table_name=wrapped_keys_table(stage),
            partition_key=_PARTITION,
            sort_key=_SORT,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key(stage, "wrapped-keys"),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=False
            ),
            time_to_live_attribute="ttl",
            deletion_protection=stage.protected,
            removal_policy=kept(stage),
        )
        reason = (
            "A recovery point would bring back keys that were shredded: destroying a transfer is destroying its key."
        )
        test = "tests/deploy/stacks_a/test_data.py::test_nothing_keeps_a_wrapped_key_that_was_deleted"
        for rule in ("AwsSolutions-DDB3", "CKV_AWS_28"):
            accept(table, rule, reason=reason, test=test)
        return table

    def _backups(self, stage: Stage, records: dynamodb.Table) -> backup.BackupVault:
        keep = Duration.days(stage.backup_days)
        vault = backup.BackupVault(
            self,
            "Vault",
            backup_vault_name=backup_vault(stage),
            encryption_key=self._key(stage, "records"),
            block_recovery_point_deletion=stage.protected,
            # Nobody keeps a recovery point longer than certificates of destruction say.
            lock_configuration=backup.LockConfiguration(min_retention=Duration.days(1), max_retention=keep),
            removal_policy=kept(stage),
        )
        plan = backup.BackupPlan(self, "Plan", backup_plan_name=backup_vault(stage), backup_vault=vault)
        plan.add_rule(
            backup.BackupPlanRule(
                rule_name="daily",
                # Two in the morning in Japan, when the least is written.
                schedule_expression=events.Schedule.cron(hour="17", minute="0"),
                start_window=Duration.hours(1),
                completion_window=Duration.hours(4),
                delete_after=keep,
            )
        )
        backup.BackupSelection(
            self,
            "Selection",
            backup_plan=plan,
            resources=[backup.BackupResource.from_arn(records.table_arn)],
            role=self._backup_role(stage, records),
            disable_default_backup_policy=True,
        )
        return vault

    def _backup_role(self, stage: Stage, records: dynamodb.Table) -> iam.Role:
        # What AWSBackupServiceRolePolicyForBackup says of DynamoDB and KMS, on this table and this key alone
        # (https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html).
        verbs = ("CreateBackup", "DescribeTable", "ListTagsOfResource", "StartAwsBackupJob")
        table = iam.PolicyStatement(actions=[f"dynamodb:{verb}" for verb in verbs], resources=[records.table_arn])
        verbs = ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey")
        key = iam.PolicyStatement(
            actions=[f"kms:{verb}" for verb in verbs], resources=[self._key(stage, "records").key_arn]
        )
        return iam.Role(
            self,
            "BackupRole",
            assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
            inline_policies={"records": iam.PolicyDocument(statements=[table, key])},
        )

    def _key(self, stage: Stage, use: str) -> kms.IKey:
        name = f"Key-{use}"
        found = self.node.try_find_child(name)
        if found is not None:
            return found  # type: ignore[return-value]  # what stands under this name is made in the next line
        return kms.Key.from_key_arn(self, name, ask(self, stage, f"key-{use}-arn"))
