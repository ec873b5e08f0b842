"""What people do works under their tenant's roles, sign-in and links included, and what is left to the functions is nothing of a tenant's.

The four real services over DynamoDB, S3 and KMS; the model of IAM stands before every call.
"""

from base64 import b32decode
from collections.abc import Iterator
from typing import Final

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.totp import step_of, totp
from chalicelib.ports.record_store import Key
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
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
FILES = {"見積書.txt": b"one", "b.txt": b"two two"}


@pytest.fixture
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudWorld]:
    with cloud_world(tmp_path_factory.mktemp("cloud")) as made:
        yield made


def of_functions(cloud: CloudWorld, service: str = "dynamodb") -> list[Call]:
    """Calls of requests that had the rights of a function itself."""
    return [call for call in cloud.account.calls if call.serving and not call.tenant and call.service == service]


def of_no_tenant(call: Call) -> bool:
    """The clock's mark, a host, the rate of an address, or whether a tenant is there."""
    keys = str(call.parameters)
    return any(f"'{word}#" in keys for word in ("clock", "host", "lease")) or "#tenant'" in keys


def test_a_transfer_from_create_to_the_guests_disk(cloud: CloudWorld) -> None:
    admin = sign_in(cloud, ADMIN, cloud.new_tenant("acme", BASE, ADMIN))["access_token"]
    invite(cloud, admin, HANAKO)
    hanako = sign_in(cloud, HANAKO, PASSWORD)["access_token"]
    made = parcel.send(cloud, hanako, FILES, recipients=[{"email": SOTO}], hold_minutes=0)
    guest = prove(cloud, mailed_link(cloud, SOTO), SOTO)["access_token"]
    assert parcel.fetch(cloud, guest, made.id) == FILES
    assert cloud.account.refused == []
    assert [call for call in of_functions(cloud) if not of_no_tenant(call)] == []
    assert of_functions(cloud, "s3") == []
    assert {call.tenant for call in cloud.account.calls} == {"", "acme"}
    # One session for each service that was asked.
    assert [call.serving for call in cloud.account.calls if call.operation == "AssumeRole"] == ["auth", "transfers"]


def test_a_sign_in_and_a_link_act_for_their_tenant_before_anybody_is_known(cloud: CloudWorld) -> None:
    admin = sign_in(cloud, ADMIN, cloud.new_tenant("acme", BASE, ADMIN))["access_token"]
    invite(cloud, admin, HANAKO)
    hanako = sign_in(cloud, HANAKO, PASSWORD)["access_token"]
    parcel.send(cloud, hanako, FILES, recipients=[{"email": SOTO}], hold_minutes=0)
    cloud.account.calls.clear()
    prove(cloud, mailed_link(cloud, SOTO), SOTO)
    sign_in(cloud, HANAKO, PASSWORD)
    assert cloud.account.refused == []
    served = [call for call in cloud.account.calls if call.serving]
    assert {call.tenant for call in served if "#link#" in str(call.parameters)} == {"acme"}
    assert {call.tenant for call in served if "#attempts#" in str(call.parameters)} == {"acme"}
    assert [call for call in of_functions(cloud) if not of_no_tenant(call)] == []


def test_strangers_make_nobody_ask_for_tenants_that_are_not_there(cloud: CloudWorld) -> None:
    """A bearer value names a tenant; one that does not exist costs a look, no session, and answers as a wrong secret does."""
    cloud.new_tenant("acme", BASE, ADMIN)
    cloud.account.calls.clear()
    secret = "A" * 27
    answers = {
        tenant: [
            cloud.call("POST", "/auth/v1/links/look", {"token": f"{tenant}.{secret}"}),
            cloud.call(
                "POST", "/auth/v1/token", {"grant_type": "refresh_token", "refresh_token": f"{tenant}.{secret}"}
            ),
            cloud.call("POST", "/auth/v1/members/accept", {"token": f"{tenant}.{secret}", "password": PASSWORD}),
            cloud.call(
                "POST",
                "/auth/v1/token",
                {"grant_type": "client_credentials", "client_id": f"{tenant}.sa_1", "client_secret": secret},
            ),
            cloud.call("POST", "/auth/v1/token", {"grant_type": DEVICE, "device_code": f"{tenant}.{secret}"}),
        ]
        for tenant in ("acme", "nobody", "another-one", "host")
    }
    said = {tenant: [(one.status, one.code) for one in some] for tenant, some in answers.items()}
    assert said["nobody"] == said["another-one"] == said["host"] == said["acme"]
    assert {status for status, _ in said["acme"]} <= {400, 401, 404, 410}
    assert [call.parameters["Tags"][0]["Value"] for call in cloud.account.calls if call.operation == "AssumeRole"] == [
        "acme"
    ]
    assert cloud.account.refused == []


def test_code_that_reaches_for_another_tenant_meets_the_wall(cloud: CloudWorld) -> None:
    """As if every check of ours had failed: the ports of acme's request are asked for what is rival's."""
    cloud.new_tenant("acme", BASE, ADMIN)
    cloud.new_tenant("rival", "https://files.rival.example", "boss@rival.example")
    ports = cloud.processes["transfers"].of("acme")
    assert ports.records.get(Key("acme#tenant", "tenant")) is not None
    for reach in (
        lambda: ports.records.get(Key("rival#tenant", "tenant")),
        lambda: ports.records.get_many([Key("acme#tenant", "tenant"), Key("rival#tenant", "tenant")]),
        lambda: ports.records.query("rival#members"),
        lambda: ports.records.get(Key("acme#audit", "x")),
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
    (*rows_transfers.ROWS, *rows_rest.ROWS, *rows_auth.ROWS),
    # Sign-outs and removals last: they take away with what the others are asked.
    key=lambda row: (row.path.startswith("/auth"), row.path.endswith("/logout"), ORDER.index(row.method)),
)


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
def test_everybody_does_everything_and_nothing_that_is_needed_is_refused(cloud: CloudWorld) -> None:
    cast = assembled(cloud)
    soto = cast.tokens["soto"]
    assert parcel.fetch(cloud, str(soto), cast.transfers["ready"].id)
    what_the_cast_leaves_out(cast, cloud)
    failed = [asked for row in ROWS for asked in everything(cast, row) if asked[1] >= 500]
    assert failed == []
    after_the_end(cast, cloud)
    assert cloud.account.refused == []
    assert [call for call in of_functions(cloud) if not of_no_tenant(call)] == []
    for call in cloud.account.calls:
        assert call.tenant in ("", call.acting), "a request used another tenant's session"
