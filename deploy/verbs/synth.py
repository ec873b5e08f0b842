"""`synth`: write the templates of a stage and judge them. No account, no network."""
# ruff: noqa: PLC0415  # CDK takes a second to import; a verb brings in what it needs when it runs

import argparse
import sys
from pathlib import Path
from typing import Any

from deploy.stage import load_stage

ASSEMBLIES = Path("build/assembly")


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("synth", help="write the templates of a stage and judge them")
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--out", type=Path, help=f"folder of the templates; {ASSEMBLIES}/<stage>")
    parser.add_argument("--only", nargs="+", metavar="LIFECYCLE", help="these stacks alone")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0, or 1 where the checks found something that is not accepted."""
    from deploy.app import written
    from deploy.errors import Refused
    from deploy.stacks.findings import judged

    stage = load_stage(options.stage)
    for lifecycle in options.only or ():
        if lifecycle not in written():
            raise Refused(
                "stack_unknown",
                f"There is no stack `{lifecycle}`; there are: {', '.join(written())}.",
                "Name some of these after --only.",
            )
    out = options.out or ASSEMBLIES / stage.name
    assembly, findings = judged(stage, out, lifecycles=options.only)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    sys.stdout.write(f"{assembly}\n")
    return 1 if findings else 0
