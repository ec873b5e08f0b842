"""`cost`: the list price of a month of transfers, from a recorded story and one dated price file, and what a stage costs while nobody sends anything."""
# ruff: noqa: PLC0415  # other verbs start without it

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from deploy.errors import Refused


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("cost", help="list price of a month of transfers, and of an idle stage")
    parser.add_argument("--operations", type=Path, help="a recording of `make cloud`; the one in deploy/cost")
    parser.add_argument("--prices", type=Path, help="a price file; the one in deploy/cost")
    parser.add_argument("--transfers", type=int, default=1_000, help="transfers in a month (1000)")
    parser.add_argument("--size", default="100MB", help="size of each, such as 100MB or 2GiB (100MB)")
    parser.add_argument(
        "--assembly", type=Path, help="a folder that `synth` wrote: its idle cost instead of the known kinds'"
    )
    parser.add_argument("--idle", action="store_true", help="what idles, and nothing else")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0. The answer goes to stdout. Raises Refused: prices_..., recording_..., size_wrong, transfers_wrong, assembly_missing, ..._unpriced."""
    from deploy.cost.answer import answer_of, as_json, table
    from deploy.cost.month import Month
    from deploy.cost.prices import PRICES, load_prices
    from deploy.cost.recording import SAMPLE, load_recording
    from deploy.cost.sizes import bytes_of

    if options.transfers < 1:
        raise Refused("transfers_wrong", "A month has one transfer or more.", "Give --transfers a number above 0.")
    month = Month(options.transfers, bytes_of(options.size))
    found = load_recording(options.operations or SAMPLE)
    made = answer_of(found, load_prices(options.prices or PRICES), month, _idle(options.assembly, found))
    if options.json:
        sys.stdout.write(json.dumps(as_json(made, idle_only=options.idle), indent=1) + "\n")
    else:
        sys.stdout.write(table(made, idle_only=options.idle) + "\n")
    return 0


def _idle(assembly: Path | None, found: Any) -> Any:
    from deploy.cost.idle import idle_lines
    from deploy.cost.kinds import committed
    from deploy.templates import templates_of

    if assembly is None:
        return committed()
    templates = templates_of(assembly)
    if not templates:
        detail = f"{assembly} holds no templates."
        raise Refused("assembly_missing", detail, "Name a folder that `python -m deploy synth --out FOLDER` wrote.")
    return {assembly.name: idle_lines(templates, found)}
