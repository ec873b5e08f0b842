"""The product's own command over a stage: with the settings that its deployed function has, so that it reads and writes as the function does."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.account import Clients
from deploy.errors import Refused
from deploy.names import function, hold_parameter
from deploy.stage import Stage

_ROOT: Final = Path(__file__).resolve().parents[2]


def function_settings(functions: Any, stage: Stage) -> dict[str, str]:
    """FUMIBAKO_* of the deployed API of transfers. ``functions`` is a boto3 Lambda client. Raises Refused("services_absent")."""
    name = function(stage, "transfers", "api_handler")
    try:
        found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    except functions.exceptions.ResourceNotFoundException as error:
        raise Refused(
            "services_absent",
            f"There is no function {name}.",
            f"Deploy the services: `python -m deploy deploy --stage {stage.name} --only services`.",
        ) from error
    return {name: value for name, value in found.items() if name.startswith("FUMIBAKO_") and value}


def settle(clients: Clients, stage: Stage, arguments: Sequence[str], credentials: Mapping[str, str]) -> int:
    """Run `settle` of the runtime over the stage; gives its exit code. Raises Refused: stage_not_held, services_absent.

    ``credentials`` are variables of the environment, a profile's name or keys.
    """
    ssm = clients("ssm")
    try:
        ssm.get_parameter(Name=hold_parameter(stage))
    except ssm.exceptions.ParameterNotFound as error:
        raise Refused(
            "stage_not_held",
            f"Stage `{stage.name}` is at work.",
            f"Run `python -m deploy hold --stage {stage.name}` first: people would meet transfers that are about to go.",
        ) from error
    settings = function_settings(clients("lambda"), stage)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FUMIBAKO_")}
    environ = {**kept, **settings, **credentials, "AWS_REGION": stage.region, "AWS_DEFAULT_REGION": stage.region}
    command = [sys.executable, "-m", "onprem.runtime", "settle", *arguments]
    return subprocess.run(command, cwd=_ROOT, env=environ, check=False).returncode
