"""The auth service over SQLite, a keyring file and Argon2id, with real threads: what guarded writes promise."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from chalicelib.adapters.argon2_secret_hash import Argon2SecretHash
from chalicelib.adapters.keyring_key_store import KeyringKeyStore
from chalicelib.adapters.keyring_master import KeyFileMaster
from chalicelib.adapters.sql_engine import make_engine
from chalicelib.adapters.sql_event_bus import SQLEventBus
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.adapters.sql_schema import upgrade
from chalicelib.adapters.system_ids import SystemIds
from chalicelib.domain.errors import Refused
from chalicelib.use_cases.accounts.bootstrap_admin import bootstrap_admin
from tests.fakes.clock import NEW_YEAR
from tests.fakes.context import FakeContext
from tests.service.auth.office import ADMIN, Answer, Office

CROWD = 8


class RealOffice(Office):
    """Codes are read from what the bus delivers to notifications."""

    def mailed(self, event_type: str) -> dict[str, Any]:
        while self.ctx.bus.pump(100):
            pass
        deliveries = self.ctx.bus.receive("notifications", limit=100, lease_ms=1)
        event = [one.event for one in deliveries if one.event.type == event_type][-1]
        self.ctx.clock.advance(1)
        opened = self.ctx.keys.open(
            event.sealed["notifications"], tenant=event.tenant, purpose="event-notifications", context=event.id
        )
        return dict(json.loads(opened))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[RealOffice]:
    engine = make_engine(f"sqlite:///{tmp_path}/records.db")
    upgrade(engine)
    ctx: Any = FakeContext()
    ctx.records = SQLRecordStore(engine)
    ctx.bus = SQLEventBus(engine, ctx.clock)
    ctx.keys = KeyringKeyStore.create(str(tmp_path / "keyring.json"), KeyFileMaster(b"m" * 32), now=NEW_YEAR)
    ctx.hashes = Argon2SecretHash(memory=1_024, passes=1)
    ctx.ids = SystemIds()
    yield RealOffice(ctx)
    engine.dispose()


def at_once(act: Callable[[int], Answer], count: int = CROWD) -> list[Answer]:
    """Run ``act`` in as many threads, all let go at the same moment."""
    barrier = Barrier(count)

    def run(number: int) -> Answer:
        barrier.wait(timeout=30)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_sign_in_guest_and_refresh_work_on_real_stores(office: RealOffice) -> None:
    tokens = office.login()
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert office.call("POST", "/v1/token", body).status == 200
    guest = office.guest(office.link(office.transfer()))
    assert office.call("GET", "/v1/me", token=guest["access_token"]).body["kind"] == "guest"


def test_of_many_guesses_at_once_five_are_compared(office: RealOffice) -> None:
    token = office.link(office.transfer())
    challenge = office.call("POST", "/v1/links/challenge", {"token": token}).body["challenge"]
    right = office.mailed("challenge.issued.v1")["code"]
    guesses = [f"{(int(right) + 1 + number) % 10**8:08d}" for number in range(12)]

    def guess(number: int) -> Answer:
        body = {"token": token, "challenge": challenge, "code": guesses[number]}
        return office.call("POST", "/v1/links/verify", body)

    answers = at_once(guess, len(guesses))
    codes = [one.code for one in answers]
    assert codes.count("code_wrong") <= 4
    assert set(codes) <= {"code_wrong", "code_spent"}
    final = office.call("POST", "/v1/links/verify", {"token": token, "challenge": challenge, "code": right})
    assert final.code == "code_spent"


def test_a_right_code_sent_twice_at_once_opens_one_session(office: RealOffice) -> None:
    token = office.link(office.transfer())
    challenge = office.call("POST", "/v1/links/challenge", {"token": token}).body["challenge"]
    body = {"token": token, "challenge": challenge, "code": office.mailed("challenge.issued.v1")["code"]}
    answers = at_once(lambda _: office.call("POST", "/v1/links/verify", body), 2)
    assert sorted(one.status for one in answers) == [200, 401]


def test_tabs_that_renew_at_once_share_one_successor(office: RealOffice) -> None:
    first = office.login()["refresh_token"]
    body = {"grant_type": "refresh_token", "refresh_token": first}
    answers = at_once(lambda _: office.call("POST", "/v1/token", body))
    assert {one.status for one in answers} == {200}
    assert len({one.body["refresh_token"] for one in answers}) == 1


def test_two_set_ups_make_one_admin(office: RealOffice) -> None:
    with pytest.raises(Refused) as refused:
        bootstrap_admin(office.ctx, office.tenant, email="second@example.co.jp", name="Second")
    assert refused.value.code == "bootstrap_done"


def test_two_admins_cannot_remove_each_other_at_once(office: RealOffice) -> None:
    token = office.token()
    invite = {"email": "second@example.co.jp", "name": "Second", "roles": ["admin"]}
    second = office.call("POST", "/v1/members", invite, token=token).body
    password = "four unrelated words here"
    accept = {"token": second["invitation_token"], "password": password}
    assert office.call("POST", "/v1/members/accept", accept).status == 204
    sign_in = {"email": invite["email"], "password": password, "client": "cli"}
    tokens = [token, office.call("POST", "/v1/login", sign_in).body["access_token"]]
    targets = [second["id"], office.admin_id()]
    at_once(lambda n: office.call("DELETE", f"/v1/members/{targets[n]}", token=tokens[n]), 2)
    left = [office.call("GET", "/v1/members", token=one).status for one in tokens]
    assert sorted(left) == [200, 401]


def test_guesses_at_once_are_all_counted(office: RealOffice) -> None:
    bad = {"email": ADMIN, "password": "wrong", "client": "cli"}
    answers = at_once(lambda _: office.call("POST", "/v1/login", bad), 12)
    codes = [one.code for one in answers]
    assert codes.count("sign_in_failed") <= 5
    assert set(codes) <= {"sign_in_failed", "too_many_attempts"}
