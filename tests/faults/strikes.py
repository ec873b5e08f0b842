"""Weather by a seed: which of the next exchanges are struck, and how."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.line.acts import Act, Answer, Cut, Exchange, Silence

Choose = Callable[[random.Random, Exchange], Act]
Concerns = Callable[[Exchange], bool]


@dataclass
class Strikes:
    """Strikes 1 to ``most`` of the next ``among`` exchanges that it ``concerns``, each in the way that ``choose`` takes."""

    chance: random.Random
    choose: Choose
    among: int = 8
    most: int = 3
    concerns: Concerns = lambda exchange: True
    struck: list[Exchange] = field(default_factory=list)
    _seen: int = 0
    _chosen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chosen = set(self.chance.sample(range(self.among), self.chance.randint(1, self.most)))

    def begins(self, exchange: Exchange) -> Act | None:
        if not self.concerns(exchange):
            return None
        self._seen += 1
        if self._seen - 1 not in self._chosen:
            return None
        self.struck.append(exchange)
        return self.choose(self.chance, exchange)

    def connects(self) -> bool:
        return True

    @property
    def met(self) -> int:
        """How many really struck: an answer may have been shorter than the byte at which it was to be cut."""
        return sum(one.struck for one in self.struck)


def cut(chance: random.Random, exchange: Exchange) -> Act:
    """The connection ends in mid-body, before the answer is heard, or in the middle of it."""
    reset = chance.random() < 0.5
    asks_bytes = exchange.is_bytes and exchange.method == "GET"
    kind = "answer" if asks_bytes else chance.choice(("request", "request", "unheard", "answer"))
    if kind == "request" and exchange.length:
        return Cut("request", chance.randrange(exchange.length), reset=reset)
    if kind == "answer":
        return Cut("answer", chance.randrange(exchange.length if asks_bytes else 200), reset=reset)
    return Cut("unheard", reset=reset)


_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_INTERNAL = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
_XML = (("content-type", "application/xml"),)
_HTML = (("content-type", "text/html"),)
# What stores, and balancers in front of them, say when they can't.
ERRORS = (
    Answer(500, _INTERNAL, _XML),
    Answer(503, _SLOW_DOWN, _XML),
    Answer(503, _SLOW_DOWN, (*_XML, ("retry-after", "1")), at_once=True),
    Answer(502, b"<h1>Bad Gateway</h1>", _HTML),
    Answer(504, b"<h1>Gateway Timeout</h1>", _HTML),
    Answer(200, b"<h1>It works!</h1>", _HTML),
)


def store_error(chance: random.Random, exchange: Exchange) -> Act:
    """An error, silence that ends without an answer, or a body that is shorter than it says."""
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(ERRORS)
    if kind < 0.8:
        # Shorter or longer than the client waits.
        return Silence(chance.choice((0.1, 1.5)))
    whole = exchange.length if exchange.method == "GET" else 1
    return Cut("answer", chance.randrange(max(1, whole)), reset=False)


def to_store(exchange: Exchange) -> bool:
    """Only what goes to the byte path."""
    return exchange.is_bytes
