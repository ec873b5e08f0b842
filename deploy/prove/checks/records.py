"""Records and wrapped keys: what keeps them, and what must not."""

from datetime import timedelta
from typing import Any, Final

from deploy.names import backup_vault, records_table, wrapped_keys_table
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults
from deploy.stage import Stage

_BOTH: Final = Reads(
    records=call("dynamodb.DescribeTable", TableName=records_table),
    wrapped=call("dynamodb.DescribeTable", TableName=wrapped_keys_table),
)
# A point and its job's delays: the plan runs daily.
_FRESH: Final = timedelta(hours=36)


def table_arn(stage: Stage, name: str) -> str:
    """ARN of a table of the stage."""
    return f"arn:aws:dynamodb:{stage.region}:{stage.account}:table/{name}"


def _tables(found: Answers) -> dict[str, Any]:
    return {name: found[name]["Table"] for name in ("records", "wrapped")}


def _recoverable(found: Answers, facts: Facts) -> Verdict:
    about = found["backups"]["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    days = about.get("RecoveryPeriodInDays", 0)
    wanted = min(facts.stage.backup_days, 35)
    status = about.get("PointInTimeRecoveryStatus", "absent")
    return judged(f"recovery {status}, {days} days of {wanted}", holds=status == "ENABLED" and days == wanted)


def _unkept(found: Answers, facts: Facts) -> Verdict:
    del facts
    about = found["continuous"]["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    faults = [
        *(["it has recovery to a point in time"] if about.get("PointInTimeRecoveryStatus") == "ENABLED" else []),
        *(["it has a stream"] if found["table"]["Table"].get("StreamSpecification", {}).get("StreamEnabled") else []),
        *(f"backup {one['BackupName']}" for one in found["backups"]["BackupSummaries"]),
        *("a recovery point in a vault" for _ in found["points"]["RecoveryPoints"]),
    ]
    return without_faults(faults, "no recovery, no stream, no backup, no recovery point")


def _protected(found: Answers, facts: Facts) -> Verdict:
    states = {name: bool(table.get("DeletionProtectionEnabled")) for name, table in _tables(found).items()}
    told = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in states.items())
    return judged(f"deletion protection: {told}", holds=all(on == facts.stage.protected for on in states.values()))


def _own_keys(found: Answers, facts: Facts) -> Verdict:
    del facts
    about = {name: table.get("SSEDescription", {}) for name, table in _tables(found).items()}
    keys = {one.get("KMSMasterKeyArn", "") for one in about.values()}
    faults = [
        f"{name} is {one.get('Status', 'under no key of ours')}"
        for name, one in about.items()
        if one.get("Status") != "ENABLED" or one.get("SSEType") != "KMS"
    ]
    return without_faults(faults or (["one key for both"] if len(keys) == 1 else []), "a key of its own for each")


def _ttl(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = [found[name]["TimeToLiveDescription"] for name in ("records", "wrapped")]
    holds = all(one.get("TimeToLiveStatus") == "ENABLED" and one.get("AttributeName") == "ttl" for one in states)
    return judged(", ".join(str(one.get("TimeToLiveStatus")) for one in states), holds=holds)


def _on_demand(found: Answers, facts: Facts) -> Verdict:
    del facts
    modes = {table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED") for table in _tables(found).values()}
    return judged(", ".join(sorted(modes)), holds=modes == {"PAY_PER_REQUEST"})


def _vault(found: Answers, facts: Facts) -> Verdict:
    vault = found["vault"]
    longest = vault.get("MaxRetentionDays")
    holds = bool(vault.get("Locked")) and longest == facts.stage.backup_days
    return judged(f"locked {bool(vault.get('Locked'))}, at most {longest} days", holds=holds)


def _point(found: Answers, facts: Facts) -> Verdict:
    whole = [one for one in found["points"]["RecoveryPoints"] if one.get("Status") in ("COMPLETED", "AVAILABLE")]
    if not whole:
        return judged("no whole recovery point", holds=False)
    newest = max(one["CreationDate"] for one in whole)
    return judged(f"{len(whole)} points, the newest of {newest:%Y-%m-%d %H:%M}", holds=facts.now - newest <= _FRESH)


def _restores(account: Account) -> Answers:
    jobs = account.ask("backup.ListRestoreJobs", ByAccountId=account.stage.account, ByResourceType="DynamoDB")
    return {"jobs": jobs}


def _restored(found: Answers, facts: Facts) -> Verdict:
    del facts
    jobs = found["jobs"]["RestoreJobs"]
    if not jobs:
        return unknown("Nothing was ever restored from the vault; do the drill of docs/operations/backup.md.")
    latest = max(jobs, key=lambda one: one["CreationDate"])
    return judged(
        f"the restore of {latest['CreationDate']:%Y-%m-%d}: {latest['Status']}", holds=latest["Status"] == "COMPLETED"
    )


def _from_point(account: Account) -> Answers:
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "RestoreTableToPointInTime"}]
    return {"events": account.ask("cloudtrail.LookupEvents", LookupAttributes=wanted)}


def _recovered(found: Answers, facts: Facts) -> Verdict:
    name = records_table(facts.stage)
    events = [one for one in found["events"]["Events"] if f'"{name}"' in one.get("CloudTrailEvent", "")]
    if not events:
        return unknown("Nobody recovered the records to a point in time in the last 90 days; do the drill.")
    good = [one for one in events if '"errorCode"' not in one["CloudTrailEvent"]]
    return judged(f"{len(good)} of {len(events)} recoveries began", holds=bool(good))


CHECKS: Final = (
    Check(
        id="records-recoverable",
        question="Can the records be brought back to any second of the days that the stage says?",
        step="Deploy `data` again; the template switches recovery on.",
        ask=Reads(backups=call("dynamodb.DescribeContinuousBackups", TableName=records_table)),
        judge=_recoverable,
    ),
    Check(
        id="wrapped-keys-unkept",
        question="Does nothing keep a wrapped key that was deleted?",
        step="Delete what keeps them, and find out by CloudTrail who made it: certificates of destruction hang on this.",
        ask=Reads(
            table=call("dynamodb.DescribeTable", TableName=wrapped_keys_table),
            continuous=call("dynamodb.DescribeContinuousBackups", TableName=wrapped_keys_table),
            backups=call("dynamodb.ListBackups", TableName=wrapped_keys_table, BackupType="ALL"),
            points=call(
                "backup.ListRecoveryPointsByResource",
                ResourceArn=lambda stage: table_arn(stage, wrapped_keys_table(stage)),
            ),
        ),
        judge=_unkept,
    ),
    Check(
        id="tables-protected",
        question="Is deletion protection of both tables as the stage says?",
        step="Deploy `data` again; somebody switched it by hand.",
        ask=_BOTH,
        judge=_protected,
    ),
    Check(
        id="tables-own-keys",
        question="Does each table lie under a KMS key of its own that works?",
        step="Look at the key's state and policy; deploy `keys`, then `data`.",
        ask=_BOTH,
        judge=_own_keys,
    ),
    Check(
        id="tables-on-demand",
        question="Are both tables paid by request, so that idle costs nothing?",
        step="Deploy `data` again.",
        ask=_BOTH,
        judge=_on_demand,
    ),
    Check(
        id="tables-ttl",
        question="Does DynamoDB delete by `ttl` in both tables?",
        step="Deploy `data` again; a change of TTL takes up to an hour.",
        ask=Reads(
            records=call("dynamodb.DescribeTimeToLive", TableName=records_table),
            wrapped=call("dynamodb.DescribeTimeToLive", TableName=wrapped_keys_table),
        ),
        judge=_ttl,
    ),
    Check(
        id="vault-locked",
        question="Does the vault refuse a recovery point that is kept longer than the stage says?",
        step="Deploy `data` again; then look for points that are older than they may be.",
        ask=Reads(vault=call("backup.DescribeBackupVault", BackupVaultName=backup_vault)),
        judge=_vault,
    ),
    Check(
        id="recovery-point-fresh",
        question="Is there a whole recovery point of the last 36 hours?",
        step="Look at the jobs of AWS Backup and at the rights of its role.",
        ask=Reads(points=call("backup.ListRecoveryPointsByBackupVault", BackupVaultName=backup_vault)),
        judge=_point,
    ),
    Check(
        id="recovery-from-vault",
        question="Was the records' table brought back from the vault, whole?",
        step="Read the job's message, mend, and repeat the drill.",
        ask=Steps(_restores, ("backup.ListRestoreJobs",)),
        judge=_restored,
    ),
    Check(
        id="recovery-from-point",
        question="Was the records' table brought back to a point in time?",
        step="Read the error in CloudTrail, mend, and repeat the drill.",
        ask=Steps(_from_point, ("cloudtrail.LookupEvents",)),
        judge=_recovered,
    ),
)
