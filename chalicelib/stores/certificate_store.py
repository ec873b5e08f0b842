"""Certificates, the batches that sign them, what waits to be signed, and receipts.

Waiting statements stand in four partitions of their own, in the order of tenant and id, so that one batch is one page of a query.
A statement of more than ``KEPT_BYTES`` is not kept: it is made again from the head and the file pages, which no longer change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from zlib import crc32

from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Put, Record, RecordStore

SHARDS: Final = 4
KEPT_BYTES: Final = 30_000
Kind = Literal["deletion", "recoverable-past"]


@dataclass(frozen=True)
class Waiting:
    """A statement to be signed: ``statement`` is None where it was too long to keep."""

    tenant: str
    transfer: str
    kind: Kind
    statement: dict[str, Any] | None
    key: Key


@dataclass(frozen=True)
class Certificate:
    """What was signed of one statement: its proof in the batch."""

    statement: dict[str, Any] | None
    proof: dict[str, Any]
    batch: str


def waiting_pk(shard: int) -> str:
    """The partition of one shard, 0 to 3."""
    return f"due#certify#{shard:02d}"


def put_waiting(tenant: str, transfer: str, kind: Kind, statement: Mapping[str, Any]) -> Put:
    """To be signed by the next batch; stating it again before that replaces it."""
    kept = dict(statement) if len(json.dumps(statement)) <= KEPT_BYTES else None
    key = Key(waiting_pk(crc32(transfer.encode()) % SHARDS), f"{tenant}#{transfer}#{kind}")
    return Put(key, {"statement": kept}, ANY)


def list_waiting(records: RecordStore, shard: int, limit: int) -> list[Waiting]:
    """The first of a shard, those of one tenant together."""
    return [_waiting(record) for record in records.query(waiting_pk(shard), limit=limit).records]


def _waiting(record: Record) -> Waiting:
    tenant, transfer, kind = record.key.sk.split("#")
    return Waiting(
        tenant=tenant,
        transfer=transfer,
        kind="deletion" if kind == "deletion" else "recoverable-past",
        statement=record.body["statement"],
        key=record.key,
    )


def put_batch(tenant: str, batch: str, *, signed: str, key_statement: str) -> Put:
    """The signed root of a batch; written before its certificates."""
    return Put(Key(f"{tenant}#ct#{batch}", "batch"), {"batch": signed, "key_statement": key_statement}, ABSENT)


def certificate_ops(waiting: Waiting, proof: Mapping[str, Any], batch: str) -> list[Put | Delete]:
    """A certificate, and its statement no longer waiting. Signed twice (after a crash) the later batch stands; both are true."""
    body = {"statement": waiting.statement, "proof": dict(proof), "batch": batch}
    return [Put(_certificate_key(waiting.tenant, waiting.transfer, waiting.kind), body), Delete(waiting.key)]


def get_certificate(records: RecordStore, tenant: str, transfer: str, kind: Kind) -> Certificate | None:
    """The certificate, None before it was signed."""
    record = records.get(_certificate_key(tenant, transfer, kind))
    if record is None:
        return None
    return Certificate(record.body["statement"], record.body["proof"], record.body["batch"])


def get_batch(records: RecordStore, tenant: str, batch: str) -> tuple[str, str]:
    """The signed root and the key statement of a batch."""
    record = records.get(Key(f"{tenant}#ct#{batch}", "batch"))
    if record is None:
        raise LookupError("A certificate names a batch that is not there.")
    return record.body["batch"], record.body["key_statement"]


def put_receipt(tenant: str, transfer: str, document: Mapping[str, Any]) -> Put:
    """A receipt without its statement, which can be made again from head and file pages."""
    kept = {name: value for name, value in document.items() if name != "statement"}
    return Put(_receipt_key(tenant, transfer), kept)


def get_receipt(records: RecordStore, tenant: str, transfer: str) -> dict[str, Any] | None:
    """What was kept of the receipt, None before it was issued."""
    record = records.get(_receipt_key(tenant, transfer))
    return None if record is None else dict(record.body)


def receipt_document(kept: Mapping[str, Any], statement: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt as it was issued."""
    return {"v": kept["v"], "type": kept["type"], "statement": dict(statement)} | {
        name: kept[name] for name in ("proof", "batch", "key_statement")
    }


def _certificate_key(tenant: str, transfer: str, kind: Kind) -> Key:
    return Key(f"{tenant}#tr#{transfer}", f"certificate#{kind}")


def _receipt_key(tenant: str, transfer: str) -> Key:
    return Key(f"{tenant}#tr#{transfer}", "receipt")
