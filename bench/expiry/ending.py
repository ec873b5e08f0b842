"""When all is over, and whether it ended as it must: each transfer destroyed, in the audit chain once, certified, and nothing of it left."""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from bench.expiry.site import Site
from bench.processes import Failed
from chalicelib.bootstrap import LazyContext
from chalicelib.ports.record_store import Key
from chalicelib.stores.certificate_store import get_certificate
from fumibako_format.proofs import check_audit_chain

LONGEST = 3_600.0
_LOOK = 0.5
# Any row that says that work is left: due items, statements to sign, events on their way to the log, tenants with rows in no block.
_LEFT = (
    "SELECT 1 FROM records WHERE pk >= 'due#0' AND pk < :present AND sk LIKE 'tenant-%#expire' LIMIT 1",
    "SELECT 1 FROM records WHERE pk >= 'due#certify#' AND pk < 'due#certify$' LIMIT 1",
    "SELECT 1 FROM outbox LIMIT 1",
    "SELECT 1 FROM deliveries WHERE consumer = 'reporting' LIMIT 1",
    "SELECT 1 FROM records WHERE pk >= 'due#audit#' AND pk < 'due#audit$' LIMIT 1",
)


@dataclass(frozen=True)
class Course:
    """Seconds from the start until all were destroyed, and until all were audited and certified too."""

    destroyed: float
    all: float


def wait_for_the_end(stores: LazyContext, began: float) -> Course:
    """``began`` is of ``time.monotonic``. Raises Failed after an hour."""
    destroyed = 0.0
    while time.monotonic() - began < LONGEST:
        left = _left(stores)
        destroyed = destroyed or (0.0 if left and left[0] == 0 else time.monotonic() - began)
        if not left:
            return Course(destroyed, time.monotonic() - began)
        time.sleep(_LOOK)
    raise Failed("the transfers were not destroyed within an hour")


def _left(stores: LazyContext) -> list[int]:
    present = f"due#{stores.clock.now_ms() // 60_000 + 1:09d}"
    with stores.engine.connect() as connection:
        for number, question in enumerate(_LEFT):
            if connection.execute(text(question), {"present": present} if "present" in question else {}).first():
                return [number]
    return []


def ended_well(place: Site, stores: LazyContext, made: Collection[tuple[str, str]]) -> bool:
    """Every one of ``made`` (tenant, transfer): state, certificate, audit entry, bytes, key."""
    by_tenant: dict[str, set[str]] = {}
    for tenant, transfer in made:
        by_tenant.setdefault(tenant, set()).add(transfer)
    return all(
        _audited(stores, tenant) >= transfers
        and all(_destroyed(stores, tenant, transfer) for transfer in transfers)
        and _nothing_left(place.data / "blobs" / tenant)
        for tenant, transfers in by_tenant.items()
    )


def _audited(stores: LazyContext, tenant: str) -> set[str]:
    """What the tenant's chain says was destroyed. Raises FormatError where the chain does not hold."""
    with stores.engine.connect() as connection:
        found = connection.execute(
            text("SELECT body FROM records WHERE pk = :pk ORDER BY sk"), {"pk": f"{tenant}#audit#blocks"}
        )
        blocks = [json.loads(body) for (body,) in found]
    check_audit_chain(blocks)
    said = [
        entry["subject"] for block in blocks for entry in block["entries"] if entry["action"] == "transfer.destroyed"
    ]
    return set(said) if len(said) == len(set(said)) else set()


def _destroyed(stores: LazyContext, tenant: str, transfer: str) -> bool:
    head = stores.records.get(Key(f"{tenant}#tr#{transfer}", "head"))
    certificate = get_certificate(stores.records, tenant, transfer, "deletion")
    return (
        head is not None
        and head.body["state"] == "destroyed"
        and head.body["verified_absent_at"] >= head.body["destroyed_at"]
        and certificate is not None
        and stores.wrapped_keys.get(Key(f"{tenant}#key#{transfer}", "key")) is None
    )


def _nothing_left(folder: Path) -> bool:
    return not any(folder.iterdir())
