"""What requests may do with records, by the policies of an account that tenants share: kinds of keys, for each service.

The policies are recorded from stories (tests/deploy/packaging). A kind of key that no story touched would be refused there and nowhere else, so every
request of every test in this folder is held against them, whatever store it runs over.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final
from unittest import mock

from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import ANY, Check, Delete, Key, Operation
from chalicelib.use_cases.acting_tenant import acting_tenant
from deploy.names import SERVICES
from deploy.packaging.policies import POLICIES
from tests.fakes.record_store import FakeRecordStore

_TENANT: Final = "${aws:PrincipalTag/TenantId}"
_CLASSES: Final = {
    "GetItem": "read",
    "BatchGetItem": "read",
    "Query": "read",
    "ConditionCheckItem": "read",
    "PutItem": "put",
    "UpdateItem": "change",
    "DeleteItem": "change",
}
_serving: ContextVar[str] = ContextVar("serving", default="")
Kinds = Mapping[str, frozenset[re.Pattern[str]]]


class NotInThePolicy(BaseException):
    """Not an Exception: an answer of 500 would hide it."""


def kinds_of(service: str, name: str) -> Kinds:
    """read, put and change -> patterns of keys that a policy allows, of whichever tenant."""
    found: dict[str, set[re.Pattern[str]]] = defaultdict(set)
    document = json.loads((POLICIES / service / f"{name}.json").read_text("utf-8"))
    for statement in document["Statement"]:
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        for action in statement["Action"]:
            kind = _CLASSES.get(action.removeprefix("dynamodb:"))
            if kind:
                found[kind] |= {_pattern(key) for key in keys}
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(re.escape(key).replace(re.escape(_TENANT), "[^#]+").replace(re.escape("*"), ".*"), re.DOTALL)


@contextmanager
def held_to_the_policies() -> Iterator[None]:
    """Requests that touch what the policies do not name fail their test, until the block ends."""
    own = {service: kinds_of(service, "api_handler.pooled") for service in SERVICES}
    tenants = {service: kinds_of(service, "tenant") for service in SERVICES}

    def touch(kind: str, pks: Iterable[str]) -> None:
        service = _serving.get()
        if service not in SERVICES:
            return
        allowed = own[service].get(kind, frozenset())
        if acting_tenant() is not None:
            allowed |= tenants[service].get(kind, frozenset())
        strange = sorted({pk for pk in pks if not any(one.fullmatch(pk) for one in allowed)})
        if strange:
            raise NotInThePolicy(
                f"{service} may not {kind} {strange} where tenants share an account: tell a story of it in"
                " tests/deploy/packaging/stories_branches.py and write the policies anew"
            )

    serve = FumibakoApp.__call__

    def serves(app: FumibakoApp, event: Any, context: Any) -> Any:
        token = _serving.set(app.app_name)
        try:
            return serve(app, event, context)
        finally:
            _serving.reset(token)

    with (
        mock.patch.object(FumibakoApp, "__call__", serves),
        _watched(SQLRecordStore, touch),
        _watched(FakeRecordStore, touch),
    ):
        yield


@contextmanager
def _watched(store: Any, touch: Callable[[str, Iterable[str]], None]) -> Iterator[None]:
    get, get_many, query, transact = store.get, store.get_many, store.query, store.transact

    @wraps(get)
    def watched_get(self: Any, key: Key) -> Any:
        touch("read", [key.pk])
        return get(self, key)

    @wraps(get_many)
    def watched_get_many(self: Any, keys: Sequence[Key]) -> Any:
        touch("read", [key.pk for key in keys])
        return get_many(self, keys)

    @wraps(query)
    def watched_query(self: Any, pk: str, **more: Any) -> Any:
        touch("read", [pk])
        return query(self, pk, **more)

    @wraps(transact)
    def watched_transact(self: Any, operations: Sequence[Operation], events: Sequence[Event] = ()) -> Any:
        for kind in ("read", "put", "change"):
            touch(kind, [one.key.pk for one in operations if _kind(one) == kind])
        touch("put", ["outbox#0"] if events else [])
        return transact(self, operations, events)

    with (
        mock.patch.object(store, "get", watched_get),
        mock.patch.object(store, "get_many", watched_get_many),
        mock.patch.object(store, "query", watched_query),
        mock.patch.object(store, "transact", watched_transact),
    ):
        yield


def _kind(operation: Operation) -> str:
    """As DynamoDBRecordStore writes it: what is put whatever is there goes by an update."""
    if isinstance(operation, Check):
        return "read"
    return "change" if isinstance(operation, Delete) or operation.expect == ANY else "put"
