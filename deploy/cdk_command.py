"""The CDK command, which uploads assets and drives CloudFormation; everything is decided before it is called."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.errors import Refused

# The locked one (`make cdk`) comes before any that the machine has.
PINNED: Final = Path(__file__).resolve().parents[1] / "requirements/cdk/node_modules/.bin/cdk"


def run_cdk(
    verb: str, assembly: Path | None, stacks: Sequence[str], *, profile: str | None, more: Sequence[str] = ()
) -> int:
    """Run ``cdk <verb>`` over a synthesized folder, or over none; gives its exit code. Raises Refused("cdk_missing").

    It runs in a folder of its own, because it writes what it looked up (`cdk.context.json`) to where it stands.
    """
    command = str(PINNED) if PINNED.exists() else shutil.which("cdk")
    if command is None:
        raise Refused("cdk_missing", "There is no `cdk` command.", "Run `make cdk` and repeat.")
    named = ["--profile", profile] if profile else []
    over = ["--app", str(assembly.resolve())] if assembly is not None else []
    # CI: a line for each event instead of a moving picture, and no questions.
    told = {**os.environ, "CI": "true"}
    with tempfile.TemporaryDirectory() as folder:
        asked = [command, verb, *over, *named, *more, *stacks]
        return subprocess.run(asked, cwd=folder, env=told, check=False).returncode
