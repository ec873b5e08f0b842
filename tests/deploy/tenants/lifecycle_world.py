"""A vendor's organisation under moto, for the machine: real Organizations, StackSets, CloudFormation, Route 53, DynamoDB, S3, each in its own account.

The CDK command is the one part that does not run here: the stacks are made of small templates under the names that the real ones have. Kills come
before or after the nth call that changes something, wherever that is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from botocore.client import BaseClient

from deploy.account import stack_states
from deploy.contents import refuse_removal
from deploy.errors import Refused
from deploy.names import LIFECYCLES, blobs_bucket, records_table, stack, stack_region, wrapped_keys_table
from deploy.stage import Stage, load_stage
from deploy.tenants.lifecycle.dns import Route53Domains, Target
from deploy.tenants.lifecycle.members import StageMembers
from deploy.tenants.lifecycle.organisation import OrganisationAccounts, Units
from deploy.tenants.lifecycle.registry import Registry
from deploy.tenants.lifecycle.registry_dynamodb import DynamoDBRegistry
from deploy.tenants.lifecycle.stack_set import StackSetBaseline
from deploy.tenants.lifecycle.stage_stacks import StageStacks
from deploy.tenants.lifecycle.steps import Place
from deploy.tenants.lifecycle.tenancy import Asked
from tests.contract.aws_world import REGION, aws_world
from tests.contract.aws_world import World as Aws

EMPTY = json.dumps({"Resources": {"Nothing": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "NAME"}}}})
SILO = Asked("acme", "silo", "acme1", "files.acme.example", "Acme")
POOLED = Asked("beta", "pooled", "shared", "files.beta.example", "Beta")
READS = ("Describe", "Get", "List", "Query", "Scan", "Head", "Batch_Get", "AssumeRole")


class Killed(BaseException):
    """kill -9, as far as a process can do that to itself."""


@dataclass
class Smoke:
    """What people would meet."""

    found: list[str] = field(default_factory=list)

    def faults(self, host: str) -> list[str]:
        assert host
        return list(self.found)


@dataclass
class Vendor:
    """``stages`` are the files of deploy/stages as they stand; ``set_ups`` counts runs of the set-up command by tenant."""

    aws: Aws
    stages: dict[str, Stage] = field(default_factory=dict)
    set_ups: dict[str, int] = field(default_factory=dict)
    smoke: Smoke = field(default_factory=Smoke)
    zone: str = ""
    units: Units = field(init=False)
    pool: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        organizations = self.aws.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        root = organizations.list_roots()["Roots"][0]["Id"]

        def unit(name: str) -> str:
            made = organizations.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]
            return str(made["Id"])

        self.units = Units(unit("pool"), unit("customers"), unit("leaving"))
        for number in range(2):
            made = organizations.create_account(Email=f"{number}@example.com", AccountName=f"pool-{number}")
            account = made["CreateAccountStatus"]["AccountId"]
            organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=self.units.pool)
            self.pool.append(account)
        self.pool.sort()
        self.aws.client("cloudformation").create_stack_set(
            StackSetName="fumibako-baseline",
            TemplateBody=EMPTY.replace("NAME", "baseline"),
            AdministrationRoleARN="arn:aws:iam::123456789012:role/administration",
            ExecutionRoleName="execution",
        )
        zone = self.aws.client("route53").create_hosted_zone(Name="example.", CallerReference="1")["HostedZone"]["Id"]
        self.zone = str(zone).rpartition("/")[2]
        make_table(self.aws.client("dynamodb"), "fumibako-tenancies", ("pk",))
        shared = replace(load_stage("dev"), name="shared", account="123456789012", delivery="pooled", protected=False)
        own = replace(shared, name="acme1", account=self.pool[0], delivery="silo", page_host="files.acme.example")
        self.stages = {"shared": shared, "acme1": own}
        self.make_stores(shared)
        self.aws.client("s3").create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})

    def clients(self, account: str) -> Any:
        return _session(account).client

    def stage_of(self, name: str) -> Stage:
        if name not in self.stages:
            raise Refused("stage_unknown", f"There is no stage `{name}`.", f"Write {name}.toml.")
        return self.stages[name]

    def make_stores(self, stage: Stage) -> None:
        """What data and blobs would be."""
        client = self.clients(stage.account)
        for table in (records_table(stage), wrapped_keys_table(stage)):
            make_table(client("dynamodb"), table, ("pk", "sk"))
        if blobs_bucket(stage) not in {one["Name"] for one in client("s3").list_buckets()["Buckets"]}:
            where = {"LocationConstraint": stage.region}
            client("s3").create_bucket(Bucket=blobs_bucket(stage), CreateBucketConfiguration=where)

    def deploy_stage(self, stage: Stage) -> int:
        """What `cdk deploy --all` does, stack by stack; those that stand are left alone."""
        there = stack_states(self.clients(stage.account), stage)
        # First, because a stack that stands has what is in it.
        self.make_stores(stage)
        for lifecycle in LIFECYCLES:
            name = stack(stage, lifecycle)
            if name not in there:
                cloudformation = self.clients(stage.account)(
                    "cloudformation", region_name=stack_region(stage, lifecycle)
                )
                cloudformation.create_stack(StackName=name, TemplateBody=EMPTY.replace("NAME", name))
        return 0

    def remove_stack(self, stage: Stage, lifecycle: str) -> int:
        """What the verb `remove` does."""
        clients = self.clients(stage.account)
        refuse_removal(clients, stage, lifecycle)
        cloudformation = clients("cloudformation", region_name=stack_region(stage, lifecycle))
        cloudformation.delete_stack(StackName=stack(stage, lifecycle))
        return 0

    def set_up(self, stage: Stage, arguments: Sequence[str], host: str) -> int:
        """What `init` writes, in its two steps."""
        tenant = arguments[arguments.index("--tenant") + 1]
        self.set_ups[tenant] = self.set_ups.get(tenant, 0) + 1
        client, table = self.clients(stage.account)("dynamodb"), records_table(stage)
        self.put(client, table, f"{tenant}#tenant", "tenant", {"base_url": f"https://{host}"})
        self.put(client, table, f"host#{host}", "host", {"tenant": tenant})
        self.put(client, table, f"{tenant}#bootstrap", "bootstrap", {"member": "mb_1"})
        return 0

    def put(self, client: Any, table: str, pk: str, sk: str, body: Mapping[str, Any]) -> None:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, "v": {"N": "1"}, "b": {"S": json.dumps(body)}}
        client.put_item(TableName=table, Item=item)

    def place(self, registry: Registry | None = None) -> Place:
        """A fresh process: registry and adapters anew."""
        return Place(registry or DynamoDBRegistry(self.aws.client("dynamodb"), "fumibako-tenancies"), _World(self))

    def snapshot(self) -> dict[str, Any]:
        """Everything that a tenancy could have left anywhere; accounts by their place in the pool, for their ids are others in each world."""
        text = json.dumps(self._found())
        for number, account in enumerate(self.pool):
            text = text.replace(account, f"account {number}")
        found: dict[str, Any] = json.loads(text)
        return found

    def _found(self) -> dict[str, Any]:
        organizations, root = self.aws.client("organizations"), self.units
        found: dict[str, Any] = {
            f"accounts in {name}": sorted(
                (one["Id"], one["State"], str(organizations.list_tags_for_resource(ResourceId=one["Id"])["Tags"]))
                for one in organizations.list_accounts_for_parent(ParentId=unit)["Accounts"]
            )
            for name, unit in vars(root).items()
        }
        found["baseline"] = sorted(
            one["Account"]
            for one in self.aws.client("cloudformation").list_stack_instances(StackSetName="fumibako-baseline")[
                "Summaries"
            ]
        )
        records = self.aws.client("route53").list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        found["names"] = sorted(one["Name"] for one in records if one["Type"] == "A")
        found["registry"] = _items(self.aws.client("dynamodb"), "fumibako-tenancies")
        for stage in self.stages.values():
            client = self.clients(stage.account)
            found[f"stacks of {stage.name}"] = sorted(
                one["StackName"] for one in client("cloudformation").describe_stacks()["Stacks"]
            )
            for table in (records_table(stage), wrapped_keys_table(stage)):
                found[f"items of {table}"] = _items(client("dynamodb"), table)
        return found


class _World:
    def __init__(self, vendor: Vendor) -> None:
        self.accounts = OrganisationAccounts(vendor.aws.client("organizations"), vendor.units)
        self.baseline = StackSetBaseline(vendor.aws.client("cloudformation"), "fumibako-baseline", REGION)
        self.stacks = StageStacks(
            stage_of=vendor.stage_of,
            clients=vendor.clients,
            deploy_stage=vendor.deploy_stage,
            remove_stack=vendor.remove_stack,
        )
        self.members = StageMembers(
            stage_of=vendor.stage_of, clients=vendor.clients, set_up=vendor.set_up, exports="exports"
        )
        self.domains = Route53Domains(
            vendor.aws.client("route53"), lambda _host, stage, _account: Target(vendor.zone, f"{stage}.cloudfront.net")
        )
        self.smoke = vendor.smoke


@dataclass
class Killer:
    """Counts the calls that change something and kills at the nth; ``after``: when AWS has done it."""

    at: int = 0
    after: bool = False
    seen: list[str] = field(default_factory=list)

    def points(self) -> list[int]:
        """Where to kill: each call, but of a row of the same ones the first and the last alone."""
        around = ["", *self.seen, ""]
        return [at for at in range(1, len(around) - 1) if not around[at - 1] == around[at] == around[at + 1]]

    @contextmanager
    def around(self) -> Iterator[None]:
        real = BaseClient._make_api_call

        def call(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
            if operation.startswith(READS) or operation in ("BatchGetItem", "Scan"):
                return real(client, operation, parameters)
            self.seen.append(operation)
            fatal = len(self.seen) == self.at
            if fatal and not self.after:
                raise Killed(operation)
            answer = real(client, operation, parameters)
            if fatal:
                raise Killed(operation)
            return answer

        with mock.patch.object(BaseClient, "_make_api_call", call):
            yield


@contextmanager
def vendor_world(_folder: Path | None = None) -> Iterator[Vendor]:
    """An organisation until the block ends."""
    with aws_world() as aws:
        _session.cache_clear()
        yield Vendor(aws)


@cache
def _session(account: str) -> Any:
    """Credentials of a role in that account: moto keeps accounts apart by them."""
    if account == "123456789012":
        return boto3.Session(region_name=REGION)
    sts = boto3.client("sts", region_name=REGION)
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/fumibako-deploy", RoleSessionName="test")[
        "Credentials"
    ]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION)


def make_table(client: Any, name: str, keys: tuple[str, ...]) -> None:
    if name in client.list_tables()["TableNames"]:
        return
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        BillingMode="PAY_PER_REQUEST",
    )


def _items(client: Any, table: str) -> list[str]:
    if table not in client.list_tables()["TableNames"]:
        return []
    return sorted(one["pk"]["S"] for one in client.scan(TableName=table)["Items"])
