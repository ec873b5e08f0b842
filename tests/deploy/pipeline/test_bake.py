"""The watch: quiet to the end is good; one alarm sends the whole wave back. The clock is a number."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

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
    from dataclasses import replace

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
    from dataclasses import replace

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
