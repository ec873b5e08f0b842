"""The audit chain of a tenant: blocks of entries, each block holding the hash of the one before.

Entry: {id, at, actor, action, subject, commitments}. Names, addresses and networks are not in it: ``commitments`` maps
each such field to a salted hash, and the values live beside the chain in a record that can be erased without breaking
it. Block: {v, tenant, sequence, previous, count, root, entries, written_at}; its hash leaves the entries out, which the
Merkle root stands for. Sequences begin at 1, and the first ``previous`` is 64 zeros.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fumibako_format import base64url
from fumibako_format.canonical import canonical_json
from fumibako_format.certificates import hash_from_hex
from fumibako_format.errors import EncodingInvalid, LengthError, ProofInvalid, SignerUnknown
from fumibako_format.key_statements import check_root, fingerprint, read_key_statement, sign_stated, verify_stated
from fumibako_format.merkle import tree_root
from fumibako_format.timestamps import check_timestamp
from fumibako_format.versions import VERSION, check_version

AUDIT_ROOT = "audit-root"
AUDIT_ROOT_TYPE = "fumibako-audit-root+jws"
FIRST_SEQUENCE = 1
FIRST_PREVIOUS = "0" * 64
MAX_ENTRIES = 90
MAX_BLOCK_BYTES = 300_000
COMMITMENT_SALT_BYTES = 16

_ENTRY_TEXTS = ("id", "actor", "action", "subject")


@dataclass(frozen=True)
class AuditChain:
    """A run of blocks that fit together. ``signed_through`` is the last sequence a signed root vouches for, or None."""

    tenant: str
    first: int
    last: int
    entries: int
    last_hash: str
    signed_through: int | None = None
    root_fingerprint: str | None = None


def commitment(salt: bytes, value: str) -> str:
    """Return base64url of SHA-256(salt || value in UTF-8); raises LengthError unless ``salt`` is 16 bytes.

    The salt is drawn for each value and erased with it: without it a short value could be guessed from its hash.
    """
    if len(salt) != COMMITMENT_SALT_BYTES:
        raise LengthError("A commitment's salt is 16 bytes.", "Draw 16 random bytes for each value.")
    return base64url.encode(hashlib.sha256(salt + value.encode("utf-8")).digest())


def audit_block(
    *, tenant: str, sequence: int, previous: str, entries: Sequence[Mapping[str, Any]], written_at: str
) -> dict[str, Any]:
    """Return a block; raises ProofInvalid on no or over 90 entries, over 300,000 bytes, or a wrong shape."""
    leaves = [_entry_leaf(entry) for entry in entries]
    block = {
        "v": VERSION,
        "tenant": tenant,
        "sequence": sequence,
        "previous": previous,
        "count": len(leaves),
        "root": tree_root(leaves).hex(),
        "entries": [dict(entry) for entry in entries],
        "written_at": written_at,
    }
    check_audit_block(block)
    return block


def audit_block_hash(block: Mapping[str, Any]) -> str:
    """Return the block's hash in hex: SHA-256 over its canonical JSON without ``entries``. Raises ProofInvalid."""
    return hashlib.sha256(_canonical({name: value for name, value in block.items() if name != "entries"})).hexdigest()


def check_audit_block(block: Mapping[str, Any]) -> None:
    """Raise ProofInvalid or VersionUnknown unless the block is whole in itself: shape, count and Merkle root."""
    check_version(block, "audit block")
    entries, sequence = block.get("entries"), block.get("sequence")
    if not isinstance(block.get("tenant"), str) or type(sequence) is not int or sequence < FIRST_SEQUENCE:
        raise ProofInvalid("The audit block does not say whose it is and which.")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_ENTRIES or block.get("count") != len(entries):
        raise ProofInvalid(f"Audit block {sequence} does not have the entries it counts.")
    hash_from_hex(block.get("previous"))
    check_timestamp(block.get("written_at"), "written_at")
    if len(_canonical(block)) > MAX_BLOCK_BYTES:
        raise ProofInvalid(f"Audit block {sequence} is larger than {MAX_BLOCK_BYTES} bytes.")
    if tree_root([_entry_leaf(entry) for entry in entries]) != hash_from_hex(block.get("root")):
        raise ProofInvalid(f"The entries of audit block {sequence} are not the ones it was made of.")


def check_audit_chain(blocks: Iterable[Mapping[str, Any]]) -> AuditChain:
    """Return the chain when every block is whole and follows the one before; raises ProofInvalid, VersionUnknown.

    The run may begin anywhere; from sequence 1 the first ``previous`` must be zeros. No signature is looked at.
    """
    return _chain(blocks, {})


def verify_audit_chain(
    blocks: Iterable[Mapping[str, Any]], *, roots: Sequence[Mapping[str, Any]], root_fingerprint: str | None = None
) -> AuditChain:
    """Return the chain when it holds and every signed root within its reach names its very blocks.

    A root of the block just before the run is held against the first ``previous``, an earlier one cannot be judged and
    is passed over; one beyond the run's end means that blocks are missing. Raises ProofInvalid, VersionUnknown, and
    SignerUnknown (with ``verified``) when no root, or none that can be judged, or no fingerprint was given.
    """
    signed: dict[int, list[Mapping[str, Any]]] = {}
    root_keys: dict[str, dict[str, Any]] = {}
    for document in roots:
        claims, root_jwk = _read_root(document)
        signed.setdefault(claims["sequence"], []).append(claims)
        root_keys[fingerprint(root_jwk)] = root_jwk
    chain = _chain(blocks, signed)
    if chain.signed_through is None:
        raise SignerUnknown("The chain is intact, but no signed root vouches for it.", verified=chain)
    for root_jwk in root_keys.values():
        check_root(root_jwk, root_fingerprint, verified=chain)
    return replace(chain, root_fingerprint=next(iter(root_keys)))


def sign_audit_root(
    chain: AuditChain, *, key_statement: str, signed_at: str, sign: Callable[[bytes], bytes]
) -> dict[str, Any]:
    """Return the signed root of a chain's last block: {v, type, root: JWS, key_statement}. Raises ProofInvalid."""
    stated = read_key_statement(key_statement)
    stated.check_tenant(chain.tenant)
    claims = {
        "v": VERSION,
        "tenant": chain.tenant,
        "sequence": chain.last,
        "hash": chain.last_hash,
        "signed_at": signed_at,
    }
    token = sign_stated(claims, stated, typ=AUDIT_ROOT_TYPE, sign=sign)
    return {"v": VERSION, "type": AUDIT_ROOT, "root": token, "key_statement": key_statement}


def _chain(blocks: Iterable[Mapping[str, Any]], signed: Mapping[int, Sequence[Mapping[str, Any]]]) -> AuditChain:
    chain: AuditChain | None = None
    for block in blocks:
        check_audit_block(block)
        before = _before(block) if chain is None else chain
        if (block["tenant"], block["sequence"], block["previous"]) != (
            before.tenant,
            before.last + 1,
            before.last_hash,
        ):
            raise ProofInvalid(f"Audit block {block['sequence']} does not follow the one before it.")
        if chain is None:
            before = _held_against(before, signed)
        entries = before.entries + block["count"]
        after = AuditChain(
            before.tenant, before.first, block["sequence"], entries, audit_block_hash(block), before.signed_through
        )
        chain = _held_against(after, signed)
    if chain is None:
        raise ProofInvalid("There is no audit block.", "Give the exported blocks, one JSON object a line.")
    if any(sequence > chain.last for sequence in signed):
        raise ProofInvalid("A signed root speaks of a later block: the end of the chain is missing.")
    return chain


def _before(block: Mapping[str, Any]) -> AuditChain:
    """Return what must stand before the first block of a run."""
    first = block["sequence"]
    last_hash = FIRST_PREVIOUS if first == FIRST_SEQUENCE else block["previous"]
    return AuditChain(block["tenant"], first, first - 1, 0, last_hash)


def _held_against(chain: AuditChain, signed: Mapping[int, Sequence[Mapping[str, Any]]]) -> AuditChain:
    for claims in signed.get(chain.last, ()):
        if (claims["tenant"], claims["hash"]) != (chain.tenant, chain.last_hash):
            raise ProofInvalid(f"The signed root of block {chain.last} is of another chain.")
        chain = replace(chain, signed_through=chain.last)
    return chain


def _read_root(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    check_version(document, "audit root")
    if document.get("type") != AUDIT_ROOT:
        raise ProofInvalid("This is not a signed audit root.")
    stated = read_key_statement(document.get("key_statement", ""))
    claims = verify_stated(document.get("root", ""), stated, typ=AUDIT_ROOT_TYPE)
    if not isinstance(claims.get("tenant"), str) or type(claims.get("sequence")) is not int:
        raise ProofInvalid("The audit root does not say whose it is and of which block.")
    stated.check_tenant(claims["tenant"])
    hash_from_hex(claims.get("hash"))
    return claims, stated.root_jwk


def _entry_leaf(entry: Any) -> bytes:
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(name), str) for name in _ENTRY_TEXTS):
        raise ProofInvalid("An audit entry lacks its id, actor, action or subject.")
    check_timestamp(entry.get("at"), "at")
    commitments = entry.get("commitments")
    if not isinstance(commitments, dict) or not all(isinstance(value, str) for value in commitments.values()):
        raise ProofInvalid("An audit entry's commitments are not an object of texts.")
    return _canonical(entry)


def _canonical(value: object) -> bytes:
    try:
        return canonical_json(value)
    except EncodingInvalid as error:
        raise ProofInvalid("The audit block cannot be written as canonical JSON.") from error
