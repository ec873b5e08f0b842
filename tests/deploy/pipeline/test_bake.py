"""The watch: quiet to the end is good; one alarm sends the whole wave back. The clock is a number."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deploy.errors import Refused
from deploy.pipeline.alarms import ringing, watched
from deploy.pipeline.bake import Clock, Watch, bake
from deploy.pipeline.bring import bring
from deploy.stacks.alarm_table import ALARMS
from deploy.stage import load_stage
from tests.deploy.pipeline.account_world import Account


@dataclass
class Time:
    """Passes when somebody pauses; ``then`` happens at a second."""

    then: dict[float, Callable[[], object]] = field(default_factory=dict)
    seconds: float = 0

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        for at in sorted(self.then):
            if self.seconds < at <= self.seconds + seconds:
                self.then[at]()
        self.seconds += seconds


def watch(account: Account, time: Time, minutes: int = 2) -> tuple[Watch, list[str]]:
    lines: list[str] = []
    return Watch([account.site], minutes, Clock(lambda: time.seconds, time.pause), lines.append), lines


def test_quiet_to_the_end_is_good(account: Account) -> None:
    release = bring(account.site, account.release("1.0.0"))
    time = Time()
    watched_site, lines = watch(account, time)
    bake(watched_site, release)
    assert time.seconds == 120
    assert account.site.store.good(account.stage) == release.name
    assert lines == [f"dev: {release.name} is good"]


@pytest.mark.parametrize("second", [0, 45, 119, 120])
def test_an_alarm_at_any_time_sends_the_stage_back(account: Account, second: int) -> None:
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    release = bring(account.site, account.release("1.1.0"))
    time = Time({second: account.ring})
    if second == 0:
        account.ring()
    watched_site, lines = watch(account, time)
    with pytest.raises(Refused, match="wave_went_back") as refused:
        bake(watched_site, release)
    assert watched(account.stage)[0] in refused.value.detail
    assert account.parameter("deployed-version") == "1.0.0"
    assert account.site.store.good(account.stage) == good.name
    assert lines == [f"dev: back to {good.name}"]


def test_a_stage_that_can_not_go_back_is_told_apart(account: Account) -> None:
    release = bring(account.site, account.release("1.0.0"))
    account.ring()
    watched_site, lines = watch(account, Time())
    with pytest.raises(Refused, match="wave_not_back"):
        bake(watched_site, release)
    assert "[no_good_release]" in lines[0]


def test_every_stage_of_the_wave_goes_back(account: Account) -> None:
    """The first one can't; the second goes back all the same."""
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    release = bring(account.site, account.release("1.1.0"))
    stranger = replace(account.site, stage=replace(account.stage, name="other"))
    account.ring()
    lines: list[str] = []
    both = Watch([stranger, account.site], 1, Clock(lambda: 0, lambda seconds: None), lines.append)
    with pytest.raises(Refused, match="wave_not_back"):
        bake(both, release)
    assert lines[1] == f"dev: back to {good.name}"


def test_a_stage_that_aws_does_not_answer_for_keeps_no_other_from_going_back(account: Account) -> None:
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    release = bring(account.site, account.release("1.1.0"))

    def throttled(name: str, **more: object) -> object:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, f"any of {name}")

    account.ring()
    lines: list[str] = []
    silent = replace(account.site, clients=throttled)
    both = Watch([silent, account.site], 1, Clock(lambda: 0, lambda seconds: None), lines.append)
    with pytest.raises(Refused, match="wave_not_back"):
        bake(both, release)
    assert "ThrottlingException" in lines[0]
    assert lines[1] == f"dev: back to {good.name}"


class Dim:
    """CloudWatch that can't be asked at some looks, counted from 1."""

    def __init__(self, account: Account, dark: Container[int]) -> None:
        self._account, self._dark, self._looks = account, dark, 0

    def __call__(self, service: str, **more: Any) -> Any:
        if service == "cloudwatch":
            self._looks += 1
            if self._looks in self._dark:
                raise EndpointConnectionError(endpoint_url="https://monitoring.example")
        return self._account.client(service, **more)


# A watch of two minutes looks at 0, 30, 60, 90 and 120 seconds.
@pytest.mark.parametrize(("dark", "ends"), [({1, 2}, 120), ({3}, 120), ({5, 6}, 180), (range(1, 11), 300)])
def test_a_watch_that_is_blind_for_a_while_goes_on_until_it_has_seen_the_end(
    account: Account, dark: Container[int], ends: int
) -> None:
    release = bring(account.site, account.release("1.0.0"))
    time, lines = Time(), list[str]()
    site = replace(account.site, look=Dim(account, dark))
    bake(Watch([site], 2, Clock(lambda: time.seconds, time.pause), lines.append), release)
    assert time.seconds == ends
    assert lines[-1] == f"dev: {release.name} is good"
    assert "can't be read" in lines[0]


def test_what_nobody_can_see_is_not_good(account: Account) -> None:
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    release = bring(account.site, account.release("1.1.0"))
    time, lines = Time(), list[str]()
    site = replace(account.site, look=Dim(account, range(1, 12)))
    with pytest.raises(Refused, match="wave_went_back") as refused:
        bake(Watch([site], 2, Clock(lambda: time.seconds, time.pause), lines.append), release)
    assert "could not be read for 5 minutes" in refused.value.detail
    assert time.seconds == 300
    assert account.site.store.good(account.stage) == good.name
    assert account.parameter("deployed-version") == "1.0.0"


def test_alarms_that_wake_are_watched_and_no_others() -> None:
    stage = load_stage("prod")
    names = watched(stage)
    assert "fumibako-prod-service-faults-transfers" in names
    assert not [
        name for name in names for alarm in ALARMS if not alarm.wake and name.startswith(f"fumibako-prod-{alarm.name}")
    ]


def test_an_alarm_that_is_quiet_again_does_not_ring(account: Account) -> None:
    cloudwatch = account.client("cloudwatch")
    assert ringing(cloudwatch, account.stage) == []
    name = account.ring()
    assert ringing(cloudwatch, account.stage) == [name]
    account.ring("OK")
    assert ringing(cloudwatch, account.stage) == []
