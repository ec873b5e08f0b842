"""Blobs of a transfer: their plans in pages (``blobs#<page>``, 250 each, fixed at create) and their uploads one by one (``blob#<id>``).

500 large files in one create are two records of plans; an upload's record is written when its first URL is asked for (it keeps the
store's token) and again when its files are named and it is complete.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.files import BlobEntry, pages_of
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation

_MANY = 100
_UPLOAD = ("upload", "named", "stored_version", "checksum", "size", "held")


@dataclass(frozen=True)
class BlobPage:
    """Plans in order of id; ``version`` is the record's (0: not written yet)."""

    number: int
    version: int
    blobs: tuple[BlobEntry, ...]


def blob_page_put(head: Transfer, page: BlobPage) -> Put:
    """Write a page of plans against the version that was read; plans are added, never changed."""
    return Put(
        _page_key(head, page.number), {"blobs": [_plan_body(blob) for blob in page.blobs]}, expectation(page.version)
    )


def get_blob_page(records: RecordStore, head: Transfer, number: int) -> BlobPage | None:
    """One page of plans."""
    record = records.get(_page_key(head, number))
    return None if record is None else BlobPage(number, record.version, tuple(_plans_from(record)))


def blob_put(head: Transfer, blob: BlobEntry) -> Put:
    """Write a blob's upload against the version that was read."""
    body = {name: getattr(blob, name) for name in _UPLOAD}
    return Put(_blob_key(head, blob.id), body, expectation(blob.version))


def get_blobs(records: RecordStore, head: Transfer, ids: Sequence[str]) -> dict[str, BlobEntry]:
    """These blobs by id, plan and upload joined. Raises NotFound where one is not of this transfer."""
    return _joined(records, head, list(get_plans(records, head, ids).values()))


def get_plans(records: RecordStore, head: Transfer, ids: Sequence[str]) -> dict[str, BlobEntry]:
    """Their plans alone: what a list of files shows. Raises NotFound as ``get_blobs`` does."""
    wanted = list(dict.fromkeys(ids))
    plans: dict[str, BlobEntry] = {}
    pages = pages_of(head.blob_pages, wanted)
    for start in range(0, len(pages), _MANY):
        keys = [_page_key(head, page) for page in pages[start : start + _MANY]]
        plans |= {blob.id: blob for record in records.get_many(keys) for blob in _plans_from(record)}
    if any(one not in plans for one in wanted):
        raise NotFound("One of the blobs is not in this transfer.")
    return {one: plans[one] for one in wanted}


def iterate_blobs(records: RecordStore, head: Transfer) -> Iterator[BlobEntry]:
    """All blobs in order, 100 at a time: for certificates, checks and destruction."""
    for page in range(len(head.blob_pages)):
        record = records.get(_page_key(head, page))
        plans = _plans_from(record) if record else []
        for start in range(0, len(plans), _MANY):
            yield from _joined(records, head, plans[start : start + _MANY]).values()


def _joined(records: RecordStore, head: Transfer, plans: Sequence[BlobEntry]) -> dict[str, BlobEntry]:
    uploads: dict[str, Record] = {}
    for start in range(0, len(plans), _MANY):
        keys = [_blob_key(head, blob.id) for blob in plans[start : start + _MANY]]
        uploads |= {record.key.sk.removeprefix("blob#"): record for record in records.get_many(keys)}
    return {plan.id: _with_upload(plan, uploads.get(plan.id)) for plan in plans}


def _with_upload(plan: BlobEntry, record: Record | None) -> BlobEntry:
    if record is None:
        return plan
    body = record.body
    return replace(
        plan,
        version=record.version,
        upload=body["upload"],
        named=body["named"],
        stored_version=body["stored_version"],
        checksum=body["checksum"],
        size=body["size"],
        held=body.get("held", 0),
    )


def _page_key(head: Transfer, page: int) -> Key:
    return Key(aggregate_pk(head.tenant, head.id), f"blobs#{page:05d}")


def _blob_key(head: Transfer, blob: str) -> Key:
    return Key(aggregate_pk(head.tenant, head.id), f"blob#{blob}")


def _plan_body(blob: BlobEntry) -> dict[str, Any]:
    return {
        "id": blob.id,
        "size": blob.size,
        "part": blob.part_size,
        "single": blob.single,
        "growing": blob.growing,
        "files": blob.files,
        "pages": list(blob.file_pages),
    }


def _plans_from(record: Record) -> list[BlobEntry]:
    return [
        BlobEntry(
            id=body["id"],
            size=body["size"],
            part_size=body["part"],
            single=body["single"],
            growing=body["growing"],
            files=body["files"],
            file_pages=tuple(body["pages"]),
        )
        for body in record.body["blobs"]
    ]
