"""Which version is deployed, and the guard against going back: stores are migrated forward, so older services must not meet newer records."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused
from deploy.names import parameter
from deploy.stage import Stage

_PROJECT: Final = Path(__file__).resolve().parent.parent / "pyproject.toml"
_FORM: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def this_version(project: Path = _PROJECT) -> str:
    """The version of this tree."""
    return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])


def ordered(version: str) -> tuple[int, int, int]:
    """Comparable numbers of a version. Raises Refused("version_unreadable")."""
    found = _FORM.fullmatch(version)
    if found is None:
        raise Refused(
            "version_unreadable", f"`{version}` is no version such as 1.2.3.", "Write it so in pyproject.toml."
        )
    major, minor, patch = (int(part) for part in found.groups())
    return major, minor, patch


def refuse_going_back(ssm: Any, stage: Stage, version: str, *, back_to: str = "") -> None:
    """Raises Refused("version_older") where a newer version is deployed, unless ``back_to`` names exactly the version to go back to.

    ``ssm`` is a boto3 SSM client. Nothing deployed yet is no fault.
    """
    wanted = ordered(version)
    deployed = deployed_version(ssm, stage)
    if deployed is None or wanted >= ordered(deployed) or back_to == version:
        return
    raise Refused(
        "version_older",
        f"Stage `{stage.name}` runs {deployed}, this tree is {version}.",
        f"Deploy from the newer tree. Where {deployed} is to be rolled back on purpose, add --back-to {version}.",
    )


def deployed_version(ssm: Any, stage: Stage) -> str | None:
    """What the last deployment noted, or None before the first."""
    try:
        return str(ssm.get_parameter(Name=parameter(stage, "deployed-version"))["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def note_version(ssm: Any, stage: Stage, version: str) -> None:
    """Called after a deployment that succeeded. The parameter belongs to no stack: a rolled back stack must not take it along."""
    if deployed_version(ssm, stage) == version:
        return
    ssm.put_parameter(Name=parameter(stage, "deployed-version"), Value=version, Type="String", Overwrite=True)
