"""`synth`: write the templates of a stage and judge them. No account, no network."""
# ruff: noqa: PLC0415  # CDK takes a second to import; a verb brings in what it needs when it runs

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.errors import Refused
from deploy.names import LIFECYCLES
from deploy.stage import load_stage

ASSEMBLIES = Path("build/assembly")


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "synth",
        help="write the templates of a stage and judge them",
        description="Needs no account and no network. The folder is printed; findings go to stderr.",
        epilog="Ends with 0, with 1 where the checks found something that is not accepted, with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--out", type=Path, help=f"folder of the templates; {ASSEMBLIES}/<stage>")
    parser.add_argument("--only", nargs="+", metavar="LIFECYCLE", help="these stacks alone")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0, or 1 where the checks found something that is not accepted."""
    from deploy.stacks.findings import judged

    stage = load_stage(options.stage)
    lifecycles = known_lifecycles(options.only)
    out = options.out or ASSEMBLIES / stage.name
    assembly, findings = judged(stage, out, lifecycles=lifecycles)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    sys.stdout.write(f"{assembly}\n")
    return 1 if findings else 0


def known_lifecycles(asked: Sequence[str] | None) -> list[str] | None:
    """What --only named, in the order of deployment; None for all. Raises Refused("stack_unknown")."""
    for lifecycle in asked or ():
        if lifecycle not in LIFECYCLES:
            raise Refused(
                "stack_unknown",
                f"There is no stack `{lifecycle}`; there are: {', '.join(LIFECYCLES)}.",
                "Name some of these after --only.",
            )
    return [one for one in LIFECYCLES if one in asked] if asked else None
