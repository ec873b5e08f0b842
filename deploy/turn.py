"""One at a time: who changes a stage takes its turn first, by a parameter that only one can make.

    A: put (must be absent) ---- cdk, minutes ---- note the version ---- delete
    B:                put: ParameterAlreadyExists, Refused("stage_busy"), nothing was touched
    [A killed]: the parameter stays; whoever knows that nothing runs any more says --take-over

CloudFormation refuses two changes of one stack, but not that the stacks of one stage come from two trees.
"""

import getpass
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from deploy.errors import Refused
from deploy.names import turn_parameter
from deploy.stage import Stage


@contextmanager
def turn(ssm: Any, stage: Stage, what: str, *, take_over: bool = False) -> Iterator[None]:
    """The stage is ours while the block runs. Raises Refused("stage_busy") with who has it and since when. ``ssm`` is a boto3 client."""
    mine = json.dumps({"what": what, "who": _who(), "since": datetime.now(UTC).isoformat(timespec="milliseconds")})
    name = turn_parameter(stage)
    try:
        ssm.put_parameter(Name=name, Value=mine, Type="String", Overwrite=take_over)
    except ssm.exceptions.ParameterAlreadyExists as error:
        raise Refused(
            "stage_busy",
            f"Stage `{stage.name}` is being changed: {_told(ssm, name)}.",
            "Wait until that is through. Where it was killed and nothing runs any more, add --take-over.",
        ) from error
    try:
        yield
    finally:
        # Not another's, who took it over meanwhile.
        if _held(ssm, name) == mine:
            with suppress(ssm.exceptions.ParameterNotFound):
                ssm.delete_parameter(Name=name)


def taken(ssm: Any, stage: Stage) -> str:
    """Who changes the stage now, what and since when; empty where nobody does. ``ssm`` is a boto3 client."""
    name = turn_parameter(stage)
    return "" if _held(ssm, name) is None else _told(ssm, name)


def _told(ssm: Any, name: str) -> str:
    try:
        held = json.loads(_held(ssm, name) or "")
        return f"{held['what']} by {held['who']} since {held['since']}"
    except (ValueError, KeyError, TypeError):
        return "by somebody"


def _held(ssm: Any, name: str) -> str | None:
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def _who() -> str:
    """For people who ask around; nothing is decided by it."""
    try:
        return f"{getpass.getuser()} on {socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()
