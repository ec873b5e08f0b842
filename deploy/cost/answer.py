"""What the verb `cost` says: the bill of a month, what idles in each kind of stage, and the same as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.cost.lines import Line, Paid, bill, by_group, total
from deploy.cost.month import Month, month_lines, peer_lines
from deploy.cost.prices import PriceFile
from deploy.cost.recording import Recording

_WIDTH = 42


@dataclass(frozen=True)
class Answer:
    """``used``: the month of transfers. ``idle``: kind of stage -> what stands there. ``peer``: the same month on a Transfer Family web app."""

    month: Month
    prices: PriceFile
    used: Sequence[Paid]
    peer: Sequence[Paid]
    idle: Mapping[str, Sequence[Paid]]


def answer_of(found: Recording, prices: PriceFile, month: Month, idle: Mapping[str, Sequence[Line]]) -> Answer:
    """Everything at these prices. Raises Refused: operation_unpriced, price_missing."""
    return Answer(
        month=month,
        prices=prices,
        used=bill(month_lines(found, month), prices),
        peer=bill(peer_lines(found, month), prices),
        idle={kind: bill(lines, prices) for kind, lines in idle.items()},
    )


def as_json(made: Answer, *, idle_only: bool) -> dict[str, Any]:
    """The answer for programs; USD, rounded to a thousandth of a cent."""
    told: dict[str, Any] = {
        "region": made.prices.region,
        "date": made.prices.date.isoformat(),
        "currency": made.prices.currency,
        "idle": {kind: _section(paid) for kind, paid in made.idle.items()},
    }
    if idle_only:
        return told
    used = {"transfers": made.month.transfers, "bytes": made.month.size, **_section(made.used)}
    return {**told, "month": used, "transfer_family_web_app": _section(made.peer), "not_seen": not_seen(made)}


def table(made: Answer, *, idle_only: bool) -> str:
    """The answer for people."""
    month = made.month
    parts: list[str] = []
    if not idle_only:
        parts += [f"{month.transfers:,} transfers of {month.size:,} bytes in a month, each fetched once; USD", ""]
        parts += [*_rows(made.used), ""]
        parts += [f"beside it, an AWS Transfer Family web app {total(made.peer):10.2f} without egress", ""]
    parts += ["idle, in a month; USD", ""]
    for kind, paid in made.idle.items():
        parts += [f"{kind:<{_WIDTH}} {total(paid, egress=True):10.2f}"]
        parts += [f"  {group:<{_WIDTH - 2}} {usd:10.2f}" for group, usd in by_group(paid).items()]
    date, region = made.prices.date.isoformat(), made.prices.region
    parts += ["", f"List prices of {region}, {date}; not looked up: {', '.join(not_seen(made)) or 'none'}."]
    return "\n".join(parts)


def not_seen(made: Answer) -> list[str]:
    """Prices in use that could not be looked up."""
    used = {one.line.price for paid in (made.used, made.peer, *made.idle.values()) for one in paid}
    return sorted(name for name in used if made.prices.of(name).seen is False)


def _rows(paid: Sequence[Paid]) -> list[str]:
    rows = [f"{group:<{_WIDTH}} {usd:10.2f}" for group, usd in by_group(paid).items()]
    ends = {"without egress": total(paid), "with egress": total(paid, egress=True)}
    return [*rows, *(f"{name:<{_WIDTH}} {usd:10.2f}" for name, usd in ends.items())]


def _section(paid: Sequence[Paid]) -> dict[str, Any]:
    return {
        "usd": round(total(paid), 5),
        "usd_with_egress": round(total(paid, egress=True), 5),
        "groups": {group: round(usd, 5) for group, usd in by_group(paid).items()},
        "lines": [
            {
                "group": one.line.group,
                "what": one.line.what,
                "price": one.line.price,
                "quantity": round(one.line.quantity, 5),
                "usd": round(one.usd, 5),
            }
            for one in paid
        ],
    }
