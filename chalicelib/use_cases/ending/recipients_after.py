"""Addresses after destruction: kept only sealed, so that the owner's list still says to whom it went, and nothing else can.

A page of recipients keeps its ids in the clear; addresses and names lie in sealed pieces of 50 beside them.
"""

import json
from typing import Any, Final

from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Put, Record
from chalicelib.stores.keys import aggregate_pk
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.use_cases.context import Context
from fumibako_format import base64url

PURPOSE: Final = "recipients-after"
PIECE: Final = 50  # 50 of the longest addresses and names stay under the 65,536 bytes that one seal takes


def sealed_page(ctx: Context, head: Transfer, record: Record) -> Put:
    """A page of recipients without its addresses in the clear; sealing it again changes nothing that can be read."""
    rows: list[list[str]] = record.body["recipients"]
    if "sealed" in record.body:
        return Put(record.key, record.body, record.version)
    pieces = [
        base64url.encode(
            ctx.keys.seal(
                json.dumps(rows[start : start + PIECE], ensure_ascii=False).encode(),
                tenant=head.tenant,
                purpose=PURPOSE,
                context=f"{head.id}/{record.key.sk}/{start}",
            )
        )
        for start in range(0, len(rows), PIECE)
    ]
    bare = [[row[0], "", "", row[3]] for row in rows]
    return Put(record.key, {"recipients": bare, "sealed": pieces}, record.version)


def read_recipients(ctx: Context, head: Transfer) -> list[RecipientEntry]:
    """All recipients of a transfer with their addresses, before and after its destruction. For its owner, admins and auditors alone."""
    if head.destroyed_at is None:
        return get_recipients(ctx.records, head.tenant, head.id)
    found: list[RecipientEntry] = []
    cursor: str | None = None
    while True:
        page = ctx.records.query(aggregate_pk(head.tenant, head.id), prefix="rcps#", limit=10, cursor=cursor)
        found += [RecipientEntry(*row) for record in page.records for row in _rows(ctx, head, record)]
        cursor = page.cursor
        if cursor is None:
            return found


def _rows(ctx: Context, head: Transfer, record: Record) -> list[Any]:
    if "sealed" not in record.body:
        return list(record.body["recipients"])
    rows: list[Any] = []
    for number, piece in enumerate(record.body["sealed"]):
        context = f"{head.id}/{record.key.sk}/{number * PIECE}"
        opened = ctx.keys.open(base64url.decode(piece), tenant=head.tenant, purpose=PURPOSE, context=context)
        rows += json.loads(opened)
    return rows
