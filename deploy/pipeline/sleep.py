"""A stage of development at night: no container runs, no queue is polled, no schedule begins, no alarm wakes anybody. What waits, waits.

Queues keep messages for days and the stream for 24 hours (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html), so a
night loses nothing; a week-end would lose what the outbox's relay has not read, and the relay is therefore left awake.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from deploy.account import Clients
from deploy.before import refuse_held
from deploy.errors import Refused
from deploy.names import asleep_parameter
from deploy.pipeline.alarms import watched
from deploy.stage import Stage
from deploy.stilling.standstill import Standstill
from deploy.stilling.switches import Containers, Rules, Sources, Switches, Timers

# It reads the stream, which forgets after a day.
AWAKE: Final = ("relay_outbox",)
_AT_ONCE: Final = 100


class Alarms:
    """The alarms that wake somebody, as one switch: CloudWatch takes a hundred names at once."""

    def __init__(self, clients: Clients, stage: Stage) -> None:
        self._client = clients("cloudwatch")
        self._names = watched(stage)

    def standing(self) -> dict[str, Any]:
        return {"that wake": True}

    def off(self, name: str, stood: Any) -> None:  # noqa: ARG002  # there is one
        self._set(self._client.disable_alarm_actions)

    def on(self, name: str, stood: Any) -> None:  # noqa: ARG002  # there is one
        self._set(self._client.enable_alarm_actions)

    def _set(self, change: Callable[..., Any]) -> None:
        for first in range(0, len(self._names), _AT_ONCE):
            change(AlarmNames=self._names[first : first + _AT_ONCE])


class Night(Standstill):
    """Alarms are quiet first, and wake last."""

    def __init__(self, clients: Clients, stage: Stage, pause: Callable[[float], None]) -> None:
        kinds: dict[str, Switches] = {
            "alarms": Alarms(clients, stage),
            "containers": Containers(clients, stage),
            "schedules": Rules(clients, stage),
            "reports": Timers(clients, stage),
            "sources": Sources(clients, stage, awake=AWAKE),
        }
        super().__init__(clients("ssm"), asleep_parameter(stage), kinds, pause)
        self.kinds = tuple(kinds)


def sleep(clients: Clients, stage: Stage, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Put it to sleep; gives a line for each thing. Repeating it changes nothing more. ``pause`` waits while AWS is at an earlier change.

    Raises Refused: never_sleeps (production), stage_held, hold_unreadable, switch_busy, being_released.
    """
    if stage.name.startswith("prod"):
        raise Refused("never_sleeps", f"Stage `{stage.name}` is production.", "Name a stage of development.")
    refuse_held(clients("ssm"), stage)
    night = Night(clients, stage, pause)
    note = night.off(night.kinds)
    return [f"off: {kind} {name}" for kind, names in note.was.items() for name in names]


def wake(clients: Clients, stage: Stage, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """As it was before; gives a line for each thing. Raises Refused: not_asleep, stage_held, hold_unreadable, switch_busy."""
    refuse_held(clients("ssm"), stage)
    night = Night(clients, stage, pause)
    note = night.note()
    if note is None:
        raise Refused("not_asleep", f"Stage `{stage.name}` is not asleep.", "Nothing is to be done.")
    gone = set(night.on())
    named = [f"{kind} {name}" for kind, names in note.was.items() for name in names]
    return [f"{'gone meanwhile' if one in gone else 'on'}: {one}" for one in named]
