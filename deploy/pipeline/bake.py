"""The watch after a wave: its alarms, for its minutes. One that rings sends every stage of the wave back, and no later wave begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from deploy.errors import Refused
from deploy.pipeline.alarms import ringing
from deploy.pipeline.bring import Site, back
from deploy.supply.release import Release

PAUSE_SECONDS: Final = 30.0
# Looks in a row that CloudWatch may refuse: five minutes. Longer than that nobody knows whether the release is good.
MOST_UNSEEN: Final = 10
Say = Callable[[str], object]


@dataclass(frozen=True)
class Clock:
    """Seconds from any beginning, and a way to let some pass."""

    now: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(frozen=True)
class Watch:
    """What is watched. ``minutes`` count from the moment that it begins."""

    sites: Sequence[Site]
    minutes: int
    clock: Clock
    say: Say


def bake(watch: Watch, release: Release) -> None:
    """Watch to the end and note the release as good for every stage; or go back everywhere and raise Refused("wave_went_back")."""
    end = watch.clock.now() + watch.minutes * 60
    unseen = 0
    while True:
        loud, seen = _look(watch)
        unseen = 0 if seen else unseen + 1
        if any(loud.values()) or unseen > MOST_UNSEEN:
            _all_back(watch, loud)
        # Looked at once more at the very end: an alarm may have rung during the last pause, or while nobody could see it.
        left = end - watch.clock.now()
        if left <= 0 and seen:
            break
        watch.clock.pause(min(PAUSE_SECONDS, left) if left > 0 else PAUSE_SECONDS)
    for site in watch.sites:
        site.store.note_good(site.stage, release)
        watch.say(f"{site.stage.name}: {release.name} is good")


def _look(watch: Watch) -> tuple[dict[str, list[str]], bool]:
    """Stage -> alarms that ring, and whether every stage could be seen."""
    loud: dict[str, list[str]] = {}
    seen = True
    for site in watch.sites:
        try:
            loud[site.stage.name] = ringing(site.look("cloudwatch"), site.stage)
        except (BotoCoreError, ClientError, OSError) as error:
            seen = False
            watch.say(f"{site.stage.name}: its alarms can't be read, looking again: {error}")
    return loud, seen


def _all_back(watch: Watch, loud: dict[str, list[str]]) -> None:
    told = "; ".join(f"{stage}: {', '.join(names)}" for stage, names in sorted(loud.items()) if names)
    told = told or f"could not be read for {MOST_UNSEEN * PAUSE_SECONDS / 60:.0f} minutes"
    failed = []
    for site in watch.sites:
        # A stage that can't go back must not keep the others from it.
        try:
            watch.say(f"{site.stage.name}: back to {back(site).name}")
        except Refused as refused:
            failed.append(site.stage.name)
            watch.say(f"{site.stage.name}: {refused.detail} [{refused.code}]")
        except (BotoCoreError, ClientError, OSError) as error:
            failed.append(site.stage.name)
            watch.say(f"{site.stage.name}: {error}")
    if failed:
        raise Refused(
            "wave_not_back",
            f"Alarms: {told}. Not gone back: {', '.join(failed)}.",
            "A person is needed now: docs/cloud/pipeline.md says how to go back by hand.",
        )
    raise Refused(
        "wave_went_back",
        f"Alarms: {told}. Every stage of the wave runs its last good release again.",
        "Find the cause by the alarm's page in docs/operations/alarms, mend it, and let a new release begin.",
    )
