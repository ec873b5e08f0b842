"""What looks for work whether there is any or not: schedules of functions, and what Lambda asks of queues on our behalf."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.cost.durations import OWN_SECONDS, memory_gb, seconds_of
from deploy.cost.lines import GB, MINUTES, Line
from deploy.cost.recording import Recording
from deploy.cost.usage import LOG_BYTES

# Lambda keeps five long polls of 20 seconds at each queue
# (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
POLLS: Final = 5 * 3 * MINUTES
ASKING: Final = "asking empty queues"
# Each run of a schedule writes two figures of its own (chalicelib/api/observed.py).
FIGURES: Final = 2
# The sweeper takes and gives back a lease and moves its mark, and the clock's mark is written once a minute: four transactions of two units, over four schedules.
WRITTEN_A_RUN: Final = 2
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES_OF: Final = {"minute": 1, "hour": 60, "day": 1_440}
_DAILY: Final = 1_440
_SERVICES: Final = ("schedules", "runs", "lambda-request")


def schedule_lines(properties: Mapping[str, Any], found: Recording) -> Iterator[Line]:
    """A rule of EventBridge costs nothing; what it calls does. Rules for events that do not come call nothing."""
    expression = properties.get("ScheduleExpression")
    if expression is None or properties.get("State") == "DISABLED":
        return
    runs = MINUTES / _minutes_between(expression)
    seconds, units = _empty_run(found)
    yield Line(*_SERVICES, runs)
    yield Line("schedules", "their time", "lambda-gb-second", runs * seconds)
    yield Line("schedules", "what they read", "dynamodb-read-unit", runs * units)
    yield Line("schedules", "what they write", "dynamodb-write-unit", runs * WRITTEN_A_RUN)
    yield Line("what is seen", "log of schedules", "logs-gb", runs * LOG_BYTES / GB)
    yield Line("what is seen", "traces of schedules", "trace", runs)
    yield Line("what is seen", "figures of schedules", "metric-month", FIGURES)


def poller_lines(properties: Mapping[str, Any], _: Recording) -> Iterator[Line]:
    """Of a queue; asking a table's stream is free. A mapping with a batching window of its own asks no less."""
    if "StartingPosition" in properties or properties.get("Enabled") is False:
        return
    yield Line("schedules", ASKING, "sqs-request", POLLS)


def _minutes_between(expression: str) -> int:
    """Cron expressions here are daily ones."""
    found = _RATE.fullmatch(expression)
    return _DAILY if found is None else int(found[1]) * _MINUTES_OF[found[2]]


def _empty_run(found: Recording) -> tuple[float, float]:
    """GB-seconds and read units of a run that finds nothing, on average of all schedules in the recording.

    A query that finds nothing reads one unit, so units are their looks; a scanner's looks into its queue, which stand beside them, read none.
    """
    runs = sum(one.count for one in found.idle.invocations.values())
    memory = sum(memory_gb(found, name) * one.count for name, one in found.idle.invocations.items()) / runs
    looks = found.idle.read_units / runs
    return memory * (OWN_SECONDS + looks * seconds_of("dynamodb:Query")), looks
