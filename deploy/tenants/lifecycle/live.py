"""The world as it is: the adapters over one operator's credentials. Only the verb `tenant` builds it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3

from deploy.account import Clients
from deploy.errors import Refused
from deploy.names import function, parameter, stack_region
from deploy.stage import Stage, load_stage
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.dns import Route53Domains, Target
from deploy.tenants.lifecycle.members import StageMembers
from deploy.tenants.lifecycle.organisation import OrganisationAccounts, Units
from deploy.tenants.lifecycle.smoke import HttpSmoke
from deploy.tenants.lifecycle.stack_set import StackSetBaseline
from deploy.tenants.lifecycle.stage_stacks import StageStacks

ROOT: Final = Path(__file__).resolve().parents[3]
# In every account, made by whoever vends it (docs/cloud/accounts.md): may deploy, and read what the steps look at.
OPERATOR_ROLE: Final = "fumibako-operator"
_KEYS: Final = (
    ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
    ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
    ("AWS_SESSION_TOKEN", "SessionToken"),
)


@dataclass(frozen=True)
class Vendor:
    """What an operator says once: the management account's profile and Region, the units, the bucket of exports, who the first admin is."""

    profile: str | None
    region: str
    units: Units
    exports: str
    admin: tuple[str, ...] = ()


class LiveWorld:
    """Satisfies ``World``. Each adapter is built at its first use."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    @cached_property
    def _session(self) -> Any:
        return boto3.Session(profile_name=self._vendor.profile, region_name=self._vendor.region)

    @cached_property
    def accounts(self) -> OrganisationAccounts:
        return OrganisationAccounts(self._session.client("organizations", region_name="us-east-1"), self._vendor.units)

    @cached_property
    def baseline(self) -> StackSetBaseline:
        return StackSetBaseline(self._session.client("cloudformation"), "fumibako-baseline", self._vendor.region)

    @cached_property
    def stacks(self) -> StageStacks:
        return StageStacks(
            stage_of=load_stage, clients=self.clients, deploy_stage=self._deploy, remove_stack=self._remove
        )

    @cached_property
    def members(self) -> StageMembers:
        return StageMembers(
            stage_of=load_stage, clients=self.clients, set_up=self._set_up, exports=self._vendor.exports
        )

    @cached_property
    def domains(self) -> Route53Domains:
        return Route53Domains(self._session.client("route53"), self._target)

    @cached_property
    def smoke(self) -> HttpSmoke:
        return HttpSmoke()

    def clients(self, account: str) -> Clients:
        """Clients in an account, by the operator's role there; ``region_name`` says where, the vendor's Region without."""
        keys = self._keys(account)
        made = boto3.Session(*(keys[name] for _, name in _KEYS), region_name=self._vendor.region)
        return made.client  # type: ignore[no-any-return]  # boto3 ships no types

    def _keys(self, account: str) -> dict[str, str]:
        role = f"arn:aws:iam::{account}:role/{OPERATOR_ROLE}"
        with told():
            answer = self._session.client("sts").assume_role(RoleArn=role, RoleSessionName="tenancy")
        return dict(answer["Credentials"])

    def _deploy(self, stage: Stage) -> int:
        # 1: something is left to ask for, which a first deployment may not need.
        if self._verb(stage, ["prepare", "--stage", stage.name]) > 1:
            return 1
        return self._verb(stage, ["deploy", "--stage", stage.name])

    def _remove(self, stage: Stage, lifecycle: str) -> int:
        return self._verb(stage, ["remove", "--stage", stage.name, "--only", lifecycle])

    def _verb(self, stage: Stage, arguments: Sequence[str]) -> int:
        return self._run(stage, ["-m", "deploy", *arguments], {})

    def _set_up(self, stage: Stage, arguments: Sequence[str], host: str) -> int:
        """With the settings that the deployed function has, so that the tenant is made as it will be read."""
        name = function(stage, "transfers", "api_handler")
        with told():
            functions = self.clients(stage.account)("lambda", region_name=stage.region)
            found = functions.get_function_configuration(FunctionName=name)
        settings = {k: v for k, v in found["Environment"]["Variables"].items() if k.startswith("FUMIBAKO_") and v}
        own = {"FUMIBAKO_BASE_URL": f"https://{host}"}
        return self._run(stage, ["-m", "onprem.runtime", "init", *arguments, *self._vendor.admin], settings | own)

    def _run(self, stage: Stage, arguments: Sequence[str], settings: dict[str, str]) -> int:
        keys = self._keys(stage.account)
        shared = {k: v for k, v in os.environ.items() if not k.startswith(("FUMIBAKO_", "AWS_"))}
        credentials = {variable: keys[name] for variable, name in _KEYS} | {"AWS_REGION": stage.region}
        environ = shared | credentials | settings
        return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environ, check=False).returncode

    def _target(self, host: str, stage_name: str, _account: str) -> Target:
        stage = load_stage(stage_name)
        if host not in (stage.page_host, *stage.tenant_hosts):
            raise Refused(
                "host_not_served",
                f"Stage `{stage_name}` serves no host {host}.",
                f"Add it to tenant_hosts in deploy/stages/{stage_name}.toml, deploy, and repeat.",
            )
        clients = self.clients(stage.account)
        with told():
            # The distribution's stack stands in a Region of its own, and tells its id there.
            ssm = clients("ssm", region_name=stack_region(stage, "web"))
            asked = ssm.get_parameter(Name=parameter(stage, "page-distribution-id"))
            found = clients("cloudfront").get_distribution(Id=asked["Parameter"]["Value"])
        return Target(stage.hosted_zone_id, str(found["Distribution"]["DomainName"]))
