"""`diff`: what a deployment of this tree would change, against a folder that was synthesized before or against the account."""
# ruff: noqa: PLC0415  # CDK and boto3 are brought in when the verb runs

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from deploy.errors import Refused
from deploy.stage import Stage, load_stage
from deploy.templates import changes, templates_of


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "diff",
        help="what a deployment would change",
        description="A line for each resource: + added, ~ changed, - removed; !! says what data could be lost by it. Nothing is changed.",
        epilog="Ends with 0 where nothing would be lost, with 1 where a line has !!, with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    against = parser.add_mutually_exclusive_group(required=True)
    against.add_argument("--against", type=Path, help="a folder that `synth` wrote before")
    against.add_argument("--profile", help="the account of this AWS profile")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 where nothing would be lost; 1 where a change is marked `!!`. The changes go to stdout, a line each."""
    from deploy.app import synthesize

    stage = load_stage(options.stage)
    before = _recorded(options.against) if options.against is not None else _deployed(stage, options.profile)
    with tempfile.TemporaryDirectory() as folder:
        after = templates_of(synthesize(stage, Path(folder)))
    if options.against is None:
        # In the account a nested stack has a name of CloudFormation's making; that it changes shows in its parent, by the address of its template.
        after = {name: template for name, template in after.items() if not name.endswith(".nested")}
    found = changes(before, after)
    for change in found:
        sys.stdout.write(f"{change}\n")
    sys.stderr.write(f"{len(found)} changes\n")
    return 1 if any(change.danger for change in found) else 0


def _recorded(folder: Path) -> dict[str, dict[str, Any]]:
    found = templates_of(folder)
    if not found:
        raise Refused(
            "assembly_missing",
            f"{folder} holds no templates.",
            "Name a folder that `python -m deploy synth --out FOLDER` wrote.",
        )
    return found


def _deployed(stage: Stage, profile: str) -> dict[str, dict[str, Any]]:
    from deploy.account import account_clients, deployed_templates

    return deployed_templates(account_clients(stage, profile), stage)
