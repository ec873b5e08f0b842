"""List price of a month of transfers, from recorded operations, beside the same month on AWS Transfer Family's web app."""

import json
import sys
from functools import partial
from importlib.metadata import version
from typing import Any

from bench.figure import Figure, Measured, Plan
from bench.processes import plain_environment, python, run

_TRANSFERS = 1_000


def measure(plan: Plan) -> Measured:
    """``size`` MB each, fetched once. Nothing is measured but operations, which `make cloud` recorded: every run says the same, and that is checked."""
    seen = [_asked(plan.size) for _ in range(plan.runs)]
    month, peer = seen[0]["month"], seen[0]["transfer_family_web_app"]
    return Measured(
        pairs={
            "AWS Transfer Family web app": [
                (one["month"]["usd"], one["transfer_family_web_app"]["usd"]) for one in seen
            ]
        },
        checked=all(one == seen[0] for one in seen) and _adds_up(month) and _adds_up(peer),
        notes=(
            f"{_TRANSFERS:,} transfers a month, spread evenly by chance, each fetched once; without egress, which is the same on both sides.",
            "What idles is apart (more): it is there whether anybody sends or not, as the web app's unit is.",
            f"List prices of {seen[0]['region']}, {seen[0]['date']}; not looked up: {', '.join(seen[0]['not_seen'])}.",
            "Checked: every run says the same, and lines add up to their groups and to the whole.",
        ),
        versions={"python": sys.version.split()[0], "msgspec": version("msgspec")},
        more={
            "groups, USD": month["groups"],
            "with egress, USD": [month["usd_with_egress"], peer["usd_with_egress"]],
            "idle, USD": {kind: one["usd"] for kind, one in seen[0]["idle"].items()},
        },
    )


def _asked(megabytes: int) -> dict[str, Any]:
    command = [python(), "-m", "deploy", "cost", "--json", "--transfers", str(_TRANSFERS), "--size", f"{megabytes}MB"]
    found: dict[str, Any] = json.loads(run(command, environment=plain_environment()))
    return found


def _adds_up(section: dict[str, Any]) -> bool:
    near = partial(_near, section["usd_with_egress"])
    return near(sum(one["usd"] for one in section["lines"])) and near(sum(section["groups"].values()))


def _near(whole: float, added: float) -> bool:
    """Each line is rounded to a thousandth of a cent."""
    return abs(whole - added) < 0.001


FIGURE = Figure(
    name="cost",
    title="A month of transfers at list price",
    unit="USD",
    goal=0.2,
    kind="share",
    ours="1,000 transfers of 100 MB, each fetched once, without egress and without what idles",
    measure=measure,
    size=100,
    size_unit="MB a transfer",
    smallest=1,
    runs=2,
)
