"""`prepare`: what an account needs before its first deployment."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deploy.errors import Refused
from deploy.stage import load_stage

if TYPE_CHECKING:
    from deploy.stage import Stage


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "prepare",
        help="make an account ready for its first deployment; may be repeated",
        description=(
            "No public buckets, the policies that hold deployments, CDK's bucket and roles in each Region of the stage, the sender in SES. "
            "+ is made, = is there, ? is for a person to ask for."
        ),
        epilog="Ends with 0 when everything is there, with 1 where something is left to ask for (or to make, with --look), with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument(
        "--trust", nargs="+", default=[], metavar="ACCOUNT", help="accounts whose pipeline may deploy here"
    )
    parser.add_argument("--look", action="store_true", help="tell what is lacking and change nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """A line for each piece."""
    from deploy.account import account_clients
    from deploy.preparing.asked import asked
    from deploy.preparing.pieces import Preparation, pieces

    stage = load_stage(options.stage)
    wrong = [one for one in options.trust if not re.fullmatch(r"\d{12}", one)]
    if wrong:
        raise Refused("account_unreadable", f"`{wrong[0]}` is no account.", "An account is 12 digits.")
    clients = account_clients(stage, options.profile)

    def bootstrap(region: str, trust: Sequence[str]) -> int:
        return _bootstrap(stage, region, trust, options.profile)

    left = 0
    for piece in pieces(Preparation(clients, stage, bootstrap, options.trust)):
        lacking = piece.lacking()
        if lacking and not options.look:
            piece.make()
        left += bool(lacking and options.look)
        sys.stdout.write(f"{'+' if lacking else '='} {lacking or type(piece).__name__}\n")
    for sentence in asked(clients, stage):
        left += 1
        sys.stdout.write(f"? {sentence}\n")
    return 1 if left else 0


def _bootstrap(stage: "Stage", region: str, trust: Sequence[str], profile: str | None) -> int:
    from deploy.cdk_command import run_cdk
    from deploy.preparing.pieces import policy_arn

    more = ["--cloudformation-execution-policies", policy_arn(stage, "execution")]
    more += ["--custom-permissions-boundary", "fumibako-boundary", "--termination-protection"]
    more += ["--tags", f"fumibako:stage={stage.name}"]
    for account in trust:
        more += ["--trust", account]
    return run_cdk("bootstrap", None, [f"aws://{stage.account}/{region}"], profile=profile, more=more)
