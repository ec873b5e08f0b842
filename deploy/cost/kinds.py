"""Kinds of stages whose idle cost is told: production of the pooled tenants, a customer's own account, development awake and asleep.

idle.json beside this file holds their lines, so that nobody needs to synthesize to read them; `python -m deploy.cost.kinds` writes it anew, and tests hold it
against the templates.
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import msgspec

from deploy.cost.idle import idle_lines
from deploy.cost.idle_schedules import ASKING, POLLS
from deploy.cost.lines import Line
from deploy.cost.recording import load_recording
from deploy.stage import Stage, load_stage

COMMITTED: Final = Path(__file__).resolve().parent / "idle.json"
ASLEEP: Final = "dev asleep"
KINDS: Final = ("prod", "silo", "dev", ASLEEP)
# What ends at night (deploy/pipeline/sleep.py): containers, schedules and the usage report, and what asks the queues of the services. Figures end with what writes them.
_ENDS: Final = (
    "figures of schedules",
    "log of schedules",
    "runs",
    "runs of the usage report",
    "steps of the usage report",
    "their time",
    "traces of schedules",
    "what they read",
    "what they write",
)
# The queue of the identity export is no service's and is asked at night too.
_ASKED_AT_NIGHT: Final = 1


def stage_of_kind(kind: str) -> Stage:
    """The stage that a kind is counted from. A customer's own account has neither paid endpoints nor a third zone, and is as protected as production."""
    if kind != "silo":
        return load_stage("dev" if kind == ASLEEP else kind)
    pooled = load_stage("prod")
    zones = pooled.availability_zones[:2]
    return replace(pooled, name="silo", delivery="silo", private_network=False, availability_zones=zones)


def asleep(lines: Sequence[Line]) -> list[Line]:
    """What is left of an idle stage at night."""
    left = [line for line in lines if line.group != "containers" and line.what not in _ENDS]
    return [replace(line, quantity=_ASKED_AT_NIGHT * POLLS) if line.what == ASKING else line for line in left]


def committed(path: Path = COMMITTED) -> dict[str, list[Line]]:
    """Kind -> its lines, as they were last written."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, list[Line]])


def text_of(kinds: Mapping[str, Sequence[Line]]) -> str:
    """How idle.json is written."""
    return json.dumps({kind: [asdict(line) for line in lines] for kind, lines in kinds.items()}, indent=1) + "\n"


def main() -> int:
    """Synthesize every kind and write idle.json. It needs what `synth` needs: packages, the built page and node."""
    from deploy.app import synthesize  # noqa: PLC0415  # CDK takes a second to import
    from deploy.templates import templates_of  # noqa: PLC0415  # as above

    found, made = load_recording(), {}
    for kind in KINDS[:-1]:
        with tempfile.TemporaryDirectory() as folder:
            made[kind] = idle_lines(templates_of(synthesize(stage_of_kind(kind), Path(folder))), found)
    made[ASLEEP] = asleep(made["dev"])
    COMMITTED.write_text(text_of(made), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
