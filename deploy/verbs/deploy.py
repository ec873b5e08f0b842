"""`deploy`: judge the templates, refuse what must not happen, then let the CDK command do it."""
# ruff: noqa: PLC0415  # CDK and boto3 are brought in when the verb runs

import argparse
import sys
from typing import Any

from deploy.cdk_command import run_cdk
from deploy.names import stack
from deploy.stage import load_stage
from deploy.verbs.synth import ASSEMBLIES
from deploy.version import note_version, refuse_going_back, this_version


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("deploy", help="bring a stage to what this tree says")
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.add_argument("--only", nargs="+", metavar="LIFECYCLE", help="these stacks alone")
    parser.add_argument("--back-to", default="", metavar="VERSION", help="roll back on purpose to this tree's version")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The exit code of the CDK command; 1 where the checks found something. The version is noted only after success."""
    from deploy.account import account_clients, refuse_half_made
    from deploy.stacks.findings import judged

    stage = load_stage(options.stage)
    version = this_version()
    clients = account_clients(stage, options.profile)
    refuse_going_back(clients("ssm"), stage, version, back_to=options.back_to)
    refuse_half_made(clients("cloudformation"), stage)
    assembly, findings = judged(stage, ASSEMBLIES / stage.name, lifecycles=options.only)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if findings:
        return 1
    stacks = [stack(stage, lifecycle) for lifecycle in options.only] if options.only else ["--all"]
    ended = run_cdk("deploy", assembly, stacks, profile=options.profile, more=["--require-approval", "never"])
    if ended == 0 and not options.only:
        note_version(clients("ssm"), stage, version)
    return ended
