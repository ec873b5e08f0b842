"""The chain held against itself and its signed roots, some blocks at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.errors import Refused, refuse_field
from chalicelib.domain.principal import Principal
from chalicelib.stores.audit_store import AuditHead, get_audit_head, get_roots, read_blocks
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.key_statement import root_fingerprint
from fumibako_format.errors import FormatError, SignerUnknown
from fumibako_format.proofs import AuditChain, check_audit_chain, verify_audit_chain

OVERSEERS: Final = ("auditor", "admin")
BLOCKS: Final = 50


@dataclass(frozen=True)
class Checked:
    """Blocks ``first`` to ``last`` hold. ``next`` is where to go on: the last block again, so that no link is left out."""

    first: int
    last: int
    entries: int
    signed_through: int | None
    next: int | None


def check_audit(ctx: Context, principal: Principal, *, from_block: int) -> Checked:
    """Check up to 50 blocks. Raises Refused("audit_broken") naming the block, Refused("role_missing")."""
    principal.require_member()
    principal.require_role(*OVERSEERS)
    tenant = principal.tenant
    head = get_audit_head(ctx.records, tenant)
    if head.sequence == 0:
        return Checked(1, 0, 0, None, None)
    if not 1 <= from_block <= head.sequence:
        raise refuse_field("query_invalid", "/from_block", f"The blocks are 1 to {head.sequence}.")
    last = min(from_block + BLOCKS - 1, head.sequence)
    roots = [root.document for root in get_roots(ctx.records, tenant, max(1, from_block - 1), last)]
    try:
        chain = verify_audit_chain(
            run_of_blocks(ctx, tenant, from_block, last), roots=roots, root_fingerprint=root_fingerprint(ctx)
        )
    except SignerUnknown:  # no root speaks of these blocks
        chain = check_audit_chain(run_of_blocks(ctx, tenant, from_block, last))
    except FormatError as error:
        raise audit_broken(str(error)) from error
    require_end(chain, head)
    return Checked(
        chain.first, chain.last, chain.entries, chain.signed_through, None if last == head.sequence else last
    )


def run_of_blocks(ctx: Context, tenant: str, first: int, last: int) -> Iterator[dict[str, Any]]:
    """Blocks first to last, every one. Raises Refused("audit_broken") where one is not there."""
    expected = first
    for block in read_blocks(ctx.records, tenant, first, last):
        if block.get("sequence") != expected:
            break
        yield block
        expected += 1
    if expected <= last:
        raise audit_broken(f"Audit block {expected} is not there.")


def require_end(chain: AuditChain, head: AuditHead) -> None:
    """Raises Refused("audit_broken") where the chain's last block is not the one that the head names."""
    if chain.last == head.sequence and chain.last_hash != head.hash:
        raise audit_broken(f"Audit block {chain.last} is not the one that was written last.")


def audit_broken(detail: str) -> Refused:
    """The chain does not hold; the detail names a block, never a person."""
    return Refused("audit_broken", detail)
