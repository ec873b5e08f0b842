"""File requests: ``<tenant>#rq#<id>`` / ``head``, read strongly and written against the version that was read."""

from dataclasses import fields, replace
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.file_request import FileRequest, RequestState
from chalicelib.domain.ids import TenantId, is_id
from chalicelib.domain.transfer import TransferClass
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation

_MANY = 100


def request_key(tenant: str, request: str) -> Key:
    """The head's key."""
    return Key(aggregate_pk(tenant, request), "head")


def get_request(records: RecordStore, tenant: str, request: str) -> FileRequest:
    """The file request with its version. Raises NotFound for malformed and absent ids alike."""
    record = records.get(request_key(tenant, request)) if is_id(request, "rq") else None
    if record is None:
        raise NotFound
    return _request_from(record)


def get_requests(records: RecordStore, tenant: str, ids: list[str]) -> list[FileRequest]:
    """Those that exist, in the order of the ids."""
    found: dict[str, FileRequest] = {}
    for start in range(0, len(ids), _MANY):
        keys = [request_key(tenant, one) for one in ids[start : start + _MANY]]
        found |= {one.id: one for one in map(_request_from, records.get_many(keys))}
    return [found[one] for one in ids if one in found]


def request_put(request: FileRequest) -> Put:
    """Write it against ``request.version`` (0: it must be absent)."""
    body: dict[str, Any] = {}
    for field in fields(request):
        value = getattr(request, field.name)
        if field.name != "version" and value != field.default:
            body[field.name] = (
                list(value) if isinstance(value, tuple) else str(value) if isinstance(value, str) else value
            )
    return Put(request_key(request.tenant, request.id), body, expectation(request.version))


def request_written(request: FileRequest) -> FileRequest:
    """As it stands after its ``request_put`` went through."""
    return replace(request, version=request.version + 1)


def _request_from(record: Record) -> FileRequest:
    known = {field.name for field in fields(FileRequest)}
    body = {name: value for name, value in record.body.items() if name in known}
    body["tenant"] = TenantId(body["tenant"])
    body["transfer_class"] = TransferClass(body.get("transfer_class", TransferClass.MANAGED))
    body["state"] = RequestState(body.get("state", RequestState.OPEN))
    body["domains"] = tuple(body.get("domains", ()))
    return FileRequest(**body, version=record.version)
