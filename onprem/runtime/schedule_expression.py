"""When a schedule is due: EventBridge's ``rate(...)`` and ``cron(...)`` as a next moment in milliseconds (UTC).

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html; of cron: numbers, ``*``, ``?``, lists, ranges, steps.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)\Z")
_CRON: Final = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)\Z")
_MONTHS: Final = {
    name: str(number)
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_DAYS: Final = {name: str(number) for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
_FURTHEST: Final = timedelta(days=366)

NextMoment = Callable[[int], int]


def next_moment(expression: str) -> NextMoment:
    """A function from a moment to the next due one after it. Raises ValueError for an expression that it can't read."""
    rate = _RATE.match(expression)
    if rate:
        every = int(rate.group(1)) * _UNITS[rate.group(2)]
        # On whole minutes, hours, days: what is due lies in minutes, so a sweep that begins with one finds it at once.
        return lambda after: after - after % every + every
    cron = _CRON.match(expression)
    if not cron:
        raise ValueError(f"neither rate(...) nor cron(...): {expression}")
    return _cron(*cron.groups())


def _cron(minute: str, hour: str, day: str, month: str, weekday: str, year: str) -> NextMoment:
    minutes, hours = _field(minute, 0, 59), _field(hour, 0, 23)
    days, months = _field(day, 1, 31), _field(_named(month, _MONTHS), 1, 12)
    weekdays, years = _field(_named(weekday, _DAYS), 1, 7), _field(year, 1970, 2199)

    def next_after(after: int) -> int:
        moment = datetime.fromtimestamp(after / 1000, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        last = moment + _FURTHEST
        while moment < last:
            # 1 is Sunday here, 7 is Sunday in ISO 8601.
            if (
                moment.year not in years
                or moment.month not in months
                or moment.day not in days
                or moment.isoweekday() % 7 + 1 not in weekdays
            ):
                moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
            elif moment.hour not in hours:
                moment = moment.replace(minute=0) + timedelta(hours=1)
            elif moment.minute not in minutes:
                moment += timedelta(minutes=1)
            else:
                return int(moment.timestamp() * 1000)
        return int(last.timestamp() * 1000)

    return next_after


def _named(field: str, names: dict[str, str]) -> str:
    for name, number in names.items():
        field = field.replace(name, number)
    return field


def _field(field: str, low: int, high: int) -> frozenset[int]:
    allowed: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = int(start)
            last = int(end) if dash else (high if step else first)
        if not low <= first <= last <= high:
            raise ValueError(f"outside {low}-{high}: {part}")
        allowed.update(range(first, last + 1, int(step or 1)))
    return frozenset(allowed)
