"""`chalice package` in a staged folder: the zip of app, chalicelib and vendor, and the template of functions and API."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.errors import Refused
from deploy.packaging.archive import read_zip
from deploy.packaging.staging import CHALICE_STAGE

_COMMAND = "from chalice.cli import main; main()"


def chalice_package(staged: Path, out: Path, merged: dict[str, Any]) -> tuple[dict[str, bytes], dict[str, Any]]:
    """(files of the zip, template) of the app in ``staged``; ``merged`` is merged into the template by Chalice.

    Raises Refused("chalice_failed") with Chalice's last line.
    """
    merge_file = staged / ".chalice" / "merge.json"
    merge_file.write_text(json.dumps(merged), "utf-8")
    command = [sys.executable, "-c", _COMMAND, "--project-dir", str(staged), "package", "--stage", CHALICE_STAGE]
    command += ["--pkg-format", "cloudformation", "--merge-template", str(merge_file), str(out)]
    ended = subprocess.run(command, cwd=staged, capture_output=True, text=True, check=False, env=_environment(staged))
    if ended.returncode:
        said = (ended.stderr.strip() or ended.stdout.strip() or "nothing").splitlines()[-1]
        raise Refused(
            "chalice_failed", f"chalice package of {staged.name} said: {said}", "Correct app.py or its config."
        )
    template: dict[str, Any] = json.loads((out / "sam.json").read_text("utf-8"))
    return _compiled_left_out(read_zip(out / "deployment.zip")), template


def _environment(staged: Path) -> dict[str, str]:
    """No credentials and no settings of whoever packages; Chalice wants to know a Region, which the template does not hold."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(staged),
        "LANG": "C.UTF-8",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def _compiled_left_out(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if "__pycache__" not in name}
