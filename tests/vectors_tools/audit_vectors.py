"""Vectors of the audit chain: runs of blocks with signed roots, and each way to break one."""

import copy
import hashlib
from typing import Any

from tests.vectors_tools.proof_vectors import OTHER_ROOT, ROOT, SIGNER, STRANGER, TENANT
from tests.vectors_tools.signing import PrivateKey, b64, canonical, fingerprint_of, jws, key_statement, tree
from tests.vectors_tools.write import write

HAND = "by hand, signed with keys made of a seed"
Block = dict[str, Any]


def entry(number: int) -> dict[str, Any]:
    hidden = hashlib.sha256(bytes([number]) * 16 + "佐藤".encode()).digest()
    return {
        "id": f"ev_{number:026d}",
        "at": f"2026-06-01T10:00:{number % 60:02d}.000Z",
        "actor": "me_01jd8x3v6kf2q9m4n7p0r5s8tm",
        "action": "transfer.created",
        "subject": "tr_01jd8x3v6kf2q9m4n7p0r5s8tw",
        "commitments": {"name": b64(hidden)} if number % 2 else {},
    }


def block(sequence: int, previous: str, entries: list[dict[str, Any]], **change: Any) -> Block:
    made = {
        "v": 1,
        "tenant": TENANT,
        "sequence": sequence,
        "previous": previous,
        "count": len(entries),
        "root": tree([canonical(item) for item in entries]).hex(),
        "entries": entries,
        "written_at": "2026-06-01T10:01:00.000Z",
    }
    return made | change


def hash_of(made: Block) -> str:
    return hashlib.sha256(canonical({name: value for name, value in made.items() if name != "entries"})).hexdigest()


def chain(*counts: int, first: int = 1) -> list[Block]:
    blocks: list[Block] = []
    previous, number = "0" * 64, 0
    for sequence, count in enumerate(counts, 1):
        blocks.append(block(sequence, previous, [entry(number + n) for n in range(count)]))
        previous, number = hash_of(blocks[-1]), number + count
    return blocks[first - 1 :]


def root(
    number: int,
    hash_: str,
    *,
    stated: str | None = None,
    header: dict[str, Any] | None = None,
    signer: PrivateKey = SIGNER,
    **claims: Any,
) -> dict[str, Any]:
    usual = {"v": 1, "tenant": TENANT, "sequence": number, "hash": hash_, "signed_at": "2026-06-02T00:00:00.000Z"}
    start = {"kid": "proofs-2026", "typ": "fumibako-audit-root+jws"} | (header or {})
    stated = stated or key_statement(ROOT, SIGNER)
    return {
        "v": 1,
        "type": "audit-root",
        "root": jws(signer, start, canonical(usual | claims)),
        "key_statement": stated,
    }


def _write(
    name: str,
    blocks: list[Block],
    roots: list[dict[str, Any]],
    error: str | None = None,
    noted: str | None = fingerprint_of(ROOT),
    **expected: Any,
) -> None:
    members = {"root_fingerprint": noted, "blocks": blocks, "roots": roots, **expected}
    write("audit_blocks", name, origin=HAND, error=error, **members)


def make() -> None:
    blocks = chain(2, 3, 1)
    last = root(3, hash_of(blocks[2]))
    _valid(blocks, last)
    _wrong_roots(blocks, last)
    _wrong_blocks(blocks, last)


def _valid(blocks: list[Block], last: dict[str, Any]) -> None:
    hashes = [hash_of(made) for made in blocks]
    whole: dict[str, Any] = {"first": 1, "last": 3, "entries": 6, "last_hash": hashes[2], "hashes": hashes}
    _write("three-blocks", blocks, [last], signed_through=3, **whole)
    _write("signed-to-the-second", blocks, [root(2, hashes[1])], signed_through=2, **whole)
    _write("a-root-each-day", blocks, [root(1, hashes[0]), last], signed_through=3, **whole)
    later: dict[str, Any] = {"first": 2, "last": 3, "entries": 4, "last_hash": hashes[2], "hashes": hashes[1:]}
    _write("from-the-second", blocks[1:], [root(1, hashes[0]), last], signed_through=3, **later)
    _write("vouched-from-before", blocks[1:], [root(1, hashes[0])], signed_through=1, **later)
    own = root(3, hashes[2], stated=key_statement(ROOT, SIGNER, install=None, tenant=TENANT))
    _write("tenants-own-key", blocks, [own], signed_through=3, **whole)
    full = chain(90)
    alone: dict[str, Any] = {
        "first": 1,
        "last": 1,
        "entries": 90,
        "last_hash": hash_of(full[0]),
        "hashes": [hash_of(full[0])],
    }
    _write("ninety-entries", full, [root(1, hash_of(full[0]))], signed_through=1, **alone)


def _wrong_roots(blocks: list[Block], last: dict[str, Any]) -> None:
    hashes = [hash_of(made) for made in blocks]
    _write("no-root", blocks, [], "signer_unknown")
    _write("no-fingerprint", blocks, [last], "signer_unknown", noted=None)
    _write("another-fingerprint", blocks, [last], "proof_invalid", noted=fingerprint_of(OTHER_ROOT))
    _write("only-a-root-too-old", chain(1, 1, 1, first=3), [root(1, "11" * 32)], "signer_unknown")
    _write("root-of-another-block", blocks, [root(3, hashes[1])], "proof_invalid")
    _write("root-of-another-tenant", blocks, [root(3, hashes[2], tenant="te_other")], "proof_invalid")
    _write("root-before-the-run-differs", blocks[1:], [root(1, hashes[1])], "proof_invalid")
    _write("end-missing", blocks[:2], [last], "proof_invalid")
    _write(
        "root-of-two-installs",
        blocks,
        [last, root(3, hashes[2], stated=key_statement(OTHER_ROOT, SIGNER))],
        "proof_invalid",
    )
    _write("root-by-another-key", blocks, [root(3, hashes[2], signer=STRANGER)], "proof_invalid")
    late = root(3, hashes[2], signed_at="2027-01-01T00:00:00.000Z")
    _write("root-signed-after-its-key", blocks, [late], "proof_invalid")
    _write("root-version-2", blocks, [root(3, hashes[2], v=2)], "version_unknown")
    _write("root-document-version-2", blocks, [last | {"v": 2}], "version_unknown")
    _write("root-of-another-type", blocks, [last | {"type": "receipt"}], "proof_invalid")
    _write("root-of-another-kind", blocks, [root(3, hashes[2], header={"typ": "JWT"})], "proof_invalid")
    _write("root-sequence-text", blocks, [root(3, hashes[2], sequence="3")], "proof_invalid")
    _write("root-tenant-missing", blocks, [root(3, hashes[2], tenant=None)], "proof_invalid")
    _write("root-hash-upper-case", blocks, [root(3, hashes[2].upper())], "proof_invalid")
    _write("root-token-missing", blocks, [last | {"root": None}], "proof_invalid")
    _write("root-key-statement-missing", blocks, [last | {"key_statement": None}], "proof_invalid")
    stated = key_statement(ROOT, SIGNER, install=None, tenant="te_other")
    _write("root-key-of-another-tenant", blocks, [root(3, hashes[2], stated=stated)], "proof_invalid")


def _wrong_blocks(blocks: list[Block], last: dict[str, Any]) -> None:
    def bad(name: str, changed: list[Block], error: str = "proof_invalid") -> None:
        _write(name, changed, [last], error)

    def with_second(**change: Any) -> list[Block]:
        return [blocks[0], blocks[1] | change, blocks[2]]

    def with_entry(**change: Any) -> list[Block]:
        made = copy.deepcopy(blocks)
        made[1]["entries"][0] |= change
        made[1]["root"] = tree([canonical(item) for item in made[1]["entries"]]).hex()
        return made

    bad("nothing", [])
    bad("middle-missing", [blocks[0], blocks[2]])
    bad("swapped", [blocks[1], blocks[0], blocks[2]])
    bad("twice", [blocks[0], blocks[0], blocks[1], blocks[2]])
    bad("version-2", with_second(v=2), "version_unknown")
    bad("tenant-changed", with_second(tenant="te_other"))
    bad("tenant-missing", with_second(tenant=None))
    bad("previous-changed", with_second(previous="00" * 32))
    bad("previous-short", with_second(previous="00"))
    bad("sequence-changed", with_second(sequence=5))
    bad("sequence-true", [blocks[0] | {"sequence": True}, *blocks[1:]])
    bad("sequence-text", [blocks[0] | {"sequence": "1"}, *blocks[1:]])
    bad("sequence-zero", [blocks[0] | {"sequence": 0}, *blocks[1:]])
    bad("first-has-a-previous", [blocks[0] | {"previous": "11" * 32}])
    bad("written-at-changed", with_second(written_at="2026-06-01T10:01:00.001Z"))
    bad("written-at-no-time", with_second(written_at="yesterday"))
    bad("count-changed", with_second(count=2))
    bad("root-changed", with_second(root="00" * 32))
    bad("entry-dropped", with_second(entries=blocks[1]["entries"][1:]))
    bad("entry-dropped-and-counted-so", with_second(entries=blocks[1]["entries"][1:], count=2))
    bad("entries-swapped", with_second(entries=blocks[1]["entries"][::-1]))
    bad("entries-missing", with_second(entries=None))
    bad("no-entries", [block(1, "0" * 64, [])])
    bad("ninety-one-entries", chain(91))
    bad("entry-changed-and-rehashed", with_entry(action="transfer.deleted"))
    bad("entry-without-actor", with_entry(actor=None))
    bad("entry-subject-a-number", with_entry(subject=5))
    bad("entry-without-time", with_entry(at=None))
    bad("entry-commitments-missing", with_entry(commitments=None))
    bad("entry-commitment-a-number", with_entry(commitments={"name": 5}))
    bad("entry-with-a-fraction", with_entry(weight=0.5))
