"""`hold`: nothing of a stage moves by itself any more, nor because somebody asks, until `release`."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import sys
from typing import Any

from deploy.stage import load_stage


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "hold",
        help="stop everything that destroys or changes, while records are put back",
        description="Requests are answered with 429 or 503, schedules and queues stand still, containers go. What stood how is noted first.",
        epilog="Ends with 0 when all is off, with 1 where something still runs (repeat it), with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument(
        "--keep-requests", action="store_true", help="let people go on; only what runs by itself is stopped"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """A line for each thing that is held."""
    from deploy.account import account_clients
    from deploy.recovery.held import Hold
    from deploy.turn import taken

    stage = load_stage(options.stage)
    clients = account_clients(stage, options.profile)
    hold = Hold(clients, stage)
    note = hold.hold(keep_requests=options.keep_requests)
    for kind, names in note.was.items():
        for name in names:
            sys.stdout.write(f"held {kind} {name}\n")
    running = hold.still_on(note)
    for one in running:
        sys.stderr.write(f"still on: {one}\n")
    changing = taken(clients("ssm"), stage)
    if changing:
        sys.stderr.write(
            f"The stage is being changed: {changing}. What comes with that moves: repeat this afterwards.\n"
        )
    sys.stderr.write(
        f"Stage `{stage.name}` is held since {note.since}. What had begun ends within five minutes; "
        f"queues keep what comes. `python -m deploy release --stage {stage.name}` ends it.\n"
    )
    return 1 if running else 0
