"""Two runtimes over one PostgreSQL and one directory, behind one address: what must hold across both, and when one of them is killed."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.support.balancer import Balancer
from tests.e2e.support.install import Install
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.runtime import Runtime
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.postgresql import Cluster, postgresql_cluster

__all__ = ["postgresql_cluster"]

MIB = 1 << 20
TRANSFERS = "/transfers/v1/transfers"
pytestmark = [pytest.mark.slow, pytest.mark.root]


@dataclass
class Pair:
    """Two runtimes with addresses of their own; ``install.url`` leads to both."""

    install: Install
    one: Runtime
    other: Runtime

    def token(self) -> dict[str, str]:
        """An access token for bare requests."""
        return {"Authorization": f"Bearer {self.install.api().credentials.access_token}"}


@pytest.fixture
def pair(postgresql_cluster: Cluster, tmp_path: Path) -> Iterator[Pair]:
    names = [f"{kind}_{uuid.uuid4().hex[:12]}" for kind in ("records", "keys")]
    records, keys = (postgresql_cluster.create_database(name) for name in names)
    settings = {"STORE": "postgresql", "DATABASE_URL": records, "WRAPPED_KEYS_URL": keys, "EVENT_LEASE_SECONDS": "3"}
    ports = [reserved_port(), reserved_port()]
    with Install(tmp_path, **settings) as install, Balancer(install.port, ports):
        install.init()
        one, other = (
            install.serve(name=f"runtime-{port}", url=f"http://127.0.0.1:{port}", LISTEN_PORT=str(port))
            for port in ports
        )
        yield Pair(install, one, other)
    for name in names:
        postgresql_cluster.drop_database(name)


def test_when_one_is_killed_in_mid_upload_the_client_goes_on_with_the_other(pair: Pair, tmp_path: Path) -> None:
    install, member = pair.install, pair.install.member()
    source = tmp_path / "source.bin"
    source.write_bytes(uuid.uuid4().bytes * (640 * MIB // 16))
    to = ("--to", "g@partner.example", "--hold", "0", "--expires", "1h", "--proof", "link")
    command = member.start("send", str(source), *to)
    try:
        wait_for(lambda: _whole_parts(install.data / "blobs") >= 3, "some parts are in", pause=0.005)
        pair.one.kill()
        assert command.poll() is None
        _, error = command.communicate(timeout=120)
    finally:
        command.kill()
    assert command.returncode == 0, error
    [got] = install.guest().json("get", install.link_for("g@partner.example"), "-o", str(tmp_path / "out"))["files"]
    assert Path(got["path"]).read_bytes() == source.read_bytes()


def _whole_parts(blobs: Path) -> int:
    """Parts that have their name: those are promised to the client."""
    return sum(1 for path in blobs.rglob("*") if path.is_file() and path.stat().st_size > MIB)


def test_a_creating_call_given_to_both_makes_one_transfer(pair: Pair) -> None:
    body: dict[str, Any] = {
        "class": "managed",
        "files": [{"name": "f", "size": 10}],
        "recipients": [{"email": "g@partner.example"}],
        "expires_in_minutes": 60,
    }
    headers = {**pair.token(), "Idempotency-Key": "the-same"}
    answers: list[httpx.Response] = []

    def create(url: str) -> None:
        answers.append(httpx.post(url + TRANSFERS, json=body, headers=headers, timeout=30))

    threads = [threading.Thread(target=create, args=(one.url,)) for one in (pair.one, pair.other) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    assert 201 in statuses
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    listed = httpx.get(pair.other.url + TRANSFERS, params={"box": "sent"}, headers=pair.token()).json()["items"]
    assert len(listed) == 1
    changed = httpx.post(pair.other.url + TRANSFERS, json={**body, "title": "other"}, headers=headers, timeout=30)
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")


def test_wrong_passwords_given_to_both_are_counted_together(pair: Pair) -> None:
    body = {"email": pair.install.first["email"], "password": "wrong", "client": "cli"}
    turns = [(pair.one if number % 2 else pair.other).url for number in range(8)]
    # A balancer leaves the name that was asked for as it is; by it a tenant is known.
    host = {"Host": pair.install.url.partition("//")[2]}
    codes = [httpx.post(f"{url}/auth/v1/login", json=body, headers=host, timeout=30).json()["code"] for url in turns]
    assert codes == ["sign_in_failed"] * 5 + ["too_many_attempts"] * 3


def test_both_work_and_every_mail_and_certificate_is_made_once(pair: Pair, tmp_path: Path) -> None:
    install = pair.install
    member, api = install.member(), install.api()
    (tmp_path / "f").write_bytes(b"small")
    ids = []
    for number in range(6):
        to = ("--to", f"g{number}@partner.example", "--hold", "0", "--expires", "1h")
        ids.append(member.json("send", str(tmp_path / "f"), *to)["id"])
    for number, transfer in enumerate(ids):
        judge.wait_for_state(api, transfer, ("ready",), seconds=60)
        judge.require_mailed(install, f"g{number}@partner.example", seconds=60)
        member.run("recall", transfer)
    for number, transfer in enumerate(ids):
        judge.wait_for_state(api, transfer, ("destroyed",), seconds=60)
        judge.require_certificate(install, api, transfer, "revoked", seconds=60)
        mails = [one.id for one in install.letters(f"g{number}@partner.example")]
        assert len(mails) == len(set(mails)), "the same mail twice, though nothing was killed"
    assert pair.one.stop() == 0
    assert pair.other.stop() == 0
