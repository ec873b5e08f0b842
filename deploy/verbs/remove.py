"""`remove`: delete stacks of a stage; those that keep data only where they are empty and unprotected."""
# ruff: noqa: PLC0415  # CDK and boto3 are brought in when the verb runs

import argparse
import sys
from typing import Any

from deploy.cdk_command import run_cdk
from deploy.names import stack
from deploy.stage import load_stage
from deploy.verbs.synth import ASSEMBLIES, known_lifecycles


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "remove",
        help="delete stacks of a stage; never data by accident",
        description="What is named together is judged together: where one stack must stay, none goes.",
        epilog="Ends with 0 when they are gone, with CDK's code where it failed, with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument("--only", nargs="+", metavar="LIFECYCLE", required=True, help="these stacks")
    parser.add_argument("--take-over", action="store_true", help="a deployment that was killed left its turn behind")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The exit code of the CDK command."""
    from deploy.account import account_clients, described_stacks
    from deploy.app import synthesize
    from deploy.contents import refuse_deployed_protection, refuse_needed, refuse_removal
    from deploy.turn import turn

    stage = load_stage(options.stage)
    wanted = known_lifecycles(options.only) or []
    clients = account_clients(stage, options.profile)
    for lifecycle in wanted:
        refuse_removal(clients, stage, lifecycle)
    there = dict(described_stacks(clients, stage))
    refuse_needed(stage, wanted, there)
    refuse_deployed_protection([there[one] for one in wanted if one in there])
    if not there.keys() & set(wanted):
        sys.stderr.write("deploy: none of these stacks is there.\n")
        return 0
    assembly = synthesize(stage, ASSEMBLIES / stage.name)
    with turn(clients("ssm"), stage, f"removal of {', '.join(wanted)}", take_over=options.take_over):
        # Somebody may have sent something while the templates were made.
        for lifecycle in wanted:
            refuse_removal(clients, stage, lifecycle)
        stacks = [stack(stage, lifecycle) for lifecycle in reversed(wanted)]
        return run_cdk("destroy", assembly, stacks, profile=options.profile, more=["--force", "--exclusively"])
