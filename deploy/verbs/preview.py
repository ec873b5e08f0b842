"""`preview`: a stage for a branch, with its own end."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import sys
from datetime import timedelta
from typing import Any


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("preview", help="a stage for a branch, with its own end")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    opened = commands.add_parser("open", help="write the branch's stage file; `deploy` and `page` do the rest")
    opened.add_argument("--days", type=int, default=3, help="how many days it lives (3)")
    closed = commands.add_parser("close", help="delete the branch's stacks with all they hold, and its file")
    for one in (opened, closed):
        one.add_argument("branch", help="the branch's name")
    swept = commands.add_parser("sweep", help="delete the stacks of every preview whose end has passed")
    for one in (opened, closed, swept):
        one.add_argument("--of", default="dev", help="the stage beside which previews live (dev)")
    for one in (closed, swept):
        one.add_argument("--profile", help="AWS profile of that stage's account")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when it is done, 1 where a sweep left one behind. Prints the stage's name, or what was deleted."""
    return {"open": _open, "close": _close, "sweep": _sweep}[options.command](options)


def _open(options: argparse.Namespace) -> int:
    from deploy.pipeline.previews import open_preview, today

    now = today()
    stage = open_preview(options.branch, options.of, now + timedelta(days=options.days), today=now)
    sys.stdout.write(f"{stage.name}\n")
    sys.stderr.write(f"ends {stage.ends}; {stage.public_url}\n")
    return 0


def _close(options: argparse.Namespace) -> int:
    from deploy.account import account_clients
    from deploy.pipeline.previews import preview_name, remove_preview, stage_of_ended
    from deploy.stage import STAGES, load_stage

    base = load_stage(options.of)
    name = preview_name(options.branch)
    for gone in remove_preview(account_clients(base, options.profile), stage_of_ended(name, base.account, base.region)):
        sys.stdout.write(f"{gone}\n")
    (STAGES / f"{name}.toml").unlink(missing_ok=True)
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from deploy.account import account_clients
    from deploy.errors import Refused
    from deploy.pipeline.previews import ended_previews, remove_preview, stage_of_ended, today
    from deploy.stage import load_stage

    base = load_stage(options.of)
    clients = account_clients(base, options.profile)
    left = 0
    for name in ended_previews(clients, base.region, today()):
        try:
            for gone in remove_preview(clients, stage_of_ended(name, base.account, base.region)):
                sys.stdout.write(f"{gone}\n")
        except (Refused, BotoCoreError, ClientError) as error:
            # One that can't go must not keep the others from it, every night anew.
            left += 1
            sys.stderr.write(f"{name} is left: {error}\n")
    return 1 if left else 0
