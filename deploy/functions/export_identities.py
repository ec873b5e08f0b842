"""Write every user of a pool, with groups, as a new version of one object: what identities are made from again should the pool be lost."""

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3


def handler(_event: Any, _context: Any) -> dict[str, int]:
    """Called with a batch of whatever asked for an export; however many asked, one object is written."""
    pool, bucket = os.environ["USER_POOL_ID"], os.environ["BUCKET"]
    cognito = boto3.client("cognito-idp")
    groups: dict[str, list[str]] = {}
    for group in pages(cognito, "list_groups", "Groups", UserPoolId=pool):
        name = group["GroupName"]
        for user in pages(cognito, "list_users_in_group", "Users", UserPoolId=pool, GroupName=name):
            groups.setdefault(user["Username"], []).append(name)
    users = list(pages(cognito, "list_users", "Users", UserPoolId=pool))
    lines = [line(user, groups.get(user["Username"], [])) for user in users]
    body = "".join(lines).encode()
    boto3.client("s3").put_object(Bucket=bucket, Key=os.environ["KEY"], Body=body, ContentType="application/jsonl")
    # Counts alone: names and addresses stay out of the log.
    print(json.dumps({"event": "identities_exported", "users": len(users)}))  # noqa: T201  # a function's log is its stdout
    return {"users": len(users)}


def line(user: dict[str, Any], groups: list[str]) -> str:
    """One user as a line of JSON."""
    return (
        json.dumps(
            {
                "username": user["Username"],
                "enabled": user["Enabled"],
                "status": user["UserStatus"],
                "attributes": {each["Name"]: each["Value"] for each in user["Attributes"]},
                "groups": sorted(groups),
            },
            ensure_ascii=False,
            sort_keys=True,
        )
        + "\n"
    )


def pages(cognito: Any, operation: str, member: str, **asked: str) -> Iterator[dict[str, Any]]:
    """Every item of a paged answer."""
    for page in cognito.get_paginator(operation).paginate(**asked):
        yield from page[member]
