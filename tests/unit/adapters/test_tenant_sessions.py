"""One session a tenant, handed out for fifteen minutes, and never to another."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.adapters.sts_tenant_sessions import HANDED_OUT_MS, SESSION_SECONDS, STSTenantSessions
from chalicelib.domain.errors import Refused, StoreAway
from tests.contract.aws_world import World, aws_world

ROLE = "arn:aws:iam::123456789012:role/tenants"


class Recorder:
    """A real STS client under moto that keeps what it was asked."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.asked: list[dict[str, Any]] = []

    def assume_role(self, **call: Any) -> Any:
        self.asked.append(call)
        return self._client.assume_role(**call)


@pytest.fixture
def world() -> Iterator[World]:
    with aws_world() as made:
        yield made


@pytest.fixture
def sts(world: World) -> Recorder:
    return Recorder(world.client("sts"))


class Time:
    def __init__(self) -> None:
        self.ms = int(datetime.now(UTC).timestamp() * 1000)

    def __call__(self) -> int:
        return self.ms


def sessions(sts: Any, now: Time, **more: Any) -> STSTenantSessions:
    return STSTenantSessions(sts, ROLE, now=now, **more)


def test_the_tenant_is_the_only_tag_and_stands_in_the_name(sts: Recorder) -> None:
    made = sessions(sts, Time()).session("acme")
    assert made.tenant == "acme"
    assert sts.asked == [
        {
            "RoleArn": ROLE,
            "RoleSessionName": "fumibako-acme",
            "DurationSeconds": SESSION_SECONDS,
            "Tags": [{"Key": "TenantId", "Value": "acme"}],
        }
    ]


def test_a_session_is_used_for_fifteen_minutes_and_lives_for_the_addresses_after_them(sts: Recorder) -> None:
    now = Time()
    kept = sessions(sts, now)
    first = kept.session("acme")
    now.ms += HANDED_OUT_MS - 1
    assert kept.session("acme") is first
    # An address that is signed now lives its 15 minutes within the credentials.
    assert first.ends >= now.ms + 15 * 60_000
    now.ms += 1
    assert kept.session("acme") is not first
    assert len(sts.asked) == 2


def test_tenants_never_share_a_session(sts: Recorder) -> None:
    kept = sessions(sts, Time())
    acme, rival = kept.session("acme"), kept.session("rival")
    assert acme.access_key != rival.access_key
    assert acme.token != rival.token
    assert (kept.session("acme"), kept.session("rival")) == (acme, rival)
    assert [call["Tags"][0]["Value"] for call in sts.asked] == ["acme", "rival"]


def test_as_many_are_kept_as_were_said_the_longest_unused_goes_first(sts: Recorder) -> None:
    kept = sessions(sts, Time(), kept=2)
    first = kept.session("one")
    kept.session("two")
    assert kept.session("one") is first
    kept.session("three")
    assert kept.session("one") is first
    kept.session("two")
    assert [call["Tags"][0]["Value"] for call in sts.asked] == ["one", "two", "three", "two"]


def test_many_at_once_ask_once(sts: Recorder) -> None:
    kept = sessions(sts, Time())
    start = threading.Barrier(8)
    found = []

    def ask() -> None:
        start.wait()
        found.append(kept.session("acme"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sts.asked) == 1
    assert len(set(map(id, found))) == 1
    assert kept._asking == {}


@pytest.mark.parametrize("tenant", ["", "due", "outbox", "ac*e", "acme#tr", "acme/..", "Acme", "a" * 33])
def test_what_is_no_tenant_is_never_asked_for(sts: Recorder, tenant: str) -> None:
    with pytest.raises(Refused) as refused:
        sessions(sts, Time()).session(tenant)
    assert refused.value.code == "tenant_invalid"
    assert sts.asked == []


class Broken:
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def assume_role(self, **_: Any) -> Any:
        self.calls += 1
        raise self.error


def test_an_absent_service_is_away_and_is_asked_again_the_next_time() -> None:
    broken = Broken(EndpointConnectionError(endpoint_url="nowhere"))
    kept = sessions(broken, Time())
    for _ in range(2):
        with pytest.raises(StoreAway):
            kept.session("acme")
    assert broken.calls == 2


def test_what_the_role_refuses_passes_up() -> None:
    error = ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "AssumeRole")
    with pytest.raises(ClientError):
        sessions(Broken(error), Time()).session("acme")


def test_credentials_that_end_early_are_not_handed_out_after_it() -> None:
    now = Time()

    class Short:
        def assume_role(self, **_: Any) -> Any:
            ends = datetime.fromtimestamp(now.ms / 1000, UTC) + timedelta(minutes=5)
            return {
                "Credentials": {"AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": ends}
            }

    kept = sessions(Short(), now)
    first = kept.session("acme")
    assert first.until == first.ends
    now.ms = first.ends
    assert kept.session("acme") is not first


def test_no_secret_is_shown() -> None:
    text = repr(sessions(Recorder(_Fixed()), Time()).session("acme"))
    assert "acme" in text
    assert not [secret for secret in ("ASIAKEY", "verysecret", "verylongtoken") if secret in text]


class _Fixed:
    def assume_role(self, **_: Any) -> Any:
        ends = datetime.now(UTC) + timedelta(minutes=31)
        keys = {"AccessKeyId": "ASIAKEY", "SecretAccessKey": "verysecret", "SessionToken": "verylongtoken"}
        return {"Credentials": {**keys, "Expiration": ends}}
