"""A bill: lines of a quantity and a price's name, and what they come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from deploy.cost.prices import PriceFile

# AWS counts a month as so many hours (https://aws.amazon.com/calculator/, the pages in the price file).
HOURS: Final = 730
MINUTES: Final = HOURS * 60
GB: Final = 1_000_000_000
# What leaves for the internet: told apart, because it is the same whoever sends the bytes.
EGRESS: Final = "egress"


@dataclass(frozen=True)
class Line:
    """``quantity`` in the unit of ``price``, which is a name of the price file; ``group`` is what it belongs to, ``what`` says it in words."""

    group: str
    what: str
    price: str
    quantity: float

    def times(self, factor: float) -> "Line":
        """The same so many times."""
        return replace(self, quantity=self.quantity * factor)


@dataclass(frozen=True)
class Paid:
    """A line with what it costs."""

    line: Line
    usd: float


def bill(lines: Iterable[Line], prices: PriceFile) -> list[Paid]:
    """Every line with its cost. Raises Refused("price_missing")."""
    return [Paid(line, line.quantity * prices.of(line.price).usd) for line in lines]


def total(paid: Iterable[Paid], *, egress: bool = False) -> float:
    """What it comes to in USD, with or without what leaves for the internet."""
    return sum(one.usd for one in paid if egress or one.line.group != EGRESS)


def by_group(paid: Sequence[Paid]) -> dict[str, float]:
    """Group -> USD, the dearest first."""
    sums: dict[str, float] = {}
    for one in paid:
        sums[one.line.group] = sums.get(one.line.group, 0.0) + one.usd
    return dict(sorted(sums.items(), key=lambda item: -item[1]))
