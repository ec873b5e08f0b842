"""The account behind a stage: its clients, refused where the credentials are another account's or have ended, and what is deployed there."""
# ruff: noqa: PLC0415  # boto3 is brought in by the verbs that speak to an account

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from deploy.errors import Refused
from deploy.names import LIFECYCLES, stack, stack_region
from deploy.stage import Stage

# A boto3 session's ``client``: the service, and ``region_name`` where it is not the stage's.
Clients = Callable[..., Any]
# Credentials that have ended or never were (AWS, "Common errors" of each service).
ENDED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"}
)
# A stack in one of these states was begun and never stood, or does not come back by itself; with what mends each
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html).
HALF_MADE: Final = {
    "CREATE_FAILED": "delete it: nothing was ever in it",
    "DELETE_FAILED": "see its events for what could not go, then delete it again",
    "IMPORT_ROLLBACK_FAILED": "see its events, then continue its rollback",
    "REVIEW_IN_PROGRESS": "delete it: nothing was ever in it",
    "ROLLBACK_COMPLETE": "delete it: nothing was ever in it",
    "ROLLBACK_FAILED": "see its events for what could not go, then delete it",
    "UPDATE_ROLLBACK_FAILED": "continue its rollback: what it holds stays",
}


def account_clients(stage: Stage, profile: str | None) -> Clients:
    """Makes boto3 clients in the stage's Region. Raises Refused: credentials_missing, credentials_expired, account_wrong."""
    clients, found = signed_in(stage.region, profile, "--profile")
    if found != stage.account:
        raise Refused(
            "account_wrong",
            f"Stage `{stage.name}` lives in account {stage.account}; these credentials are of {found}.",
            "Choose the profile of the stage's account.",
        )
    return clients


def signed_in(region: str, profile: str | None, option: str) -> tuple[Clients, str]:
    """Clients of a profile, and whose account it is. ``option`` names the profile on the command line. Raises Refused: credentials_missing,
    credentials_expired.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    told = f" of `{profile}`" if profile else ""
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        return session.client, str(session.client("sts").get_caller_identity()["Account"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ENDED:
            raise Refused(
                "credentials_expired", f"The credentials{told} have ended.", "Sign in again and repeat the command."
            ) from error
        raise
    except BotoCoreError as error:
        raise Refused(
            "credentials_missing",
            f"There are no usable credentials{told}: {error}.",
            f"Name a profile with {option}.",
        ) from error


def refused_by_aws(error: Exception) -> Refused | None:
    """What AWS, or the way to it, said no to and no verb had a word for: credentials_expired, aws_refused. None: another kind of error."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    if isinstance(error, ParamValidationError):
        # We asked what can't be asked.
        return None
    if isinstance(error, ClientError) and error.response["Error"].get("Code") in ENDED:
        return Refused(
            "credentials_expired",
            "The credentials have ended.",
            "Sign in again and repeat the command; what was done stays done.",
        )
    if isinstance(error, ClientError | BotoCoreError):
        return Refused(
            "aws_refused",
            f"{error}.",
            "Where a right is lacking, choose another profile; else repeat the command: it goes on where it stopped.",
        )
    return None


def regions_of(stage: Stage) -> list[str]:
    """The Regions in which the stage has stacks, its own first."""
    return list(dict.fromkeys([stage.region, *(stack_region(stage, one) for one in LIFECYCLES)]))


def described_stacks(clients: Clients, stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """(lifecycle, what CloudFormation says of its stack) for those of the stage's stacks that are there, each in its own Region."""
    for region in regions_of(stage):
        wanted = {stack(stage, one): one for one in LIFECYCLES if stack_region(stage, one) == region}
        pages = clients("cloudformation", region_name=region).get_paginator("describe_stacks").paginate()
        for one in (one for page in pages for one in page["Stacks"]):
            if one["StackName"] in wanted:
                yield wanted[one["StackName"]], one


def stack_states(clients: Clients, stage: Stage) -> dict[str, str]:
    """Stack name -> state of the stage's stacks that are there."""
    return {one["StackName"]: one["StackStatus"] for _, one in described_stacks(clients, stage)}


def deployed_templates(clients: Clients, stage: Stage) -> dict[str, dict[str, Any]]:
    """Stack name -> template as it is deployed."""
    found: dict[str, dict[str, Any]] = {}
    for lifecycle, one in described_stacks(clients, stage):
        cloudformation = clients("cloudformation", region_name=stack_region(stage, lifecycle))
        body = cloudformation.get_template(StackName=one["StackName"], TemplateStage="Original")["TemplateBody"]
        found[one["StackName"]] = json.loads(body) if isinstance(body, str) else dict(body)
    return found


def refuse_half_made(clients: Clients, stage: Stage) -> None:
    """Raises Refused: stack_busy where CloudFormation is at work, stack_half_made for what no deployment could go on from.

    Each stack is named with its state, its Region and what mends it.
    """
    states = [(lifecycle, one["StackName"], one["StackStatus"]) for lifecycle, one in described_stacks(clients, stage)]
    moving = [f"{name} ({state})" for _, name, state in states if _moves(state)]
    if moving:
        raise Refused(
            "stack_busy",
            f"CloudFormation is at work: {', '.join(sorted(moving))}.",
            "Somebody else deploys. Wait until it is through, and repeat the command.",
        )
    broken = [(lifecycle, name, state) for lifecycle, name, state in states if state in HALF_MADE]
    if broken:
        told = ", ".join(f"{name} ({state})" for _, name, state in sorted(broken))
        mends = "; ".join(
            f"{name} in {stack_region(stage, lifecycle)}: {HALF_MADE[state]}"
            for lifecycle, name, state in sorted(broken)
        )
        raise Refused("stack_half_made", f"Not whole: {told}.", f"{mends}. Then repeat the command.")


def _moves(state: str) -> bool:
    """REVIEW_IN_PROGRESS moves no more: it waits for a change set that nobody executed."""
    return state.endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS"
