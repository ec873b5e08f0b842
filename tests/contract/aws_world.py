"""AWS in this process by moto, made as strict as the real one where the contract leans on it.

- One call at a time: moto's transactions copy a table and put the copy back when a condition fails, which loses what another thread wrote
  meanwhile; the real service serialises transactions.
- A transaction's copy of a table shares the items that stay as they are: moto copies every item deeply, seconds for a few thousand.
- A query looks at its own partition: moto sorts the whole table for each.
- KMS ``Sign`` with ``MessageType=DIGEST``: moto hashes the digest once more.
- SQS: an old receipt handle deletes nothing and changes no visibility, as AWS documents for standard queues; moto takes any that ever was.
- Sessions share botocore's parsed service models: each reads megabytes of JSON otherwise.
- Organizations tells an account's ``State`` alone: ``Status`` was retired on 2026-09-09, moto still gives both.
- The clock of SQS runs ahead by ``World.ahead_ms``, so that leases end without anybody waiting.
"""

import base64
import copy
import json
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any
from unittest import mock

import boto3
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.utils import unix_time_millis
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.kms.responses import KmsResponse
from moto.organizations.models import FakeAccount
from moto.sqs.models import Message

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"  # moto's own
ONE_TRY = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


@dataclass
class World:
    """An AWS account with nothing in it."""

    ahead_ms: int = 0

    def client(self, service: str, *, endpoint: str | None = None) -> Any:
        """A boto3 client that tries once."""
        return boto3.client(service, region_name=REGION, endpoint_url=endpoint, config=ONE_TRY)


@contextmanager
def aws_world() -> Iterator[World]:
    """moto, patched as the head of this module tells."""
    world = World()
    lock = threading.RLock()
    real_call = BotocoreStubber.__call__

    def one_at_a_time(stubber: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return real_call(stubber, *args, **kwargs)

    def now_ms() -> float:
        return unix_time_millis() + world.ahead_ms

    with (
        mock_aws(),
        mock.patch("botocore.session.create_loader", shared_loader),
        mock.patch.object(BotocoreStubber, "__call__", one_at_a_time),
        mock.patch.object(Table, "__deepcopy__", _shallow_table, create=True),
        mock.patch.object(Table, "query", _of_one_partition(Table.query)),
        mock.patch.object(DynamoDBBackend, "update_item", _update_a_copy(DynamoDBBackend.update_item)),
        mock.patch.object(KmsResponse, "sign", _sign_digests(KmsResponse.sign)),
        mock.patch.object(FakeAccount, "describe", _without_status(FakeAccount.describe)),
        mock.patch.object(Message, "had_receipt_handle", _has_receipt_handle),
        mock.patch("moto.sqs.models.unix_time_millis", now_ms),
    ):
        yield world


def closed_port() -> str:
    """The address of a port where nobody listens: every connection is refused at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@cache
def shared_loader(search_path_string: str | None = None) -> Loader:
    """botocore's loader, once a process."""
    return create_loader(search_path_string)


def _shallow_table(table: Table, _memo: dict[int, Any]) -> Table:
    shared = copy.copy(table)
    shared.items = defaultdict(dict, {key: dict(rows) for key, rows in table.items.items()})
    return shared


def _of_one_partition(query: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(query)
    def queried(table: Table, hash_key: DynamoType | None, *arguments: Any, **options: Any) -> Any:
        # The seventh of what follows is the name of an index, which has partitions of its own.
        index = options.get("index_name") or (arguments[6] if len(arguments) > 6 else None)
        if hash_key is None or index:
            return query(table, hash_key, *arguments, **options)
        narrow = copy.copy(table)
        narrow.items = defaultdict(dict, {hash_key: table.items[hash_key]} if hash_key in table.items else {})
        return query(narrow, hash_key, *arguments, **options)

    return queried


def _update_a_copy(update_item: Callable[..., Any]) -> Callable[..., Any]:
    """An update changes the item in place, which a table that shares it must not see."""

    @wraps(update_item)
    def updated(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], **arguments: Any) -> Any:
        rows = backend.get_table(table_name).items.get(DynamoType(key["pk"]), {})
        sort_key = DynamoType(key["sk"])
        if sort_key in rows:
            rows[sort_key] = copy.deepcopy(rows[sort_key])
        return update_item(backend, table_name, key, **arguments)

    return updated


def _sign_digests(sign: Callable[[KmsResponse], str]) -> Callable[[KmsResponse], str]:
    @wraps(sign)
    def signed(response: KmsResponse) -> str:
        if response._get_param("MessageType") != "DIGEST":
            return sign(response)
        key: Any = response.kms_backend.describe_key(response._get_param("KeyId"))
        digest = response._get_param("Message")
        signature = key.private_key.private_key.sign(digest, ec.ECDSA(Prehashed(SHA256())))
        fields = {"KeyId": key.arn, "SigningAlgorithm": response._get_param("SigningAlgorithm")}
        return json.dumps({**fields, "Signature": base64.b64encode(signature).decode("ascii")})

    return signed


def _without_status(describe: Callable[[FakeAccount], dict[str, Any]]) -> Callable[[FakeAccount], dict[str, Any]]:
    def described(account: FakeAccount) -> dict[str, Any]:
        return {name: value for name, value in describe(account).items() if name != "Status"}

    return described


def _has_receipt_handle(message: Message, receipt_handle: str) -> bool:
    return message.receipt_handle == receipt_handle
