"""What the emulator was asked and which functions it ran, read from its journal (launch.py writes it)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy import names
from deploy.stage import Stage

Line = Mapping[str, Any]
# Functions whose name is cut short in a user agent stand under what botocore leaves of it; none is as long today.
_LOOKS: Final = ("dynamodb:Query", "sqs:ReceiveMessage")
# What the container that scans calls itself.
SCANNER: Final = "scanner"
_COUNTED: Final = ("requests", "in", "out", "read", "write", "items")


def mark(journal: Path) -> int:
    """The end of the journal now."""
    return journal.stat().st_size


def lines(journal: Path, begin: int = 0, end: int | None = None) -> list[Line]:
    """The lines between two marks; one that is being written is left for later."""
    with journal.open("rb") as file:
        file.seek(begin)
        content = file.read(-1 if end is None else end - begin)
    return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def invocations(found: Iterable[Line]) -> dict[str, dict[str, int]]:
    """Function -> source of its events -> how many invocations; failed ones under ``failed`` besides."""
    counted: dict[str, dict[str, int]] = {}
    for line in found:
        if line["kind"] == "invocation":
            by_source = counted.setdefault(line["function"], {})
            by_source[line["source"]] = by_source.get(line["source"], 0) + 1
            if not line["ok"]:
                by_source["failed"] = by_source.get("failed", 0) + 1
    return counted


def never_invoked(stage: Stage, counted: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Deployed functions that nothing called."""
    every = [names.function(stage, service, one) for service, functions in names.FUNCTIONS.items() for one in functions]
    return [name for name in every if not sum(counted.get(name, {}).values())]


class Schedules:
    """Whether every schedule of a minute has run since the last look: ``seen`` begins anew, ``done`` tells.

    An invocation stands in the journal when it has ended.
    """

    EVERY_MINUTE: Final = ("sweep_due", "issue_certificate_batches")

    def __init__(self, journal: Path, stage: Stage) -> None:
        self._journal = journal
        self._names = {names.function(stage, "transfers", one) for one in self.EVERY_MINUTE}
        self._begin = 0

    def seen(self) -> None:
        """What ran until now is no longer of interest."""
        self._begin = mark(self._journal)

    def done(self) -> bool:
        """All have ended at least once since."""
        return self._names <= invocations(lines(self._journal, self._begin)).keys()


def operations(found: Sequence[Line]) -> dict[str, Any]:
    """What a bill of the story is made of: operations of AWS, requests to the APIs and invocations, in all and by the function that caused them.

    ``bytes``, ``items`` and ``units`` are by operation; ``callers`` has operations by function (``people``: signed addresses). Schedules look for
    work whether there is any or not, and so does a scanner at its queue: their empty looks, and the schedules' invocations, stand under ``idle`` and in
    no other sum. ``seconds`` of an invocation are the emulator's, and no measure of AWS's.
    """
    looking = {line["function"].removeprefix("fumibako-") for line in found if line.get("source") == "schedule"}
    looking.add(SCANNER)
    asked = [line for line in found if line["kind"] == "operation"]
    idle = [line for line in asked if line["caller"] in looking and _is_a_look(line)]
    totals: dict[str, dict[str, int]] = {}
    callers: dict[str, dict[str, int]] = {}
    for line in asked:
        if line["caller"] in looking and _is_a_look(line):
            continue
        name = str(line["name"])
        _add(totals.setdefault(name, dict.fromkeys(_COUNTED, 0)), line)
        by_name = callers.setdefault(str(line["caller"]) or "people", {})
        by_name[name] = by_name.get(name, 0) + 1
    return {
        "operations": {name: one["requests"] for name, one in sorted(totals.items())},
        "bytes": {name: {"in": one["in"], "out": one["out"]} for name, one in sorted(totals.items())},
        "items": {name: one["items"] for name, one in sorted(totals.items())},
        "units": {side: sum(one[side] for one in totals.values()) for side in ("read", "write")},
        "callers": {name: dict(sorted(one.items())) for name, one in sorted(callers.items())},
        "api_requests": _requests(found),
        "invocations": _invoked([line for line in found if line.get("source") != "schedule"]),
        "idle": {
            "operations": len(idle),
            "read_units": sum(line["read"] for line in idle),
            "invocations": _invoked([line for line in found if line.get("source") == "schedule"]),
        },
    }


def _is_a_look(line: Line) -> bool:
    """A query of a schedule's, or a scanner's look into its queue, that found nothing."""
    return bool(line["name"] in _LOOKS and line["items"] == 0)


def _add(total: dict[str, int], line: Line) -> None:
    total["requests"] += 1
    for name in _COUNTED[1:]:
        total[name] += int(line[name])


def _requests(found: Sequence[Line]) -> dict[str, int]:
    asked = [line for line in found if line["kind"] == "request"]
    return {"requests": len(asked), "in": sum(one["in"] for one in asked), "out": sum(one["out"] for one in asked)}


def _invoked(found: Sequence[Line]) -> dict[str, dict[str, Any]]:
    """Function -> invocations, the records in their events, seconds and memory; and what called it."""
    told: dict[str, dict[str, Any]] = {}
    for line in found:
        if line["kind"] != "invocation":
            continue
        one = told.setdefault(
            line["function"], {"count": 0, "records": 0, "seconds": 0.0, "memory_mb": line["memory"], "sources": {}}
        )
        one["count"] += 1
        one["records"] += line["records"]
        one["seconds"] = round(one["seconds"] + line["seconds"], 4)
        one["sources"][line["source"]] = one["sources"].get(line["source"], 0) + 1
    return dict(sorted(told.items()))
