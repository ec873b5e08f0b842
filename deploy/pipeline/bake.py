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
    while True:
        loud = {site.stage.name: ringing(site.look("cloudwatch"), site.stage) for site in watch.sites}
        if any(loud.values()):
            _all_back(watch, loud)
        # Looked at once more at the very end: an alarm may have rung during the last pause.
        if watch.clock.now() >= end:
            break
        watch.clock.pause(min(PAUSE_SECONDS, end - watch.clock.now()))
    for site in watch.sites:
        site.store.note_good(site.stage, release)
        watch.say(f"{site.stage.name}: {release.name} is good")


def _all_back(watch: Watch, loud: dict[str, list[str]]) -> None:
    told = "; ".join(f"{stage}: {', '.join(names)}" for stage, names in sorted(loud.items()) if names)
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
            f"Alarms ring ({told}), and not gone back: {', '.join(failed)}.",
            "A person is needed now: docs/cloud/pipeline.md says how to go back by hand.",
        )
    raise Refused(
        "wave_went_back",
        f"Alarms rang ({told}); every stage of the wave runs its last good release again.",
        "Find the cause by the alarm's page in docs/operations/alarms, mend it, and let a new release begin.",
    )
