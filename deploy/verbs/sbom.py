"""`sbom`: a bill of materials of everything that was built."""
# ruff: noqa: PLC0415  # a verb brings in what it needs when it runs

import argparse
import sys
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("sbom", help="write bills of materials (CycloneDX) of zips, images and page")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where the other verbs wrote to (build)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when each is written. Prints their paths. Raises Refused("packages_missing")."""
    from deploy.errors import Refused
    from deploy.page_build import PAGE
    from deploy.supply.sbom import write_bills
    from deploy.version import this_version

    if not (options.build / "packages" / "manifest.json").is_file():
        raise Refused(
            "packages_missing", f"There are no packages in {options.build}.", "Run `python -m deploy package`."
        )
    for path in write_bills(options.build, PAGE.parents[1], this_version()):
        sys.stdout.write(f"{path}\n")
    return 0
