"""Transfer heads: ``<tenant>#tr#<id>`` / ``head``. A head is read strongly and written against the version that was read."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import TenantId, is_id
from chalicelib.domain.transfer import Reason, Scan, State, Transfer, TransferClass
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation

_HEAD = "head"
_MANY = 100
_FIELDS = tuple((field.name, field.default) for field in fields(Transfer) if field.name != "version")
_NAMES = frozenset(name for name, _ in _FIELDS)
_DEFAULTS = {name: default for name, default in _FIELDS if default is not MISSING}
# Looking a member up here takes a tenth of asking its class.
_STATES = {one.value: one for one in State}
_CLASSES = {one.value: one for one in TransferClass}
_SCANS = {one.value: one for one in Scan}
_REASONS = {one.value: one for one in Reason}
_REQUIRED = _NAMES - _DEFAULTS.keys()


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
    for name, default in _FIELDS:
        value = getattr(transfer, name)
        if value != default:
            body[name] = _plain(value)
    return body


def transfer_from(record: Record) -> Transfer:
    """The head of such a record; members this version does not know are ignored."""
    stored = record.body
    if not stored.keys() >= _REQUIRED:
        raise TypeError(f"The head {record.key.pk} lacks {sorted(_REQUIRED - stored.keys())}.")
    body = {**_DEFAULTS, **stored, **_typed(stored), "version": record.version}
    if len(body) > len(_NAMES) + 1:
        body = {name: value for name, value in body.items() if name in _NAMES or name == "version"}
    # What Transfer(**body) does, without 50 calls of object.__setattr__: a list of 50 transfers is read by this.
    transfer = object.__new__(Transfer)
    vars(transfer).update(body)
    return transfer


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _typed(body: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "tenant": TenantId(body["tenant"]),
        "state": _STATES[body["state"]],
        "transfer_class": _CLASSES[body["transfer_class"]],
        "scan": _SCANS[body.get("scan", Scan.PENDING)],
        "reason": _REASONS[body["reason"]] if body.get("reason") else None,
        "slots": tuple(body.get("slots", ())),
    }
    for name in ("file_pages", "blob_pages"):
        if name in body:
            typed[name] = tuple([(first, last) for first, last in body[name]])
    return typed
