"""`deploy`: judge the templates, refuse what must not happen, then let the CDK command do it."""
# ruff: noqa: PLC0415  # CDK and boto3 are brought in when the verb runs

import argparse
import sys
from pathlib import Path
from typing import Any

from deploy.cdk_command import run_cdk
from deploy.names import stack
from deploy.stage import load_stage
from deploy.verbs.synth import ASSEMBLIES, known_lifecycles
from deploy.version import note_version, refuse_going_back, this_version


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "deploy",
        help="bring a stage to what this tree says",
        description="Looks at the account first and refuses what must not happen, with nothing changed; then the CDK command deploys.",
        epilog="Ends with 0 when every stack stands, 1 where the checks found something or CDK failed, 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument(
        "--only", nargs="+", metavar="LIFECYCLE", help="these stacks alone; the version is not noted then"
    )
    parser.add_argument("--back-to", default="", metavar="VERSION", help="roll back on purpose to this tree's version")
    parser.add_argument("--take-over", action="store_true", help="a deployment that was killed left its turn behind")
    parser.add_argument("--release", type=Path, metavar="FOLDER", help="go on only where this signed release is whole")
    parser.add_argument("--key", type=Path, help="public key of releases (PEM); with --release")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The exit code of the CDK command; 1 where the checks found something. The version is noted only after success."""
    from deploy.account import account_clients
    from deploy.app import written
    from deploy.before import refuse_held, refuse_unready
    from deploy.stacks.findings import judged
    from deploy.supply.verify import refuse_unsigned
    from deploy.turn import turn

    if options.release is not None or options.key is not None:
        refuse_unsigned(options.release, options.key)
    stage = load_stage(options.stage)
    lifecycles = known_lifecycles(options.only)
    version = this_version()
    clients = account_clients(stage, options.profile)
    refuse_going_back(clients("ssm"), stage, version, back_to=options.back_to)
    refuse_unready(clients, stage, lifecycles or written())
    assembly, findings = judged(stage, ASSEMBLIES / stage.name, lifecycles=lifecycles)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if findings:
        return 1
    stacks = [stack(stage, lifecycle) for lifecycle in lifecycles] if lifecycles else ["--all"]
    with turn(clients("ssm"), stage, f"deployment of {version}", take_over=options.take_over):
        # Somebody may have been here while the templates were made.
        refuse_held(clients("ssm"), stage)
        refuse_going_back(clients("ssm"), stage, version, back_to=options.back_to)
        ended = run_cdk("deploy", assembly, stacks, profile=options.profile, more=["--require-approval", "never"])
        if ended == 0 and not options.only:
            note_version(clients("ssm"), stage, version)
    if ended:
        sys.stderr.write(
            f"deploy: CDK ended with {ended}. Read what it said, mend it, and repeat: stacks that stand are left as they are.\n"
        )
    return ended
