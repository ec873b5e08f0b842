"""KMS keys: standing, rotating, and shut for everybody but their stores."""

import json
from typing import Any, Final

from deploy.names import PRODUCT_KEYS, STORE_KEYS, function, key_alias, records_table, wrapped_keys_table
from deploy.prove.ask import DENIED, Account, code
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, unknown, without_faults

_USES: Final = (*PRODUCT_KEYS, *STORE_KEYS)
# KMS rotates symmetric keys alone.
_ROTATING: Final = ("seal", *STORE_KEYS)
_REFUSED: Final = tuple(sorted(DENIED))


def _described(account: Account) -> Answers:
    return {use: account.ask("kms.DescribeKey", KeyId=key_alias(account.stage, use)) for use in _USES}


def _standing(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = {use: str(found[use]["KeyMetadata"].get("KeyState")) for use in _USES}
    return without_faults(
        [f"{use} {state}" for use, state in states.items() if state != "Enabled"], f"{len(states)} enabled"
    )


def _rotation(account: Account) -> Answers:
    found = {}
    for use in _ROTATING:
        key = account.ask("kms.DescribeKey", KeyId=key_alias(account.stage, use))["KeyMetadata"]["KeyId"]
        found[use] = account.ask("kms.GetKeyRotationStatus", KeyId=key)
    return found


def _rotating(found: Answers, facts: Facts) -> Verdict:
    del facts
    still = [use for use in _ROTATING if not found[use].get("KeyRotationEnabled")]
    return without_faults([f"{use} does not rotate" for use in still], f"{len(_ROTATING)} rotate")


def _policies(account: Account) -> Answers:
    found = {}
    for use in STORE_KEYS:
        key = account.ask("kms.DescribeKey", KeyId=key_alias(account.stage, use))["KeyMetadata"]["KeyId"]
        found[use] = account.ask("kms.GetKeyPolicy", KeyId=key, PolicyName="default")
    return found


def _only_through(found: Answers, facts: Facts) -> Verdict:
    root = f"arn:aws:iam::{facts.stage.account}:root"
    faults = [
        f"{use}: {statement.get('Sid', 'a statement')} opens without its store"
        for use in STORE_KEYS
        for statement in json.loads(found[use]["Policy"])["Statement"]
        if statement.get("Effect") == "Allow" and _opens(statement) and not _bound(statement, root)
    ]
    return without_faults(faults, f"{len(STORE_KEYS)} policies open through their stores alone")


def _opens(statement: dict[str, Any]) -> bool:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    return any(action in ("*", "kms:*") or action.startswith(("kms:Decrypt", "kms:ReEncrypt")) for action in actions)


def _bound(statement: dict[str, Any], root: str) -> bool:
    """A service of AWS for this account, or this account through a store."""
    principal = statement.get("Principal")
    if isinstance(principal, dict) and set(principal) == {"Service"}:
        return bool(statement.get("Condition"))
    return principal == {"AWS": root} and "kms:ViaService" in json.dumps(statement.get("Condition", {}))


def _stores(account: Account) -> Answers:
    stage = account.stage
    return {
        "records": account.ask("dynamodb.DescribeTable", TableName=records_table(stage)),
        "wrapped": account.ask("dynamodb.DescribeTable", TableName=wrapped_keys_table(stage)),
        "relay": account.ask(
            "lambda.ListEventSourceMappings", FunctionName=f"{function(stage, 'transfers', 'relay_outbox')}:live"
        ),
        "consumer": account.ask(
            "lambda.ListEventSourceMappings", FunctionName=f"{function(stage, 'transfers', 'on_events')}:live"
        ),
        "backups": account.ask("backup.ListBackupJobs", ByState="FAILED", ByResourceType="DynamoDB"),
    }


def _work(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = [
        f"{name} is {found[name]['Table'].get('TableStatus')}"
        for name in ("records", "wrapped")
        if found[name]["Table"].get("TableStatus") != "ACTIVE"
    ]
    mappings = [one for name in ("relay", "consumer") for one in found[name]["EventSourceMappings"]]
    if not mappings:
        return unknown("No function reads the stream or a queue.")
    faults += [
        f"{one['UUID']}: {one.get('LastProcessingResult')}"
        for one in mappings
        if "PROBLEM" in str(one.get("LastProcessingResult", "")).upper()
    ]
    faults += ["a backup job failed" for _ in found["backups"]["BackupJobs"]]
    return without_faults(faults, f"both tables active, {len(mappings)} sources read, no failed backup")


def _past_store(account: Account) -> Answers:
    found = {}
    for use in STORE_KEYS:
        found[use] = account.ask(
            "kms.GenerateDataKeyWithoutPlaintext",
            errors=_REFUSED,
            KeyId=key_alias(account.stage, use),
            KeySpec="AES_256",
        )
    return found


# Without it the caller lacked the right itself, and the key's own policy was never asked
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
_BY_THE_KEY: Final = "resource-based policy"


def _refused_past(found: Answers, facts: Facts) -> Verdict:
    del facts
    opened = [f"{use} opens past its store" for use in STORE_KEYS if code(found[use]) not in DENIED]
    by_key = all(_BY_THE_KEY in found[use].get("Error", {}).get("Message", "") for use in STORE_KEYS)
    if not opened and not by_key:
        return unknown("Refused, but for want of a right of the caller; give it kms:GenerateDataKeyWithoutPlaintext.")
    return without_faults(opened, f"{len(STORE_KEYS)} keys refused a direct call")


# A context of nobody's, whole as the product's are; the twins lack a part or bring one more.
_WHOLE: Final = {"tenant": "prove-seal", "purpose": "transfer-key", "context-sha256": "0" * 64}
_BROKEN: Final = {
    "empty": {},
    "short": {"tenant": "prove-seal", "purpose": "transfer-key"},
    "longer": {**_WHOLE, "other": "one"},
}


def _seals(account: Account) -> Answers:
    return {
        name: account.ask(
            "kms.GenerateDataKey",
            errors=_REFUSED if name in _BROKEN else (),
            KeyId=key_alias(account.stage, "seal"),
            KeySpec="AES_256",
            EncryptionContext=context,
        )
        for name, context in {"whole": _WHOLE, **_BROKEN}.items()
    }


def _refused_broken(found: Answers, facts: Facts) -> Verdict:
    del facts
    opened = [f"it seals with the {name} context" for name in _BROKEN if code(found[name]) not in DENIED]
    return without_faults(opened, "seals with the whole context, and with no other")


CHECKS: Final = (
    Check(
        id="keys-standing",
        question="Are all twelve keys enabled?",
        step="Call a deletion back at once (`aws kms cancel-key-deletion`), then docs/operations/alarms/key-going.md.",
        ask=Steps(_described, ("kms.DescribeKey",)),
        judge=_standing,
    ),
    Check(
        id="keys-rotate",
        question="Does KMS rotate every symmetric key?",
        step="Deploy `keys` again.",
        ask=Steps(_rotation, ("kms.DescribeKey", "kms.GetKeyRotationStatus")),
        judge=_rotating,
    ),
    Check(
        id="store-keys-closed",
        question="Does every store key open through its store alone?",
        step="Deploy `keys` again; CloudTrail tells who changed the policy.",
        ask=Steps(_policies, ("kms.DescribeKey", "kms.GetKeyPolicy")),
        judge=_only_through,
    ),
    Check(
        id="keys-through-stores",
        question="Do tables, stream, queues and backups work under the store keys' policies?",
        step="Compare the refused service in CloudTrail's KMS events with `_THROUGH` in deploy/stacks/keys.py.",
        ask=Steps(_stores, ("backup.ListBackupJobs", "dynamodb.DescribeTable", "lambda.ListEventSourceMappings")),
        judge=_work,
    ),
    Check(
        id="store-key-direct-refused",
        question="Is a caller with every KMS right refused who goes to a store key past its store?",
        step="Take the statement out of the key's policy that let it through.",
        ask=Steps(_past_store, ("kms.GenerateDataKeyWithoutPlaintext",)),
        judge=_refused_past,
        probe=True,
    ),
    Check(
        id="seal-context-needed",
        question="Does the seal refuse an encryption context that is not whole?",
        step="Deploy `keys` again.",
        ask=Steps(_seals, ("kms.GenerateDataKey",)),
        judge=_refused_broken,
        probe=True,
    ),
)
