"""The account behind a stage: its clients, refused where the credentials are another account's or have ended, and what is deployed there."""
# ruff: noqa: PLC0415  # boto3 is brought in by the verbs that speak to an account

import json
from collections.abc import Callable
from typing import Any, Final

from deploy.errors import Refused
from deploy.names import LIFECYCLES, stack
from deploy.stage import Stage

Clients = Callable[[str], Any]
# Credentials that have ended or never were (AWS, "Common errors" of each service).
ENDED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"}
)
# A stack in one of these states was begun and never stood.
HALF_MADE: Final = frozenset(
    {
        "CREATE_FAILED",
        "DELETE_FAILED",
        "REVIEW_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_FAILED",
    }
)


def account_clients(stage: Stage, profile: str | None) -> Clients:
    """Makes boto3 clients in the stage's Region. Raises Refused: credentials_missing, credentials_expired, account_wrong."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.Session(profile_name=profile, region_name=stage.region)
        found = session.client("sts").get_caller_identity()["Account"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ENDED:
            raise Refused(
                "credentials_expired", "The credentials have ended.", "Sign in again and repeat the command."
            ) from error
        raise
    except BotoCoreError as error:
        raise Refused(
            "credentials_missing", f"There are no usable credentials: {error}.", "Name a profile with --profile."
        ) from error
    if found != stage.account:
        raise Refused(
            "account_wrong",
            f"Stage `{stage.name}` lives in account {stage.account}; these credentials are of {found}.",
            "Choose the profile of the stage's account.",
        )
    return session.client  # type: ignore[no-any-return]  # boto3 ships no types


def stack_states(cloudformation: Any, stage: Stage) -> dict[str, str]:
    """Stack name -> state of the stage's stacks that are there."""
    wanted = {stack(stage, lifecycle) for lifecycle in LIFECYCLES}
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return {
        one["StackName"]: one["StackStatus"] for page in pages for one in page["Stacks"] if one["StackName"] in wanted
    }


def deployed_templates(cloudformation: Any, stage: Stage) -> dict[str, dict[str, Any]]:
    """Stack name -> template as it is deployed."""
    found: dict[str, dict[str, Any]] = {}
    for name in stack_states(cloudformation, stage):
        body = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        found[name] = json.loads(body) if isinstance(body, str) else dict(body)
    return found


def refuse_half_made(cloudformation: Any, stage: Stage) -> None:
    """Raises Refused("stack_half_made") that names every stack which a deployment could not go on from."""
    broken = {name: state for name, state in stack_states(cloudformation, stage).items() if state in HALF_MADE}
    if broken:
        told = ", ".join(f"{name} ({state})" for name, state in sorted(broken.items()))
        raise Refused(
            "stack_half_made",
            f"Not whole: {told}.",
            "See its events, then continue its rollback or delete that one stack, and repeat the command.",
        )
