"""`remove`: delete stacks of a stage; those that keep data only where they are empty and unprotected."""
# ruff: noqa: PLC0415  # CDK and boto3 are brought in when the verb runs

import argparse
from typing import Any

from deploy.cdk_command import run_cdk
from deploy.errors import Refused
from deploy.names import LIFECYCLES, stack
from deploy.stage import load_stage
from deploy.verbs.synth import ASSEMBLIES


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("remove", help="delete stacks of a stage; never data by accident")
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument("--only", nargs="+", metavar="LIFECYCLE", required=True, help="these stacks")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The exit code of the CDK command."""
    from deploy.account import account_clients
    from deploy.app import synthesize
    from deploy.contents import refuse_removal

    stage = load_stage(options.stage)
    unknown = [name for name in options.only if name not in LIFECYCLES]
    if unknown:
        raise Refused("stack_unknown", f"There is no stack `{unknown[0]}`.", f"There are: {', '.join(LIFECYCLES)}.")
    clients = account_clients(stage, options.profile)
    for lifecycle in options.only:
        refuse_removal(clients, stage, lifecycle)
    assembly = synthesize(stage, ASSEMBLIES / stage.name)
    stacks = [stack(stage, lifecycle) for lifecycle in options.only]
    return run_cdk("destroy", assembly, stacks, profile=options.profile, more=["--force", "--exclusively"])
