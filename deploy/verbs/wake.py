"""`wake`: as it was before it slept."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import sys
from typing import Any

from deploy.stage import load_stage


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("wake", help="wake a stage that sleeps")
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when it is done. Prints a line for each thing that changed."""
    from deploy.account import account_clients
    from deploy.pipeline.sleep import wake

    stage = load_stage(options.stage)
    for line in wake(account_clients(stage, options.profile), stage):
        sys.stdout.write(f"{line}\n")
    return 0
