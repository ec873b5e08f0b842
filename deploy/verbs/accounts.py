"""`accounts`: the organisation against its files. It shows and records, and changes nothing."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb asks AWS

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("accounts", help="what would change in the organisation: units, guard rails, baseline")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shown = commands.add_parser("plan", help="what differs from deploy/accounts; 1 where something does")
    shown.add_argument("--state", type=Path, help="a recorded state instead of AWS")
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    record = commands.add_parser("record", help="print the state of the organisation, for --state")
    for one in (shown, record):
        one.add_argument("--profile", help="AWS profile of the management account, or one that may read for it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0; for `plan` 1 where something differs."""
    from deploy.accounts.organisation import load_organisation
    from deploy.accounts.plan import plan
    from deploy.accounts.state import recorded, to_text

    organisation = load_organisation()
    if options.command == "record":
        sys.stdout.write(to_text(_live(options.profile, organisation.baseline)))
        return 0
    state = recorded(options.state) if options.state else _live(options.profile, organisation.baseline)
    changes = plan(organisation, state)
    for change in changes:
        sys.stdout.write((json.dumps(change.to_json()) if options.json else str(change)) + "\n")
    if not changes:
        sys.stderr.write("deploy: the organisation is as the files say.\n")
    return 1 if changes else 0


def _live(profile: str | None, baseline: str) -> Any:
    import boto3

    from deploy.accounts.state import live

    # Organizations has one endpoint, in us-east-1, for the whole world; StackSets live where they were made.
    session = boto3.Session(profile_name=profile)
    return live(
        session.client("organizations", region_name="us-east-1"), session.client("cloudformation"), baseline=baseline
    )
