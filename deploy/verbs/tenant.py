"""`tenant`: on-boarding and off-boarding, a step at a time, to be repeated until it says `active` or `gone`."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploy.tenants.lifecycle.registry import Registry
    from deploy.tenants.lifecycle.steps import Place

WAITING = 3
_PAUSE_SECONDS = 15


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("tenant", help="on-board and off-board tenants; every step can be repeated and undone")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="every tenancy and its state")
    asked = commands.add_parser("onboard", help="ask for a tenancy, and go as far as it goes")
    asked.add_argument("--delivery", choices=("pooled", "silo"), required=True)
    asked.add_argument("--stage", required=True, help="the stage that serves it: shared, or its own")
    asked.add_argument("--host", required=True, help="host name of its page")
    asked.add_argument("--name", required=True, help="company name, shown to guests")
    asked.add_argument("--account", default="", help="this account instead of any of the pool")
    going = [asked]
    for name, meaning in (
        ("go-on", "go on where it stopped"),
        ("undo", "take back a tenancy that never served"),
        ("offboard", "export, wait until all is destroyed, remove, close the account"),
        ("keep", "take back an off-boarding"),
    ):
        going.append(commands.add_parser(name, help=meaning))
    for one in (listed, *going):
        one.add_argument("--registry", required=True, help="a file, or dynamodb:TABLE in the management account")
        one.add_argument("--profile", help="AWS profile of the management account")
        one.add_argument("--region", default="ap-northeast-1")
    for one in going:
        one.add_argument("tenant", help="tenant id")
        one.add_argument("--pool-unit", required=True, help="id of the organisational unit of waiting accounts")
        one.add_argument("--customers-unit", required=True)
        one.add_argument("--leaving-unit", required=True)
        one.add_argument("--exports", required=True, help="bucket for what customers take along")
        one.add_argument("--admin-email", help="first admin; needed until the step `members` is done")
        one.add_argument("--wait", type=int, default=0, metavar="SECONDS", help="how long to wait for AWS")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 at the goal, 3 where AWS is still at it, 2 where something was refused."""
    from deploy.tenants.lifecycle.machine import ask, find, state, turn
    from deploy.tenants.lifecycle.tenancy import Asked

    registry = _registry(options)
    if options.command == "list":
        for one in registry.every():
            sys.stdout.write(f"{one.tenant}\t{one.asked.delivery}\t{one.asked.stage}\t{state(one)}\n")
        return 0
    place = _place(options, registry)
    if options.command == "onboard":
        ask(place, Asked(options.tenant, options.delivery, options.stage, options.host, options.name, options.account))
    elif options.command == "go-on":
        find(place, options.tenant)
    else:
        turn(place, options.tenant, {"undo": "undone", "offboard": "gone", "keep": "active"}[options.command])  # type: ignore[arg-type]
    return _go(place, options.tenant, time.monotonic() + options.wait)


def _go(place: "Place", tenant: str, deadline: float) -> int:
    from deploy.tenants.lifecycle.machine import advance, state
    from deploy.tenants.lifecycle.world import UnderWay

    while True:
        try:
            sys.stdout.write(f"{tenant}: {state(advance(place, tenant))}\n")
            return 0
        except UnderWay as waiting:
            if time.monotonic() + _PAUSE_SECONDS > deadline:
                sys.stdout.write(f"{tenant}: waits for {waiting}; run `tenant go-on` later.\n")
                return WAITING
            time.sleep(_PAUSE_SECONDS)


def _registry(options: argparse.Namespace) -> "Registry":
    if options.registry.startswith("dynamodb:"):
        import boto3

        from deploy.tenants.lifecycle.registry_dynamodb import DynamoDBRegistry

        session = boto3.Session(profile_name=options.profile, region_name=options.region)
        return DynamoDBRegistry(session.client("dynamodb"), options.registry.partition(":")[2])
    from deploy.tenants.lifecycle.registry import FileRegistry

    return FileRegistry(Path(options.registry))


def _place(options: argparse.Namespace, registry: "Registry") -> "Place":
    from deploy.tenants.lifecycle.live import LiveWorld, Vendor
    from deploy.tenants.lifecycle.organisation import Units
    from deploy.tenants.lifecycle.steps import Place

    vendor = Vendor(
        options.profile,
        options.region,
        Units(options.pool_unit, options.customers_unit, options.leaving_unit),
        options.exports,
        ("--admin-email", options.admin_email) if options.admin_email else (),
    )
    return Place(registry, LiveWorld(vendor))
