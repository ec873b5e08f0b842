"""`prove`: ask a real account what only it can show."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb asks AWS

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploy.prove.check import Check


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("prove", help="check in a real account what the documents mark as not proved without one")
    parser.add_argument("--list", action="store_true", help="print the checks and ask nobody")
    parser.add_argument("--stage", help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument("--management-profile", help="AWS profile of the organisation's management account")
    parser.add_argument("--only", default="", metavar="ID,...", help="these checks alone")
    parser.add_argument("--probe", action="store_true", help="also checks that change something for a moment")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep the answers, without secrets, a file a check")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 all proved, 1 some failed, 3 some not run; with `--list` 0."""
    from deploy.errors import Refused
    from deploy.prove import report
    from deploy.prove.session import prove

    checks = _chosen(options.only)
    if options.list:
        for check in checks:
            sys.stdout.write(report.listed(check, as_json=options.json) + "\n")
        return 0
    if not options.stage:
        raise Refused("stage_unnamed", "Whose account is asked?", "Name a stage with --stage, or use --list.")
    results = []
    for result in prove(options, checks):
        results.append(result)
        sys.stdout.write((report.line(result) if options.json else report.block(result)) + "\n")
        sys.stdout.flush()
    sys.stderr.write(f"deploy: {report.counts(results)}\n")
    return report.exit_code(results)


def _chosen(only: str) -> "list[Check]":
    from deploy.errors import Refused
    from deploy.prove.checks import all_checks

    checks = list(all_checks())
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    unknown = sorted(set(wanted) - {check.id for check in checks})
    if unknown:
        raise Refused(
            "check_unknown", f"There is no check {', '.join(unknown)}.", "`python -m deploy prove --list` names them."
        )
    return [check for check in checks if not wanted or check.id in wanted]
