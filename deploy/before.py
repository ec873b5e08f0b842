"""What is looked at before a deployment changes anything: an account that is ready, names that are free, quotas that suffice."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.account import Clients, described_stacks, refuse_half_made, regions_of
from deploy.errors import Refused
from deploy.names import (
    SERVICES,
    access_logs_bucket,
    blobs_bucket,
    hold_parameter,
    identity_export_bucket,
    page_bucket,
    records_table,
    wrapped_keys_table,
)
from deploy.stage import Stage

# What the CDK command writes when it prepared an account and Region
# (https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html).
PREPARED: Final = "/cdk-bootstrap/hnb659fds/version"
OWNER_TAG: Final = "fumibako:stage"


def refuse_unready(clients: Clients, stage: Stage, lifecycles: Iterable[str]) -> None:
    """Raises Refused: stage_held, account_unprepared, account_taken, stack_busy, stack_half_made, name_taken, quota_reached.

    ``lifecycles`` are those that are about to be deployed. Nothing is changed.
    """
    wanted = list(lifecycles)
    refuse_held(clients("ssm"), stage)
    _refuse_unprepared(clients, stage)
    _refuse_taken_account(clients, stage)
    refuse_half_made(clients, stage)
    there = {lifecycle for lifecycle, _ in described_stacks(clients, stage)}
    _refuse_taken_names(clients, stage, [one for one in wanted if one not in there])
    if "services" in wanted:
        _refuse_low_concurrency(clients("lambda"), stage)


def unprepared(clients: Clients, stage: Stage) -> list[str]:
    """Regions of the stage in which the account is not prepared."""
    return [one for one in regions_of(stage) if not has_parameter(clients("ssm", region_name=one), PREPARED)]


def refuse_held(ssm: Any, stage: Stage) -> None:
    """Raises Refused("stage_held"): what is changed now would move while records are put back. ``ssm`` is a boto3 client."""
    if has_parameter(ssm, hold_parameter(stage)):
        raise Refused(
            "stage_held",
            f"Stage `{stage.name}` is held: its schedules and queues are switched off.",
            f"End it with `python -m deploy release --stage {stage.name}`, and repeat the command.",
        )


def _refuse_unprepared(clients: Clients, stage: Stage) -> None:
    lacking = unprepared(clients, stage)
    if lacking:
        raise Refused(
            "account_unprepared",
            f"Account {stage.account} is not prepared in {', '.join(lacking)}.",
            f"Run `python -m deploy prepare --stage {stage.name}`, and repeat the command.",
        )


def _refuse_taken_account(clients: Clients, stage: Stage) -> None:
    """A silo has its account alone: that is what keeps it apart."""
    if stage.delivery != "silo":
        return
    others = {owner for region in regions_of(stage) for owner in _owners(clients, region)} - {stage.name}
    if others:
        raise Refused(
            "account_taken",
            f"Account {stage.account} holds the stacks of {', '.join(f'`{one}`' for one in sorted(others))}.",
            "A silo has an account of its own: name another in the stage's file.",
        )


def _owners(clients: Clients, region: str) -> Iterator[str]:
    pages = clients("cloudformation", region_name=region).get_paginator("describe_stacks").paginate()
    for one in (one for page in pages for one in page["Stacks"] if one["StackName"].startswith("fumibako-")):
        yield from (tag["Value"] for tag in one.get("Tags", []) if tag["Key"] == OWNER_TAG)


def _refuse_taken_names(clients: Clients, stage: Stage, new: list[str]) -> None:
    """A new stack can't make what is there: kept by a stack that went, made by hand, or another account's."""
    buckets = {
        "blobs": (blobs_bucket(stage), access_logs_bucket(stage)),
        "front": (page_bucket(stage),),
        "identity": (identity_export_bucket(stage),),
    }
    tables = {"data": (records_table(stage), wrapped_keys_table(stage))}
    taken = [
        *(f"bucket {one}" for each in new for one in buckets.get(each, ()) if _bucket_is(clients("s3"), one)),
        *(f"table {one}" for each in new for one in tables.get(each, ()) if _table_is(clients("dynamodb"), one)),
    ]
    if taken:
        raise Refused(
            "name_taken",
            f"There already, and in no stack of stage `{stage.name}`: {', '.join(taken)}.",
            "Take it in with `cdk import` where it is this stage's (docs/cloud/README.md), or give the stage another name.",
        )


def _bucket_is(s3: Any, name: str) -> bool:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        # 403: it is there, and another account's.
        return str(error.response["Error"]["Code"]) not in ("404", "NoSuchBucket")
    return True


def _table_is(dynamodb: Any, name: str) -> bool:
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def concurrency_quota(functions: Any) -> int:
    """Executions at once that Lambda gives the account in that client's Region."""
    return int(functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"])


def _refuse_low_concurrency(functions: Any, stage: Stage) -> None:
    """CloudFormation would notice in the middle of the services, with the first half of them changed."""
    given = concurrency_quota(functions)
    if given < stage.account_concurrency:
        raise Refused(
            "quota_reached",
            f"Account {stage.account} runs {given} executions at once in {stage.region}; stage `{stage.name}` counts on "
            f"{stage.account_concurrency} for {len(SERVICES)} services.",
            "Ask for more in Service Quotas (Lambda, L-B99A9384), or lower account_concurrency and reserved_concurrency.",
        )


def has_parameter(ssm: Any, name: str) -> bool:
    """Whether Parameter Store of that Region knows the name."""
    try:
        ssm.get_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        return False
    return True
