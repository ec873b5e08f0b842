"""`python -m deploy package`: stage and package the services."""
# ruff: noqa: T201  # a command line prints

import argparse
from pathlib import Path
from typing import Any

from deploy.names import SERVICES


def add_to(verbs: Any) -> None:
    """Register the verb."""
    verb: argparse.ArgumentParser = verbs.add_parser(
        "package", help="stage each service and write its zip and template"
    )
    verb.add_argument("--build", type=Path, default=Path("build"), help="folder to write to (build)")
    verb.add_argument("--service", choices=SERVICES, action="append", help="this one alone; may be repeated")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Package; 0 when it went well. Prints a line for each service."""
    from deploy.packaging.package import package  # noqa: PLC0415  # other verbs start without it

    for one in package(options.build.absolute(), services=options.service or SERVICES):
        print(
            f"{one.service:<14} {one.packed / 1e6:6.2f} MB packed  {one.unpacked / 1e6:6.2f} MB unpacked  {one.zip_digest}"
        )
    return 0
