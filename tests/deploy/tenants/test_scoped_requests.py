"""What signed-in people do works under their tenant's role alone, and nothing of it reaches another tenant.

The four real services over DynamoDB, S3 and KMS; the model of IAM stands before every call.
"""

from base64 import b32decode
from collections.abc import Iterator
from typing import Final

import pytest
from botocore.exceptions import ClientError

from chalicelib import bootstrap
from chalicelib.domain.totp import step_of, totp
from chalicelib.ports.record_store import Key
from chalicelib.use_cases.acting_tenant import acting_for
from tests.deploy.tenants.cloud_world import RECORDS, CloudWorld, cloud_world
from tests.deploy.tenants.guarded_account import Call
from tests.service.matrix import rows_auth, rows_rest, rows_transfers
from tests.service.matrix.rows import Row
from tests.service.matrix.test_matrix import ask
from tests.service.support import parcel
from tests.service.support.caller import mailed_link
from tests.service.support.cast import Cast, assembled
from tests.service.support.people import PASSWORD, invite, prove, sign_in
from tests.service.support.world import ADMIN, BASE

HANAKO, SOTO, MINUTE = "hanako@acme.example", "soto@example.com", 60_000
FILES = {"見積書.txt": b"one", "b.txt": b"two two"}
# What a request may ask of AWS with the rights of the function itself: nothing that belongs to a tenant.
OF_THE_PROCESS: Final = frozenset(("sts:AssumeRole", "kms:GenerateMac", "kms:GetPublicKey", "kms:Sign"))
# An admin's "send again": dead letters lie in queues, which know no tenants; each letter's own tenant is judged.
DEAD_LETTERS: Final = "sqs"


@pytest.fixture
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudWorld]:
    with cloud_world(tmp_path_factory.mktemp("cloud")) as made:
        yield made


def beside_the_tenants_role(cloud: CloudWorld) -> list[Call]:
    """Calls of signed-in requests that had the process's rights, but for those that have no tenant."""
    return [
        call
        for call in cloud.account.calls
        if call.acting
        and not call.tenant
        and call.name not in OF_THE_PROCESS
        and call.service != DEAD_LETTERS
        and not _of_the_clock(call)
    ]


def _of_the_clock(call: Call) -> bool:
    return call.service == "dynamodb" and "'clock#'" in str(call.parameters) and "#tr#" not in str(call.parameters)


def test_a_transfer_from_create_to_the_guests_disk(cloud: CloudWorld) -> None:
    admin = sign_in(cloud, ADMIN, cloud.new_tenant("acme", BASE, ADMIN))["access_token"]
    invite(cloud, admin, HANAKO)
    hanako = sign_in(cloud, HANAKO, PASSWORD)["access_token"]
    made = parcel.send(cloud, hanako, FILES, recipients=[{"email": SOTO}], hold_minutes=0)
    guest = prove(cloud, mailed_link(cloud, SOTO), SOTO)["access_token"]
    assert parcel.fetch(cloud, guest, made.id) == FILES
    assert cloud.account.refused == []
    assert beside_the_tenants_role(cloud) == []
    assert {call.tenant for call in cloud.account.calls} == {"", "acme"}
    assert len([call for call in cloud.account.calls if call.operation == "AssumeRole"]) == 1


def test_code_that_reaches_for_another_tenant_meets_the_wall(cloud: CloudWorld) -> None:
    """As if every check of ours had failed: the ports of acme's request are asked for what is rival's."""
    cloud.new_tenant("acme", BASE, ADMIN)
    cloud.new_tenant("rival", "https://files.rival.example", "boss@rival.example")
    with acting_for("acme"):
        ports = bootstrap.context()
    assert ports.records.get(Key("acme#tenant", "tenant")) is not None
    for reach in (
        lambda: ports.records.get(Key("rival#tenant", "tenant")),
        lambda: ports.records.get_many([Key("acme#tenant", "tenant"), Key("rival#tenant", "tenant")]),
        lambda: ports.records.query("rival#members"),
        lambda: ports.records.query("outbox#0"),
        lambda: ports.records.get(Key("host#files.rival.example", "host")),
        lambda: ports.wrapped_keys.query("rival#key#tr_1"),
    ):
        with pytest.raises(Exception, match="AccessDenied"):
            reach()
    raw = ports.records._connection.client  # type: ignore[attr-defined]
    with pytest.raises(ClientError, match="AccessDenied"):
        raw.scan(TableName=RECORDS)


ORDER: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROWS: Final = sorted(
    (row for row in (*rows_transfers.ROWS, *rows_rest.ROWS, *rows_auth.ROWS) if not row.open),
    # Sign-outs and removals last: they take away with what the others are asked.
    key=lambda row: (row.path.startswith("/auth"), row.path.endswith("/logout"), ORDER.index(row.method)),
)
# What a real account needs and moto never asks for.
BY_THE_STORES: Final = "StoresKeysThroughTheStores"


def everything(cast: Cast, row: Row) -> Iterator[tuple[str, int]]:
    """(who asked what, status) of every request of a row by those who have a right to it."""
    if not row.probes:
        for token in ("owner", "admin", "soto", "robot", "rival"):
            yield f"{row} by {token}", ask(cast, row, token, (row.path, row.body)).status
    for probe in row.probes:
        ids = probe.ids(cast)
        for token, kinds in probe.reach.items():
            for kind in sorted(kinds)[:2]:
                yield f"{row} by {token} of {kind}", ask(cast, row, token, probe.build(cast, ids[kind])).status


def what_the_cast_leaves_out(cast: Cast, cloud: CloudWorld) -> None:
    """A file of several parts, a second factor, the audit's personal part."""
    parcel.send(cloud, cast.hanako, {"big.bin": bytes(17 * 1024**2)}, recipients=[{"email": SOTO}], hold_minutes=0)
    cloud.settle()
    cloud.scheduled("form_audit_blocks")
    assert cloud.call("GET", "/reporting/v1/audit", token=cast.admin).status == 200
    taro = cast.tokens["colleague"]
    secret = cloud.call("POST", "/auth/v1/totp", token=taro).body["secret"]
    raw = b32decode(secret + "=" * (-len(secret) % 8))
    code = {"code": totp(raw, step_of(cloud.ctx.clock.now_ms()))}
    assert cloud.call("POST", "/auth/v1/totp/confirm", code, token=taro).status == 200


def after_the_end(cast: Cast, cloud: CloudWorld) -> None:
    """Whom it went to is shown when all else is gone. S3 takes a signed PUT until its address ends, so that comes a while after the recall."""
    admin = sign_in(cloud, ADMIN, cast.passwords["admin"])["access_token"]
    gone = cast.ready(admin, "late@example.com").path
    assert cloud.call("DELETE", gone, token=admin).status == 202
    cloud.settle()
    for minutes in (24, 1):
        cloud.pass_time(minutes * MINUTE)
    again = sign_in(cloud, ADMIN, cast.passwords["admin"])["access_token"]
    shown = cloud.call("GET", gone, token=again).body
    assert (shown["state"], shown["recipients"][0]["email"]) == ("destroyed", "late@example.com")


@pytest.mark.slow
def test_everybody_does_everything_and_the_role_is_neither_too_narrow_nor_too_wide(cloud: CloudWorld) -> None:
    cast = assembled(cloud)
    soto = cast.tokens["soto"]
    assert parcel.fetch(cloud, str(soto), cast.transfers["ready"].id)
    what_the_cast_leaves_out(cast, cloud)
    failed = [asked for row in ROWS for asked in everything(cast, row) if asked[1] >= 500]
    assert failed == []
    after_the_end(cast, cloud)
    assert cloud.account.refused == []
    assert beside_the_tenants_role(cloud) == []
    granted = {
        (statement["Sid"], action)
        for statement in cloud.account.permissions["Statement"]
        if statement["Sid"] != BY_THE_STORES
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert granted - cloud.account.used == set(), "nobody needs these"
    opened = {
        call.parameters["EncryptionContext"]["purpose"]
        for call in cloud.account.calls
        if call.tenant and call.name == "kms:Decrypt"
    }
    (opening,) = [one for one in cloud.account.permissions["Statement"] if one["Sid"].startswith("OpenForOwn")]
    assert opened == set(opening["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"])
    for call in cloud.account.calls:
        assert call.tenant in ("", call.acting), "a request used another tenant's session"
