"""The CDK command, which uploads assets and drives CloudFormation; everything is decided before it is called."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.errors import Refused


def run_cdk(verb: str, assembly: Path, stacks: Sequence[str], *, profile: str | None, more: Sequence[str] = ()) -> int:
    """Run ``cdk <verb>`` over a synthesized folder; gives its exit code. Raises Refused("cdk_missing")."""
    command = shutil.which("cdk")
    if command is None:
        raise Refused("cdk_missing", "There is no `cdk` command.", "Install the npm package aws-cdk and repeat.")
    named = ["--profile", profile] if profile else []
    return subprocess.run([command, verb, "--app", str(assembly), *named, *more, *stacks], check=False).returncode
