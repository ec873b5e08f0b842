"""A bad line as a traveller has it: slow, far, resets, every connection cut after a minute, and a minute of captive portal in between."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from tests.faults.line.acts import Act, Cut, Exchange
from tests.faults.line.line import Fair, Line
from tests.faults.line.pace import Pace

MIB = 1 << 20
MEGABIT = 1_000_000 / 8


@dataclass(frozen=True)
class Conditions:
    """``rate`` in bytes a second each way, ``delay`` in seconds each way, ``life`` of a connection and ``portal`` in seconds, ``size`` in bytes.

    ``resets`` is the share of connections refused and of exchanges that are reset in mid-body. ``again`` is the share of the file that may
    travel twice. ``part_size`` is what the upload is made to ask for (0: what the client takes), ``hurry`` by how much the client's own
    times are divided (tests/faults/line/hurried_client.py).
    """

    rate: float
    delay: float
    resets: float
    life: float
    portal: float
    size: int
    again: float
    token_seconds: int
    url_seconds: int
    part_size: int = 0
    hurry: float = 1


# 200 ms there and back, 9 minutes each way.
TRUE = Conditions(8 * MEGABIT, 0.1, 0.02, 60, 60, 512 * MIB, 0.05, 75, 120)
# For every run of the tests: times fifteen times as short, an eighth of the bytes. One portal then weighs eight times as much, so more may travel twice.
SCALED = Conditions(64 * MEGABIT, 0.02, 0.02, 4, 4, 64 * MIB, 0.2, 2, 900, 5 * MIB, 15)


@dataclass
class BadWeather:
    """Resets by a seed. ``resets`` of connections find nobody, ``resets`` of exchanges end somewhere in their body."""

    chance: random.Random
    resets: float
    struck: int = 0

    def begins(self, exchange: Exchange) -> Act | None:
        if self.chance.random() >= self.resets:
            return None
        self.struck += 1
        where = "request" if exchange.method == "PUT" else "answer"
        return Cut("request" if where == "request" else "answer", self.chance.randrange(max(1, exchange.length)))

    def connects(self) -> bool:
        return self.chance.random() >= self.resets


@dataclass
class Portal(threading.Thread):
    """Takes the line over for ``seconds`` once a third of ``size`` has passed ``method``'s way. ``met`` counts whom it answered."""

    line: Line
    method: str
    size: int
    seconds: float
    met: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self._over.wait(0.02):
            if moved(self.line, self.method) * 3 >= self.size:
                break
        else:
            return
        before = len(self.line.exchanges)
        self.line.portal = True
        self.line.cut_all()
        self._over.wait(self.seconds)
        self.line.portal = False
        self.met = len(self.line.exchanges) - before

    def end(self) -> None:
        self._over.set()
        self.join()


def moved(line: Line, method: str) -> int:
    """Bytes of bodies that the line carried for this method, in vain or not."""
    return sum(one.up if method == "PUT" else one.down for one in line.passed(method))


@dataclass(frozen=True)
class Journey:
    """What one direction came to: ``again`` is the share of the bytes that travelled more than once."""

    seconds: float
    carried: int
    size: int
    struck: int
    connections: int
    portal_met: int

    @property
    def again(self) -> float:
        return self.carried / self.size - 1


class Watch:
    """``with Watch(line, "PUT", ...) as watch: ...``: the line is bad until the end of the block; then ``watch.journey`` tells what it came to."""

    def __init__(self, line: Line, method: str, conditions: Conditions, chance: random.Random, size: int) -> None:
        self._line, self._method, self._conditions, self._size = line, method, conditions, size
        self._weather = BadWeather(chance, conditions.resets)
        self._portal = Portal(line, method, size, conditions.portal)

    def __enter__(self) -> Self:
        line, conditions = self._line, self._conditions
        line.forget()
        line.pace, line.life, line.weather = Pace(conditions.rate, conditions.delay), conditions.life, self._weather
        self._since = time.monotonic()
        self._portal.start()
        return self

    def __exit__(self, *_: object) -> None:
        line, weather = self._line, self._weather
        self._portal.end()
        line.pace, line.life, line.weather = Pace(), 0.0, Fair()
        seconds, carried = time.monotonic() - self._since, moved(line, self._method)
        self.journey = Journey(seconds, carried, self._size, weather.struck, line.connections, self._portal.met)
