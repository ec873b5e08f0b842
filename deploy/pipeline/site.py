"""The real ways into a stage's account: the release role for what changes, the CDK's own lookup role for what is only read."""
# ruff: noqa: PLC0415  # boto3 is brought in by the verbs that speak to an account

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from deploy.account import Clients, account_clients
from deploy.cdk_command import run_cdk
from deploy.pipeline.bring import Site
from deploy.pipeline.store import ReleaseStore
from deploy.stage import Stage
from deploy.tenants.lifecycle.smoke import HttpSmoke

# A role that a role assumes lasts an hour at most; a watch may take longer.
_RENEW_SECONDS: Final = 1_800


class Looking:
    """boto3 clients of the CDK's lookup role, which may read and change nothing. ``clients`` assumes it, anew where it grew old."""

    def __init__(self, clients: Clients, stage: Stage) -> None:
        self._clients = clients
        self._stage = stage
        self._session: Any = None
        self._made = 0.0

    def __call__(self, service: str, **more: Any) -> Any:
        """A client, in the stage's Region where ``more`` does not name another."""
        import boto3

        if self._session is None or time.monotonic() - self._made > _RENEW_SECONDS:
            stage = self._stage
            role = f"arn:aws:iam::{stage.account}:role/cdk-hnb659fds-lookup-role-{stage.account}-{stage.region}"
            got = self._clients("sts").assume_role(RoleArn=role, RoleSessionName="fumibako-look")["Credentials"]
            self._session = boto3.Session(
                got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], region_name=stage.region
            )
            self._made = time.monotonic()
        return self._session.client(service, **more)


def site_of(stage: Stage, key: Path, profile: str | None) -> Site:
    """The stage as this machine reaches it. Raises Refused as `account_clients` does."""
    clients = account_clients(stage, profile)

    def cdk(assembly: Path, stacks: Sequence[str], *, exclusively: bool) -> int:
        more = ["--require-approval", "never", *(["--exclusively"] if exclusively else [])]
        return run_cdk("deploy", assembly, stacks, profile=profile, more=more)

    return Site(
        stage=stage,
        clients=clients,
        look=Looking(clients, stage),
        cdk=cdk,
        smoke=HttpSmoke().faults,
        key=key,
        store=ReleaseStore(clients("ecr"), clients("ssm")),
    )
