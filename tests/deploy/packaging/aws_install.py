"""The four services as an account runs them, on moto: each Lambda function is a process of its own here too, with its own adapters and caches.

It is what tests/service/support calls a caller, so the stories that are told of a host are told of AWS as they are. What an account does between the
functions is done here: API Gateway asks the authorizer, the stream calls the relay, queues call their consumers, rules call the schedules.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
import requests
from chalice.app import ChaliceAuthorizer
from moto.dynamodb.models import dynamodb_backends

from chalicelib import bootstrap
from chalicelib.adapters import argon2_secret_hash
from chalicelib.adapters.dynamodb_connection import create_table, dynamodb_connection
from chalicelib.adapters.sns_provision import provision
from chalicelib.adapters.system_clock import SystemClock
from chalicelib.api import throttle
from chalicelib.api.authorizer import authorizer_of
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings
from chalicelib.domain.events import CONSUMERS
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import ANY, Key, Put
from chalicelib.use_cases import request_rates
from chalicelib.use_cases.rate_limit import RateLimiter
from deploy.names import FUNCTIONS
from deploy.packaging.functions import functions_of
from onprem.runtime.gateway import Gateway
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.proxy_event import HTTPRequest
from onprem.runtime.scheduler import scheduled_event, schedules_of
from tests.contract.aws_world import ACCOUNT, REGION, aws_world
from tests.deploy.packaging.iam_actions import Places
from tests.deploy.packaging.recorder import Recorder
from tests.fakes.identity import FakeIdentity
from tests.service.auth.office import service_app
from tests.service.support.caller import Answer
from tests.service.support.tenants import add_tenant, change_tenant
from tests.service.support.world import BASE

PREFIX = "fumibako-test"
RECORDS, WRAPPED, BLOBS = f"{PREFIX}-records", f"{PREFIX}-wrapped-keys", f"{PREFIX}-blobs"
S3 = f"https://s3.{REGION}.amazonaws.com"


@dataclass
class AWSInstall:
    """``offset`` is what every function's clock is ahead by, in milliseconds. ``pooled``: tenants share the account."""

    folder: Path
    settings: Any
    recorder: Recorder
    pooled: bool = True
    offset: int = 0
    identity: FakeIdentity = field(default_factory=FakeIdentity)

    def __post_init__(self) -> None:
        self.apps: dict[str, FumibakoApp] = {}
        self.contexts: dict[tuple[str, str], LazyContext] = {}
        self._functions: dict[tuple[str, str], FumibakoApp] = {}
        for service, names in FUNCTIONS.items():
            for name in names:
                role = self.recorder.role_of_tenants(service) if self.pooled else ""
                made = self.contexts[service, name] = self._context(tenant_role_arn=role)
                self._functions[service, name] = service_app(service, made)
            self.apps[service] = self._functions[service, "api_handler"]
        self.ctx = self._context()
        self._gateways = {service: _RecordedGateway(self, service) for service in FUNCTIONS}
        self._sqs = boto3.client("sqs", region_name=REGION)
        self._dynamodb = boto3.client("dynamodb", region_name=REGION)
        self._told: set[str] = set()

    def _context(self, **changes: str) -> LazyContext:
        made = LazyContext(replace(self.settings, **changes))
        made.clock = SystemClock(made.records, source=self.host_ms)
        made.identity = self.identity
        return made

    def host_ms(self) -> int:
        """What the clock of every function's host says."""
        return time.time_ns() // 1_000_000 + self.offset

    @property
    def mail_folder(self) -> Path:
        """Every mail that SES was given, as a maildir."""
        new = self.folder / "new"
        new.mkdir(exist_ok=True)
        for number in range(len(list(new.iterdir())), len(self.recorder.mails)):
            (new / f"{number:06d}").write_bytes(self.recorder.mails[number])
        return self.folder

    def app(self, service: str, function: str) -> FumibakoApp:
        """The app as one of its functions has it."""
        return self._functions[service, function]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        base: str | None = None,
    ) -> Answer:
        host = urlsplit(base or BASE).netloc
        sent = {"host": host, **({} if token is None else {"authorization": f"Bearer {token}"}), **(headers or {})}
        content = json.dumps(body).encode() if body is not None else raw or b""
        if content and "content-type" not in sent:
            sent["content-type"] = "application/json"
        whole, _, query = path.partition("?")
        service, rest = _behind_the_front(whole)
        asked = HTTPRequest(
            method, f"/{service}", rest, query, tuple(sent.items()), content, "203.0.113.7", "request-0001"
        )
        answer = self._gateways[service].handle(asked)
        return Answer(answer.status, _together(answer.headers), answer.body)

    def signed(self, signed: dict[str, Any], content: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        sent = {
            name: value for name, value in {**signed["headers"], **(headers or {})}.items() if name != "content-length"
        }
        answer = requests.request(signed["method"], signed["url"], data=content, headers=sent, timeout=30)
        return Answer(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    def settle(self) -> None:
        """Stream, topic and queues, until nothing moves any more."""
        while self._stream() or sum(map(self._queue, CONSUMERS)):
            pass

    def scheduled(self, name: str = "") -> None:
        """Run one schedule of whichever service has it, or every one."""
        for service in FUNCTIONS:
            for function in functions_of(service):
                if function.kind == "schedule" and name in ("", function.name):
                    self._swept_before(self.host_ms() // 60_000 - 5)
                    (one,) = [
                        s for s in schedules_of(service, self.app(service, function.name), 1) if s.name == function.name
                    ]
                    with self.recorder.by(service, function.name):
                        one.handler(scheduled_event(one), HostContext(function.name))

    def pass_time(self, ms: int) -> None:
        """Time passes, and what is due gets done in its minute. Minutes in which nothing is due are passed over, as the sweeper's mark allows."""
        until = self.offset + ms
        last = 0
        while True:
            due = min((one for one in self._due_minutes() if one > last), default=None)
            last = due or 0
            if due is None or due * 60_000 > self.host_ms() + until - self.offset:
                break
            self.offset += max(0, due * 60_000 + 1_000 - self.host_ms())
            self._swept_before(due)
            self.scheduled("sweep_due")
            self.settle()
        self.offset = max(until, self.offset)
        self._swept_before(self.host_ms() // 60_000)

    def _due_minutes(self) -> list[int]:
        partitions = [key.value.split("#") for key, rows in _table(RECORDS).items.items() if rows]
        return [int(one[1]) for one in partitions if one[0] == "due" and one[1].isdigit()]

    def _swept_before(self, minute: int) -> None:
        self.ctx.records.transact([Put(Key("due#swept", "mark"), {"minute": minute - 1}, ANY)])

    def tenant(self, tenant: str = "acme", **changes: object) -> Tenant:
        """Change settings as an operator would."""
        return change_tenant(self.ctx, tenant, **changes)

    def new_tenant(self, tenant: str, base: str, admin: str) -> str:
        """A tenant with its first admin; gives the password."""
        boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=f"box@{tenant}.example")
        return add_tenant(self.ctx, tenant, base=base, blobs=S3, admin=admin)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever is written to the tables in the block has not been written behind it. Events that were sent stay sent."""
        saved = {name: {key: dict(rows) for key, rows in _table(name).items.items()} for name in (RECORDS, WRAPPED)}
        offset, told = self.offset, set(self._told)
        try:
            yield
        finally:
            # A transaction that was refused has put other objects in their place.
            for name, items in saved.items():
                _table(name).items.clear()
                _table(name).items.update(items)
            self.offset, self._told = offset, told

    def outbox(self) -> list[dict[str, Any]]:
        """The rows that wait, as the stream would tell of them."""
        return [
            item
            for shard in range(16)
            for item in self._dynamodb.query(
                TableName=RECORDS,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"outbox#{shard}"}},
                ConsistentRead=True,
            )["Items"]
        ]

    def _stream(self) -> int:
        rows = [one for one in self.outbox() if one["sk"]["S"] not in self._told]
        if rows:
            self._told |= {one["sk"]["S"] for one in rows}
            with self.recorder.by("transfers", "relay_outbox"):
                answer = self.app("transfers", "relay_outbox").handler_map["relay_outbox"](
                    _stream_event(rows), HostContext("stream")
                )
            assert answer == {"batchItemFailures": []}
        return len(rows)

    def _queue(self, consumer: str) -> int:
        url = self._sqs.get_queue_url(QueueName=f"{PREFIX}-{consumer}")["QueueUrl"]
        messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return 0
        with self.recorder.by(consumer, "on_events"):
            handler = self.app(consumer, "on_events").handler_map["on_events"]
            answer = handler(_queue_event(consumer, messages), HostContext("queue"))
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] in failed:
                self._sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            else:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages) - len(failed)


class _RecordedGateway(Gateway):
    """API Gateway before one service: the authorizer is a function of its own."""

    def __init__(self, install: AWSInstall, service: str) -> None:
        super().__init__(install.apps[service], f"/{service}")
        self._recorder = install.recorder
        self._service = service
        self._signed_in = authorizer_of(install.app(service, "signed_in"))
        # A process has its own: what another one lent itself is no use here.
        self._limiter = RateLimiter()
        self._rates: dict[str, tuple[int, int]] = {}

    def handle(self, request: HTTPRequest) -> Any:
        with (
            mock.patch.object(throttle, "_limiter", self._limiter),
            mock.patch.object(request_rates, "_known", self._rates),
            self._recorder.by(self._service, "api_handler"),
        ):
            return super().handle(request)

    def _asked(self, authorizer: ChaliceAuthorizer, request: HTTPRequest, token: str) -> dict[str, Any]:
        with self._recorder.by(self._service, "signed_in"):
            return super()._asked(self._signed_in, request, token)


def _table(name: str) -> Any:
    return dynamodb_backends[ACCOUNT][REGION].get_table(name)


def _together(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By lower-case name; what stands there twice is joined."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
    return found


def _behind_the_front(path: str) -> tuple[str, str]:
    """Service and path, as CloudFront leads requests to them."""
    if path.startswith("/p/"):
        return ("transfers" if "/files" in path else "auth"), path
    _, service, rest = path.split("/", 2)
    return service, f"/{rest}"


def _stream_event(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventID": str(number),
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": REGION,
                "dynamodb": {
                    "Keys": {"pk": row["pk"], "sk": row["sk"]},
                    "NewImage": row,
                    "SequenceNumber": str(100 + number),
                    "SizeBytes": 100,
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSourceARN": f"arn:aws:dynamodb:{REGION}:123456789012:table/{RECORDS}/stream/2026-01-01T00:00:00.000",
            }
            for number, row in enumerate(rows)
        ]
    }


def _queue_event(consumer: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "0"},
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{PREFIX}-{consumer}",
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }


@contextmanager
def aws_install(folder: Path, *, pooled: bool = True) -> Iterator[AWSInstall]:
    """An account with everything that the other stacks make, and the services in it."""
    with ExitStack() as stack:
        stack.enter_context(aws_world())
        cheap = partial(argon2_secret_hash.Argon2SecretHash, memory=1_024, passes=1)
        stack.enter_context(mock.patch.object(argon2_secret_hash, "Argon2SecretHash", cheap))
        stack.enter_context(mock.patch.dict("os.environ", {"AWS_LAMBDA_FUNCTION_NAME": "fumibako"}))
        keys, topic = _keys(), _stores()
        by_use = {arn: f"{use}KeyArn" for use, arn in keys.items()}
        tables = {RECORDS: ("RecordsTable", "RecordsKeyArn"), WRAPPED: ("WrappedKeysTable", "WrappedKeysKeyArn")}
        recorder = Recorder(Places(tables, by_use, PREFIX))
        stack.enter_context(recorder.listening())
        environment = _environment(keys, topic)
        # What an app asks of its process and not of its context comes from here.
        stack.enter_context(mock.patch.dict("os.environ", environment))
        stack.enter_context(mock.patch.object(bootstrap, "_process", []))
        yield AWSInstall(folder, load_settings(environment), recorder, pooled=pooled)


def _environment(keys: dict[str, str], topic: str) -> dict[str, str]:
    own = {
        "BASE_URL": BASE,
        "STORE": "dynamodb",
        "DYNAMODB_TABLE": RECORDS,
        "DYNAMODB_WRAPPED_KEYS_TABLE": WRAPPED,
        "BUS": "sns",
        "SNS_TOPIC_ARN": topic,
        "SQS_QUEUE_PREFIX": PREFIX,
        "BLOBS": "s3",
        "S3_BUCKET": BLOBS,
        "AWS_REGION": REGION,
        "KEYS": "kms",
        **{f"KMS_{use.upper()}_KEY": arn for use, arn in keys.items()},
        "MAIL": "ses",
        # Where there is one, containers of their own scan; where there is none, on_events does all the rest by itself.
        "SCANNER": "none",
        "SCANNER_REASON": "Nobody scans here.",
        "FETCH": "front",
    }
    return {f"FUMIBAKO_{name}": value for name, value in own.items()}


def _keys() -> dict[str, str]:
    kms = boto3.client("kms", region_name=REGION)
    specs = {
        "Seal": {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"},
        "Mac": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        **{use: {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"} for use in ("Access", "Proof", "Root")},
    }
    return {use: kms.create_key(**spec)["KeyMetadata"]["Arn"] for use, spec in specs.items()}


def _stores() -> str:
    for table in (RECORDS, WRAPPED):
        create_table(dynamodb_connection(table, region=REGION), table)
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=BLOBS, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=BLOBS, VersioningConfiguration={"Status": "Enabled"})
    sns, sqs = (boto3.client(name, region_name=REGION) for name in ("sns", "sqs"))
    return provision(sns, sqs, prefix=PREFIX)[0]
