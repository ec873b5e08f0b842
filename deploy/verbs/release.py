"""`release`: everything that `hold` switched off stands again as it stood."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import sys
from typing import Any

from deploy.stage import load_stage


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "release",
        help="end a `hold`",
        description="Each schedule, queue, container and function as it stood. May be repeated; with nothing held it changes nothing.",
        epilog="Ends with 0, or with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """What is gone since is told."""
    from deploy.account import account_clients
    from deploy.recovery.held import Hold

    stage = load_stage(options.stage)
    hold = Hold(account_clients(stage, options.profile), stage)
    note = hold.note()
    if note is None:
        sys.stderr.write(f"Stage `{stage.name}` is not held.\n")
        return 0
    for gone in hold.release():
        sys.stderr.write(f"gone meanwhile: {gone}\n")
    sys.stdout.write(f"released what was held since {note.since}\n")
    return 0
