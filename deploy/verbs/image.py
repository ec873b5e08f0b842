"""`python -m deploy image`: the image of all services, for Lambda and for hosts."""
# ruff: noqa: T201  # a command line prints

import argparse
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Register the verb."""
    verb: argparse.ArgumentParser = verbs.add_parser(
        "image", help="build the image of all services, without a daemon (root)"
    )
    verb.add_argument("--build", type=Path, default=Path("build"), help="folder to write to (build)")
    verb.add_argument("--page", type=Path, help="built page to put in (web/build/page)")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build; 0 when it went well. Prints archive, size and digest."""
    from deploy.packaging.image import build_image  # noqa: PLC0415  # other verbs start without it

    made = build_image(options.build.absolute(), page=options.page)
    print(f"{made.archive}  {made.size / 1e6:.1f} MB  {made.digest}")
    return 0
