"""The usage report's state machine, run by an emulator over a table as the stacks make it.

The emulator's Step Functions put no objects into S3, so that one task writes the same key and body into a table instead; its own arguments are [P usage-reported].
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.usage import Usage
from chalicelib.stores.tenant_store import TENANTS
from chalicelib.stores.usage_store import usage_key
from deploy.box.emulator import Emulator
from deploy.names import records_table
from deploy.stacks import reporting_machine
from deploy.stage import load_stage

pytestmark = pytest.mark.slow
STAGE = load_stage("box")
TABLE = records_table(STAGE)
REPORTS = "reports"
PATIENCE = 60.0


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(tmp_path, region=STAGE.region, account=STAGE.account) as started:
        _table(started, TABLE, {"pk": "HASH", "sk": "RANGE"})
        _table(started, REPORTS, {"key": "HASH"})
        yield started


def _table(emulator: Emulator, name: str, keys: dict[str, str]) -> None:
    emulator.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def definition() -> dict[str, Any]:
    """The machine, with the one task replaced that the emulator does not know."""
    made = reporting_machine.usage_report(STAGE, REPORTS)
    states = made["States"]["Each tenant"]["ItemProcessor"]["States"]
    asked = states["Write"]["Arguments"]
    members = ", ".join(f"'{name}': {text[2:-2].strip()}" for name, text in asked["Body"].items())
    item = {"key": {"S": asked["Key"]}, "body": {"S": f"{{% $string({{{members}}}) %}}"}}
    states["Write"] |= {
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem",
        "Arguments": {"TableName": REPORTS, "Item": item},
    }
    return made


def reports(emulator: Emulator) -> dict[str, Any]:
    """Key -> body of every report."""
    items = emulator.client("dynamodb").scan(TableName=REPORTS)["Items"]
    return {one["key"]["S"]: json.loads(one["body"]["S"]) for one in items}


def put(emulator: Emulator, pk: str, sk: str, body: Any) -> None:
    item = {"pk": {"S": pk}, "sk": {"S": sk}, "v": {"N": "1"}, "b": {"S": json.dumps(body)}}
    emulator.client("dynamodb").put_item(TableName=TABLE, Item=item)


def run(emulator: Emulator, asked: dict[str, Any]) -> dict[str, Any]:
    steps = emulator.client("stepfunctions")
    machine = steps.create_state_machine(
        name="usage", definition=json.dumps(definition()), roleArn=f"arn:aws:iam::{STAGE.account}:role/usage"
    )["stateMachineArn"]
    execution = steps.start_execution(stateMachineArn=machine, input=json.dumps(asked))["executionArn"]
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = steps.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_tenant_of_every_page_gets_a_file_of_that_day(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_machine, "PAGE", 2)
    tenants = ["acme", "beta", "corp", "idle", "zeta"]
    for number, tenant in enumerate(tenants):
        put(emulator, TENANTS, tenant, {})
        if tenant != "idle":
            key = usage_key(tenant, "2026-02-02", None)
            put(emulator, key.pk, key.sk, asdict(Usage(transfers=number + 1, bytes=7)))
        other = usage_key(tenant, "2026-02-03", None)
        put(emulator, other.pk, other.sk, asdict(Usage(transfers=99)))
    ended = run(emulator, {"at": "2026-02-03T00:30:00Z", "back": 1})
    assert ended["status"] == "SUCCEEDED", ended
    told = reports(emulator)
    assert sorted(told) == [f"usage/2026-02-02/{tenant}.json" for tenant in tenants if tenant != "idle"]
    usage = asdict(Usage(transfers=2, bytes=7))
    assert told["usage/2026-02-02/beta.json"] == {"tenant": "beta", "day": "2026-02-02", "usage": usage}


def test_a_stage_without_tenants_is_reported_too(emulator: Emulator) -> None:
    ended = run(emulator, {"at": "2026-03-01T00:50:00Z", "back": 3})
    assert ended["status"] == "SUCCEEDED", ended
    assert reports(emulator) == {}
