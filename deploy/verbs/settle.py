"""`settle`: after records were put back to an earlier moment, end what was destroyed since."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
from typing import Any

from deploy.stage import load_stage


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "settle",
        help="after a restore of records: end transfers whose key or bytes are gone",
        description=(
            "Prints a line of JSON for each such transfer, ids alone, then their count. Changes nothing without --end. "
            "The stage must be held: `hold`, restore, `settle`, `settle --end COUNT`, `release`."
        ),
        epilog="Ends with 0; with 1 where --end is not the count that was found, or somebody else changed one of them; with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument("--tenant", action="append", default=[], help="this one alone; may be repeated")
    parser.add_argument(
        "--end", type=int, metavar="COUNT", help="end them, where there are exactly as many as shown before"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The exit code of the product's own command."""
    from deploy.account import account_clients
    from deploy.recovery.settling import settle

    stage = load_stage(options.stage)
    asked = [word for tenant in options.tenant for word in ("--tenant", tenant)]
    if options.end is not None:
        asked += ["--end", str(options.end)]
    credentials = {"AWS_PROFILE": options.profile} if options.profile else {}
    return settle(account_clients(stage, options.profile), stage, asked, credentials)
