"""`python -m deploy VERB`: every module in deploy/verbs is a verb; a new one only needs its file."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

import deploy.verbs
from deploy.account import refused_by_aws
from deploy.errors import Refused

REFUSED = 2


def parser() -> argparse.ArgumentParser:
    """The parser with every verb. Importing a verb is cheap: each brings in CDK or boto3 only when it runs."""
    made = argparse.ArgumentParser(prog="python -m deploy", description="Makes and keeps Fumibako on AWS.")
    verbs = made.add_subparsers(title="verbs", dest="verb", required=True, metavar="VERB")
    for found in sorted(pkgutil.iter_modules(deploy.verbs.__path__), key=lambda module: module.name):
        if not found.name.startswith("_"):
            importlib.import_module(f"deploy.verbs.{found.name}").add_to(verbs)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; gives its exit code, or 2 for what was refused, by us or by AWS."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Refused as refused:
        return _told(refused)
    except Exception as error:
        by_aws = refused_by_aws(error)
        if by_aws is None:
            raise
        return _told(by_aws)


def _told(refused: Refused) -> int:
    sys.stderr.write(f"deploy: {refused.detail} [{refused.code}]\n  next: {refused.hint}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
