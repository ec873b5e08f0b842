"""Transfer heads: ``<tenant>#tr#<id>`` / ``head``. A head is read strongly and written against the version that was read."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import TenantId, is_id
from chalicelib.domain.transfer import Reason, Scan, State, Transfer, TransferClass
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation

_HEAD = "head"
_MANY = 100


def head_key(tenant: str, transfer: str) -> Key:
    """The head's key."""
    return Key(aggregate_pk(tenant, transfer), _HEAD)


def get_transfer(records: RecordStore, tenant: str, transfer: str) -> Transfer:
    """The head with its version. Raises NotFound for malformed and absent ids alike."""
    if not is_id(transfer, "tr"):
        raise NotFound
    record = records.get(head_key(tenant, transfer))
    if record is None:
        raise NotFound
    return transfer_from(record)


def get_transfers(records: RecordStore, tenant: str, ids: Sequence[str]) -> list[Transfer]:
    """Those heads that exist, in the order of the ids (any number of them, 100 a read)."""
    found: dict[str, Transfer] = {}
    for start in range(0, len(ids), _MANY):
        keys = [head_key(tenant, one) for one in ids[start : start + _MANY]]
        found |= {head.id: head for head in map(transfer_from, records.get_many(keys))}
    return [found[one] for one in ids if one in found]


def transfer_put(transfer: Transfer) -> Put:
    """Write the head; it must still have ``transfer.version`` (0: be absent), and gets the next one."""
    return Put(head_key(transfer.tenant, transfer.id), transfer_body(transfer), expectation(transfer.version))


def written(transfer: Transfer) -> Transfer:
    """The head as it stands after its ``transfer_put`` went through; its version is the ``sequence`` of that write's events."""
    return replace(transfer, version=transfer.version + 1)


def transfer_body(transfer: Transfer) -> dict[str, Any]:
    """The stored JSON: fields by name; those at their default are left out."""
    body: dict[str, Any] = {}
    for field in fields(transfer):
        value = getattr(transfer, field.name)
        if field.name != "version" and value != field.default:
            body[field.name] = _plain(value)
    return body


def transfer_from(record: Record) -> Transfer:
    """The head of such a record; members this version does not know are ignored."""
    known = {field.name for field in fields(Transfer)}
    body: dict[str, Any] = {name: value for name, value in record.body.items() if name in known}
    body |= _typed(body)
    return Transfer(**body, version=record.version)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _typed(body: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "tenant": TenantId(body["tenant"]),
        "state": State(body["state"]),
        "transfer_class": TransferClass(body["transfer_class"]),
        "scan": Scan(body.get("scan", Scan.PENDING)),
        "reason": Reason(body["reason"]) if body.get("reason") else None,
        "slots": tuple(body.get("slots", ())),
    }
    for name in ("file_pages", "blob_pages"):
        typed[name] = tuple((first, last) for first, last in body.get(name, ()))
    return typed
