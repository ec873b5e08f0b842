"""record_store over dynoxide, a second opinion on DynamoDB: its API in one binary, strict about names, limits and transactions.

One defect of 1.2.1 is worked around in the client: its ``begins_with`` ignores the case of ASCII letters, as SQLite's LIKE does, and
DynamoDB's does not. Under contract only where ``FUMIBAKO_DYNOXIDE`` names the binary (npm ``@dynoxide/linux-x64``).
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psutil  # type: ignore[import-untyped]  # ships no types
import pytest
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError

from chalicelib.adapters.dynamodb_record_store import DynamoDBRecordStore
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Operation
from tests.contract.aws_dynamodb import TABLE, DynamoDBSubject
from tests.contract.aws_world import shared_loader
from tests.contract.harness import Registry, Scene

BINARY = "FUMIBAKO_DYNOXIDE"
_BEGINS_WITH = re.compile(r"begins_with \((#\w+), (:\w+)\)")


def register(registry: Registry) -> None:
    if os.environ.get(BINARY):
        registry.add("record_store", "dynoxide", dynoxide_subject, group="dynoxide")


class DynoxideSubject(DynamoDBSubject):
    """The same adapter; only the crash differs, because nobody can reach into this server."""

    def connect(self, endpoint: str | None = None) -> Connection:
        connection = super().connect(endpoint)
        connection.client.meta.events.register("provide-client-params.dynamodb.Query", _compare_bytes)
        return connection

    def crash(self, operations: Sequence[Operation], events: Sequence[Event]) -> None:
        """The request gets one more item, at its end, which the server must refuse after it took all the others."""
        connection = self.connect()

        def doom(params: dict[str, Any], **_: Any) -> None:
            place = {"pk": {"S": "acme#nowhere"}, "sk": {"S": "nothing"}}
            check = {"TableName": TABLE, "Key": place, "ConditionExpression": "attribute_exists(pk)"}
            params["TransactItems"].append({"ConditionCheck": check})

        connection.client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", doom)
        with pytest.raises(TransactWriteError):
            DynamoDBRecordStore(connection, TABLE).transact(operations, events)


def _compare_bytes(params: dict[str, Any], **_: Any) -> None:
    """``begins_with`` as a range that means the same for the keys of the suites."""
    begins_with = _BEGINS_WITH.search(params["KeyConditionExpression"])
    if begins_with is not None:
        values = params["ExpressionAttributeValues"]
        values[":end"] = {"S": values[begins_with[2]]["S"] + "\U0010ffff"}
        between = f"{begins_with[1]} BETWEEN {begins_with[2]} AND :end"
        params["KeyConditionExpression"] = params["KeyConditionExpression"].replace(begins_with[0], between)


@contextmanager
def dynoxide_subject(_scene: Scene) -> Iterator[DynoxideSubject]:
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "testing")
        with mock.patch("botocore.session.create_loader", shared_loader), _server() as endpoint:
            yield DynoxideSubject(endpoint)


@contextmanager
def _server() -> Iterator[str]:
    """A server of its own in memory, on a port that the kernel chose."""
    with subprocess.Popen(
        [os.environ[BINARY], "serve", "--port", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            yield f"http://127.0.0.1:{_port(server)}"
        finally:
            server.kill()


def _port(server: "subprocess.Popen[bytes]") -> int:
    """It prints the port it was told, which is 0; the kernel knows the real one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        for connection in psutil.Process(server.pid).net_connections("tcp4"):
            if connection.status == psutil.CONN_LISTEN:
                return int(connection.laddr.port)
    raise AssertionError("dynoxide did not start")
