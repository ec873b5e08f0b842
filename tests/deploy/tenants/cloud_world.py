"""The world of the service tests in one account of AWS: DynamoDB, S3 and KMS under moto, and roles of the tenants that guard."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from moto.dynamodb.models import dynamodb_backends

from chalicelib import bootstrap_aws
from chalicelib.adapters.argon2_secret_hash import Argon2SecretHash
from chalicelib.adapters.system_clock import SystemClock
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings
from chalicelib.ports.record_store import Key, Put
from deploy.names import SERVICES
from deploy.tenants.calls import Place
from deploy.tenants.role import role_permissions, role_trust
from onprem.runtime.asgi import RuntimeASGI
from onprem.runtime.host import Host
from onprem.runtime.metrics import Metrics
from onprem.runtime.worker import Worker
from tests.contract.aws_world import ACCOUNT, REGION, aws_world
from tests.contract.aws_world import World as Aws
from tests.deploy.tenants.guarded_account import GuardedAccount, Rights, guarded
from tests.deploy.tenants.pool import api_role, function_policy, places, tenant_role
from tests.fakes.identity import FakeIdentity
from tests.service.auth.office import service_app
from tests.service.support.caller import Answer
from tests.service.support.world import BASE, World

STAGE = "test"
BUCKET = f"fumibako-{STAGE}-blobs"
RECORDS, WRAPPED = f"fumibako-{STAGE}-records", f"fumibako-{STAGE}-wrapped-keys"


@dataclass
class CloudWorld(World):
    """As ``World``, but nothing is on this host except mails."""

    aws: Aws = field(default_factory=Aws)

    def __post_init__(self) -> None:
        (self.folder / "data").mkdir()
        keys = _kms_keys(self.aws)
        self.settings = load_settings(_environment(self.folder, keys))
        self.ctx = LazyContext(self.settings)
        bootstrap_aws.provision(self.settings)
        self.ctx.clock = SystemClock(self.ctx.records, source=self.host_ms)
        self.ctx.hashes = Argon2SecretHash(memory=1_024, passes=1)
        self.ctx.identity = FakeIdentity()
        # A first sweep looks a day back, which is thousands of questions.
        self.ctx.records.transact([Put(Key("due#swept", "mark"), {"minute": self.host_ms() // 60_000})])
        self.account = GuardedAccount(Place(ACCOUNT, REGION), {name: _rights(name, keys) for name in SERVICES})
        # Each service is a process of its own in an account, with a role of its own.
        self.processes = {name: self._process(name) for name in SERVICES}
        self.apps: dict[str, FumibakoApp] = {name: service_app(name, made) for name, made in self.processes.items()}
        host = Host(self.settings, lambda: self.ctx, lambda: None, lambda *_: None, Metrics())
        self.host = host
        self.worker = Worker(host, self.apps)
        self.asgi = RuntimeASGI(host, self.apps, ("api",))
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.asgi, client=("203.0.113.7", 1)))

    def _let_go(self) -> None:
        """No database is held open."""

    def _process(self, service: str) -> LazyContext:
        made = LazyContext(replace(self.settings, tenant_role_arn=tenant_role(service, STAGE)))
        made.clock, made.hashes, made.identity = self.ctx.clock, self.ctx.hashes, self.ctx.identity
        return made

    def settle(self) -> None:
        """As the world's, but an empty outbox is not asked: moto sorts its whole table for each of the sixteen questions."""
        while (self._outbox_waits() and self.ctx.bus.pump(200)) or any(
            self.worker.handle_batch(name) for name in self.consumers
        ):
            pass

    def _outbox_waits(self) -> bool:
        table = dynamodb_backends[ACCOUNT][REGION].tables[RECORDS]
        return any(str(pk.value).startswith("outbox#") and rows for pk, rows in table.items.items())

    def signed(self, signed: dict[str, Any], content: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """What S3 does with a signed address: the rights are those of whoever signed it."""
        parts = urlsplit(signed["url"])
        query = dict(parse_qsl(parts.query))
        operation, call = _s3_call(signed["method"], parts.path, query)
        service, tenant = self.account.sessions.get(query["X-Amz-Credential"].partition("/")[0], ("", ""))
        assert tenant, "an address of the process's own rights"
        self.account.require(service, tenant, "s3", operation, call)
        if operation == "GetObject":
            given = self.aws.client("s3").get_object(**call, **({"Range": headers["range"]} if headers else {}))
            return Answer(206 if headers else 200, {}, given["Body"].read())
        sent = self.aws.client("s3").put_object if operation == "PutObject" else self.aws.client("s3").upload_part
        return Answer(200, {"etag": sent(**call, Body=content)["ETag"]}, b"")


@contextmanager
def cloud_world(folder: Path) -> Iterator[CloudWorld]:
    """A world until the block ends; only what happens after it was made is guarded and recorded."""
    with ExitStack() as stack:
        aws = stack.enter_context(aws_world())
        made = CloudWorld(folder, aws=aws)
        stack.callback(made.close)
        stack.enter_context(guarded(made.account))
        yield made


def _kms_keys(aws: Aws) -> dict[str, str]:
    kms = aws.client("kms")
    kinds = {"seal": ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"), "mac": ("GENERATE_VERIFY_MAC", "HMAC_256")}
    signing = ("SIGN_VERIFY", "ECC_NIST_P256")
    made = {}
    for use in ("seal", "mac", "access", "proof", "root"):
        usage, spec = kinds.get(use, signing)
        made[use] = kms.create_key(KeyUsage=usage, KeySpec=spec)["KeyMetadata"]["KeyId"]
    return made


def _environment(folder: Path, keys: dict[str, str]) -> dict[str, str]:
    settings = {
        "mode": "evaluation",
        "mail": "maildir",
        "scanner": "none",
        "data_dir": str(folder / "data"),
        "base_url": BASE,
        "min_free_bytes": "1",
        "threads": "4",
        "store": "dynamodb",
        "dynamodb_table": RECORDS,
        "dynamodb_wrapped_keys_table": WRAPPED,
        "bus": "sns",
        "sns_topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:fumibako-test-events",
        "sqs_queue_prefix": "fumibako-test",
        "blobs": "s3",
        "s3_bucket": BUCKET,
        "aws_region": REGION,
        "keys": "kms",
        **{f"kms_{use}_key": key for use, key in keys.items()},
    }
    return {f"FUMIBAKO_{name.upper()}": value for name, value in settings.items()}


def _rights(service: str, keys: dict[str, str]) -> Rights:
    filled = places(ACCOUNT, REGION, records=RECORDS, wrapped=WRAPPED, bucket=BUCKET, keys=keys)
    role = tenant_role(service, STAGE)
    return Rights(
        function=api_role(service, STAGE),
        own=function_policy(service, {**filled, "TenantRoleArn": role, "Stage": STAGE}),
        role=role,
        tenants=role_permissions(service, filled),
        trust=role_trust(ACCOUNT, STAGE, service),
    )


def _s3_call(method: str, path: str, query: dict[str, str]) -> tuple[str, dict[str, Any]]:
    call: dict[str, Any] = {"Bucket": BUCKET, "Key": path.lstrip("/")}
    if method == "GET":
        return "GetObject", {**call, **({"VersionId": query["versionId"]} if "versionId" in query else {})}
    if "uploadId" in query:
        return "UploadPart", {**call, "UploadId": query["uploadId"], "PartNumber": int(query["partNumber"])}
    return "PutObject", call
