"""The pieces of a prepared account. Each says what it lacks, and makes it; what is there already stays as it is."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from deploy.account import Clients, regions_of
from deploy.before import PREPARED, has_parameter
from deploy.errors import Refused
from deploy.stage import Stage

FOLDER: Final = Path(__file__).resolve().parent
POLICIES: Final = ("boundary", "execution")
# The service by whose role containers run; CloudFormation's first cluster in an account fails without it now and then.
_ECS: Final = "ecs.amazonaws.com"
_ACCOUNT: Final = re.compile(r"\b\d{12}\b")
_PUBLIC: Final = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)


class Piece(Protocol):
    """``lacking`` is a sentence, empty where nothing is; ``make`` mends it."""

    def lacking(self) -> str: ...

    def make(self) -> None: ...


@dataclass(frozen=True)
class Preparation:
    """What a preparation works with. ``bootstrap(region, trusted)`` runs the CDK command's own; ``trust``: accounts that may deploy here."""

    clients: Clients
    stage: Stage
    bootstrap: Callable[[str, Sequence[str]], int]
    trust: Sequence[str] = ()


def pieces(preparation: Preparation) -> list[Piece]:
    """In the order in which they are made: a bootstrap stack stands on the policies."""
    stage = preparation.stage
    found: list[Piece] = [PublicBlock(preparation), *(Policy(preparation, name) for name in POLICIES)]
    found += [Bootstrap(preparation, region) for region in regions_of(stage)]
    if stage.scanner or stage.compatible_downloads:
        found.append(LinkedRole(preparation))
    return [*found, Sender(preparation)]


def policy_arn(stage: Stage, name: str) -> str:
    """ARN of one of POLICIES."""
    return f"arn:aws:iam::{stage.account}:policy/fumibako-{name}"


@dataclass(frozen=True)
class PublicBlock:
    """No bucket of the account is ever public (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)."""

    of: Preparation

    def lacking(self) -> str:
        client = self.of.clients("s3control")
        try:
            found = client.get_public_access_block(AccountId=self.of.stage.account)["PublicAccessBlockConfiguration"]
        except client.exceptions.NoSuchPublicAccessBlockConfiguration:
            found = {}
        return "" if found == _PUBLIC else "the account does not refuse public buckets"

    def make(self) -> None:
        self.of.clients("s3control").put_public_access_block(
            AccountId=self.of.stage.account, PublicAccessBlockConfiguration=_PUBLIC
        )


@dataclass(frozen=True)
class Policy:
    """``fumibako-boundary`` holds the role that CloudFormation acts by, ``fumibako-execution`` is all it may."""

    of: Preparation
    name: str

    def lacking(self) -> str:
        iam, arn = self.of.clients("iam"), policy_arn(self.of.stage, self.name)
        try:
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        except iam.exceptions.NoSuchEntityException:
            return f"there is no policy fumibako-{self.name}"
        held = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return "" if held == self._document() else f"policy fumibako-{self.name} is not what its file says"

    def make(self) -> None:
        iam, arn = self.of.clients("iam"), policy_arn(self.of.stage, self.name)
        text = json.dumps(self._document(), separators=(",", ":"))
        try:
            iam.create_policy(PolicyName=f"fumibako-{self.name}", PolicyDocument=text)
        except iam.exceptions.EntityAlreadyExistsException:
            self._make_room(iam, arn)
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    def _document(self) -> dict[str, Any]:
        return dict(json.loads((FOLDER / f"{self.name}.json").read_text("utf-8")))

    def _make_room(self, iam: Any, arn: str) -> None:
        """IAM keeps five versions of a policy."""
        old = [one for one in iam.list_policy_versions(PolicyArn=arn)["Versions"] if not one["IsDefaultVersion"]]
        for one in sorted(old, key=lambda each: str(each["CreateDate"]))[:-3]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=one["VersionId"])


@dataclass(frozen=True)
class Bootstrap:
    """The bucket of assets and the roles of deployments in one Region, by `cdk bootstrap`."""

    of: Preparation
    region: str

    def lacking(self) -> str:
        if not has_parameter(self.of.clients("ssm", region_name=self.region), PREPARED):
            return f"{self.region} has no bucket of assets and no roles for deployments"
        strangers = sorted(set(self.of.trust) - self._trusted()) if self.of.trust else []
        return f"{', '.join(strangers)} may not deploy to {self.region}" if strangers else ""

    def make(self) -> None:
        # What the CDK command is told takes the place of what it was told before.
        if self.of.bootstrap(self.region, sorted({*self.of.trust, *self._trusted()})) != 0:
            raise Refused(
                "bootstrap_failed",
                f"`cdk bootstrap` failed in {self.region}.",
                "Read what it said, mend it, and repeat the command: what was made stays.",
            )

    def _trusted(self) -> set[str]:
        """Other accounts that may take the role of deployments."""
        iam, account = self.of.clients("iam"), self.of.stage.account
        try:
            role = iam.get_role(RoleName=f"cdk-hnb659fds-deploy-role-{account}-{self.region}")["Role"]
        except iam.exceptions.NoSuchEntityException:
            return set()
        principals = [one["Principal"]["AWS"] for one in role["AssumeRolePolicyDocument"]["Statement"]]
        return set(_ACCOUNT.findall(json.dumps(principals))) - {account}


@dataclass(frozen=True)
class LinkedRole:
    """The role of ECS itself."""

    of: Preparation

    def lacking(self) -> str:
        # IAM may give an empty page before the one that has it.
        pages = self.of.clients("iam").get_paginator("list_roles").paginate(PathPrefix=f"/aws-service-role/{_ECS}/")
        return "" if any(page["Roles"] for page in pages) else "ECS has no role of its own"

    def make(self) -> None:
        self.of.clients("iam").create_service_linked_role(AWSServiceName=_ECS)


@dataclass(frozen=True)
class Sender:
    """The domain that mails come from, in SES; its records in DNS are whoever's the zone is."""

    of: Preparation

    @property
    def domain(self) -> str:
        return self.of.stage.mail_sender.rpartition("@")[2]

    def lacking(self) -> str:
        client = self.of.clients("sesv2")
        try:
            client.get_email_identity(EmailIdentity=self.domain)
        except client.exceptions.NotFoundException:
            return f"SES does not know {self.domain}"
        return ""

    def make(self) -> None:
        self.of.clients("sesv2").create_email_identity(EmailIdentity=self.domain)
