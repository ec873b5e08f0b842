"""`accounts`: the organisation against its files: shown, carried out, and accounts vended ahead of need."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb asks AWS

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploy.accounts.organisation import Organisation
    from deploy.accounts.state import State

WAITING = 3


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "accounts",
        help="the organisation: units, guard rails, baseline, and accounts ahead of need",
        description="`plan` and `record` read alone; `apply` and `vend` change the organisation.",
        epilog="Ends with 0, with 1 where something differs, with 3 where AWS is still at it (repeat it), with 2 for what was refused.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shown = commands.add_parser("plan", help="what differs from deploy/accounts; 1 where something does")
    shown.add_argument("--state", type=Path, help="a recorded state instead of AWS")
    shown.add_argument("--json", action="store_true", help="one JSON object a line, with the id of each change")
    record = commands.add_parser("record", help="print the state of the organisation, for --state")
    done = commands.add_parser("apply", help="carry out the plan, one change at a time; without --yes it is only shown")
    done.add_argument("--yes", action="store_true", help="do it")
    done.add_argument("--only", nargs="+", default=[], metavar="ID", help="changes whose id begins so")
    done.add_argument(
        "--accept", nargs="+", default=[], metavar="ID", help="changes of what is there, marked !!, that you have read"
    )
    done.add_argument(
        "--alarm-address", default="", help="who the baseline tells of budgets; needed when it is first made"
    )
    vended = commands.add_parser("vend", help="make accounts until so many wait in the pool")
    vended.add_argument("--count", type=int, required=True, help="how many should wait there")
    vended.add_argument("--email", required=True, help="pattern of their addresses, such as aws+{name}@example.com")
    vended.add_argument("--wait", type=int, default=0, metavar="SECONDS", help="how long to wait for AWS")
    for one in (shown, record, done, vended):
        one.add_argument("--profile", help="AWS profile of the management account, or one that may do it for it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0; 1 where something differs, 3 where AWS is still at it."""
    from deploy.accounts.organisation import load_organisation
    from deploy.accounts.plan import plan
    from deploy.accounts.state import recorded, to_text
    from deploy.tenants.lifecycle.world import UnderWay

    organisation = load_organisation()
    try:
        if options.command == "apply":
            return _apply(options, organisation)
        if options.command == "vend":
            return _vend(options)
        if options.command == "record":
            sys.stdout.write(to_text(_live(options.profile, organisation)))
            return 0
        state = recorded(options.state) if options.state else _live(options.profile, organisation)
    except UnderWay as waiting:
        sys.stdout.write(f"waits for {waiting}; repeat the command later.\n")
        return WAITING
    changes = plan(organisation, state)
    for change in changes:
        sys.stdout.write((json.dumps(change.to_json()) if options.json else str(change)) + "\n")
    if not changes:
        sys.stderr.write("deploy: the organisation is as the files say.\n")
    return 1 if changes else 0


def _apply(options: argparse.Namespace, organisation: "Organisation") -> int:
    from deploy.accounts.apply import Chosen, OrganisationChanges
    from deploy.accounts.plan import plan

    clients = _clients(options.profile)
    doing = OrganisationChanges(*clients, organisation, alarm_address=options.alarm_address)
    chosen = Chosen(options.only, options.accept).of(plan(organisation, _live(options.profile, organisation)))
    baseline_done = False
    for change in chosen:
        if options.yes and not (change.act == "baseline" and baseline_done):
            doing.do(change)
            baseline_done = baseline_done or change.act == "baseline"
        sys.stdout.write(f"{'done ' if options.yes else ''}{change}\n")
        sys.stdout.flush()
    if not options.yes:
        sys.stderr.write(f"deploy: {len(chosen)} changes; nothing was done. Add --yes.\n")
        return 1 if chosen else 0
    left = plan(organisation, _live(options.profile, organisation))
    sys.stderr.write(f"deploy: {len(left)} differences are left; `accounts plan` shows them.\n")
    return 1 if left else 0


def _vend(options: argparse.Namespace) -> int:
    from deploy.accounts.state import unit_id
    from deploy.accounts.vend import Vending

    client, _ = _clients(options.profile)
    vending = Vending(client, unit_id(client, "pool"), options.email, float(options.wait))
    for account in vending.until(options.count):
        sys.stdout.write(f"{account}\n")
        sys.stdout.flush()
    return 0


def _live(profile: str | None, organisation: "Organisation") -> "State":
    from deploy.accounts.state import live

    return live(*_clients(profile), baseline=organisation.baseline)


def _clients(profile: str | None) -> tuple[Any, Any]:
    import boto3

    # Organizations has one endpoint, in us-east-1, for the whole world; StackSets live where they were made.
    session = boto3.Session(profile_name=profile)
    return session.client("organizations", region_name="us-east-1"), session.client("cloudformation")
