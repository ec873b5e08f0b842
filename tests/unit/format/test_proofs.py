"""What we sign: key statements, batches, audit blocks and roots; and what is said of a wrong one."""

import hashlib
from typing import Any

import pytest

from fumibako_format import proofs
from fumibako_format.errors import LengthError, ProofInvalid, SignerUnknown, VersionUnknown
from fumibako_format.key_statements import check_root
from fumibako_format.merkle import MerkleTree, leaf_hash
from tests.vectors_tools.audit_vectors import block, chain, entry, hash_of
from tests.vectors_tools.proof_vectors import DELETION, OTHER_ROOT, PAST, RECEIPT, ROOT, SIGNER, TENANT
from tests.vectors_tools.signing import b64, canonical, fingerprint_of, jwk_of, key_statement, raw_signature
from tests.vectors_tools.write import read

STATED, NOTED, SIGNED_AT = key_statement(ROOT, SIGNER), fingerprint_of(ROOT), "2026-06-01T10:05:00.000Z"


def sign(data: bytes) -> bytes:
    return raw_signature(SIGNER, data)


def refusal(call: Any) -> tuple[str, str]:
    with pytest.raises(ProofInvalid) as caught:
        call()
    return caught.value.message, caught.value.hint


def stated(**change: Any) -> str:
    usual: dict[str, Any] = {
        "kid": "proofs-2026",
        "jwk": jwk_of(SIGNER),
        "not_before": "2026-01-01T00:00:00.000Z",
        "not_after": "2026-12-31T23:59:59.999Z",
        "root_jwk": jwk_of(ROOT),
        "sign": lambda data: raw_signature(ROOT, data),
        "install": "in_01jd8x3v6kf2q9m4n7p0r5s8t0",
    }
    return proofs.key_statement(**(usual | change))


def test_a_key_statement_is_the_one_built_by_hand() -> None:
    assert stated() == STATED
    found = proofs.read_key_statement(stated(install=None, tenant=TENANT))
    assert (found.issuer_kind, found.issuer, found.kid) == ("tenant", TENANT, "proofs-2026")
    assert (found.jwk, found.root_jwk) == (jwk_of(SIGNER), jwk_of(ROOT))
    assert (found.not_before, found.not_after) == ("2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z")
    assert proofs.read_key_statement(STATED).issuer_kind == "install"


def test_a_wrong_key_statement_is_not_made() -> None:
    both = "A key is stated for a tenant or for an install."
    assert refusal(lambda: stated(tenant=TENANT)) == (both, "Give exactly one of the two.")
    assert refusal(lambda: stated(install=None))[0] == both
    assert refusal(lambda: stated(not_after="2025-01-01T00:00:00.000Z"))[0] == (
        "The key statement ends before it begins."
    )
    assert refusal(lambda: stated(not_before="2026-01-01"))[0] == "not_before is not a UTC time with milliseconds."
    assert refusal(lambda: stated(not_after=None))[0] == "not_after is not a UTC time with milliseconds."
    assert refusal(lambda: stated(sign=sign))[0] == "The signature does not hold."
    one_moment = stated(not_after="2026-01-01T00:00:00.000Z")
    assert proofs.read_key_statement(one_moment).not_after == "2026-01-01T00:00:00.000Z"


def test_the_fingerprint_is_read_in_groups() -> None:
    noted = proofs.fingerprint(jwk_of(ROOT))
    assert noted == NOTED
    assert [len(group) for group in noted.removeprefix("SHA256:").split(".")] == [4] * 10 + [3]
    for same in (NOTED, NOTED.replace(".", ""), NOTED.removeprefix("SHA256:"), f"  {NOTED}\n"):
        check_root(jwk_of(ROOT), same, verified=None)
    for other in ("", "SHA256:", NOTED.lower(), NOTED + "A", "\ud800"):
        message = "The document is signed under another root than the one noted."
        assert refusal(lambda other=other: check_root(jwk_of(ROOT), other, verified=None))[0] == message


def builders() -> list[dict[str, Any]]:
    deletion = {name: value for name, value in DELETION.items() if name not in {"v", "type", "class"}}
    past = {name: value for name, value in PAST.items() if name not in {"v", "type"}}
    receipt = {name: value for name, value in RECEIPT.items() if name not in {"v", "type"}}
    return [
        proofs.deletion_statement(transfer_class="managed", **deletion),
        proofs.recoverable_past_statement(**past),
        proofs.receipt_statement(**receipt),
    ]


def test_statements_are_built_checked_and_made_leaves() -> None:
    assert builders() == [DELETION, PAST, RECEIPT]
    assert proofs.certificate_leaf(DELETION) == canonical(DELETION)
    assert PAST["certificate"] == leaf_hash(proofs.certificate_leaf(DELETION)).hex()
    message = "The statement cannot be written as canonical JSON."
    assert refusal(lambda: proofs.certificate_leaf({"a": 0.5}))[0] == message


def test_a_batch_is_the_one_built_by_hand() -> None:
    made = proofs.sign_batch([DELETION], key_statement=STATED, signed_at=SIGNED_AT, sign=sign)
    assert made == [read("certificates", "deletion")["document"]]


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_the_tree_lacks_has_no_proof(index: int) -> None:
    tree = MerkleTree([b"a", b"b", b"c"])
    assert tree.size == 3
    with pytest.raises(LengthError) as caught:
        tree.proof(index)
    assert (caught.value.message, caught.value.hint) == (f"This tree has no leaf {index}.", "Count leaves from 0.")


@pytest.mark.parametrize("size", [1, 2, 3, 8, 33])
def test_every_certificate_of_a_batch_holds(size: int) -> None:
    statements = [RECEIPT | {"received_at": f"2026-06-01T09:00:00.{n:03d}Z"} for n in range(size)]
    made = proofs.sign_batch(statements, key_statement=STATED, signed_at=SIGNED_AT, sign=sign)
    for index, document in enumerate(made):
        found = proofs.verify_certificate(document, root_fingerprint=NOTED)
        expected = ("receipt", statements[index], SIGNED_AT, "proofs-2026", "in_01jd8x3v6kf2q9m4n7p0r5s8t0", NOTED)
        assert tuple(vars(found).values()) == expected
        assert document["proof"]["index"] == index
    assert len({document["batch"] for document in made}) == 1


def test_an_unknown_signer_is_told_what_held() -> None:
    document = read("certificates", "deletion")["document"]
    with pytest.raises(SignerUnknown) as caught:
        proofs.verify_certificate(document, root_fingerprint=None)
    assert caught.value.verified == proofs.verify_certificate(document, root_fingerprint=NOTED)
    assert caught.value.message == "The document is intact, but its signer is not known here."


def test_a_wrong_batch_is_not_signed() -> None:
    def batch(*statements: dict[str, Any], **change: Any) -> Any:
        usual: dict[str, Any] = {"key_statement": STATED, "signed_at": SIGNED_AT, "sign": sign}
        return lambda: proofs.sign_batch(list(statements), **(usual | change))

    nothing = ("A batch has at least one statement.", "Wait until there is something to sign.")
    assert refusal(batch()) == nothing
    outside = "The document was signed outside the time its key is stated for."
    assert refusal(batch(DELETION, signed_at="2027-01-01T00:00:00.000Z"))[0] == outside
    assert (
        refusal(batch(DELETION, signed_at="2026-02-29T00:00:00.000Z"))[0] == "signed_at is not a time of the calendar."
    )
    foreign = stated(install=None, tenant="te_other")
    tenants = "The document's tenant is not the one its key is stated for."
    assert refusal(batch(DELETION, key_statement=foreign))[0] == tenants
    assert refusal(batch(DELETION, DELETION | {"reason": ""}))[0] == "The statement's reason is not a text."
    with pytest.raises(VersionUnknown, match=r"^The statement has a version this program does not know\.$"):
        batch(DELETION | {"v": 2})()


def test_an_audit_block_is_the_one_built_by_hand() -> None:
    entries = [entry(1), entry(2)]
    made = proofs.audit_block(
        tenant=TENANT, sequence=1, previous="0" * 64, entries=entries, written_at="2026-06-01T10:01:00.000Z"
    )
    assert made == block(1, "0" * 64, entries)
    assert proofs.audit_block_hash(made) == hash_of(made)
    assert proofs.audit_block_hash(made | {"entries": []}) == hash_of(made)
    assert made["root"] == MerkleTree([canonical(item) for item in entries]).root.hex()


def test_an_audit_block_is_at_most_300_000_bytes() -> None:
    room = 300_000 - len(canonical(block(1, "0" * 64, [entry(1) | {"detail": ""}])))
    proofs.check_audit_block(block(1, "0" * 64, [entry(1) | {"detail": "x" * room}]))
    larger = block(1, "0" * 64, [entry(1) | {"detail": "x" * (room + 1)}])
    assert refusal(lambda: proofs.check_audit_block(larger))[0] == "Audit block 1 is larger than 300000 bytes."


def test_a_commitment_hides_its_value_behind_a_salt() -> None:
    digest = hashlib.sha256(bytes(16) + "佐藤".encode()).digest()
    assert proofs.commitment(bytes(16), "佐藤") == b64(digest)
    for length in (0, 15, 17):
        with pytest.raises(LengthError, match=r"^A commitment's salt is 16 bytes\.$") as caught:
            proofs.commitment(bytes(length), "x")
        assert caught.value.hint == "Draw 16 random bytes for each value."


def test_a_chain_is_checked_signed_and_verified() -> None:
    blocks = chain(2, 3, 1)
    found = proofs.check_audit_chain(blocks)
    assert found == proofs.AuditChain(TENANT, 1, 3, 6, hash_of(blocks[2]))
    root = proofs.sign_audit_root(found, key_statement=STATED, signed_at="2026-06-02T00:00:00.000Z", sign=sign)
    assert root == read("audit_blocks", "three-blocks")["roots"][0]
    verified = proofs.verify_audit_chain(iter(blocks), roots=[root], root_fingerprint=NOTED)
    assert verified == proofs.AuditChain(TENANT, 1, 3, 6, hash_of(blocks[2]), 3, NOTED)
    own = stated(install=None, tenant=TENANT)
    assert proofs.sign_audit_root(found, key_statement=own, signed_at=SIGNED_AT, sign=sign)["key_statement"] == own
    foreign = stated(install=None, tenant="te_other")
    with pytest.raises(ProofInvalid, match="tenant is not the one its key is stated for"):
        proofs.sign_audit_root(found, key_statement=foreign, signed_at=SIGNED_AT, sign=sign)


def test_a_chain_nobody_vouches_for_says_so() -> None:
    blocks = chain(1, 1)
    with pytest.raises(SignerUnknown) as caught:
        proofs.verify_audit_chain(blocks, roots=[])
    assert caught.value.message == "The chain is intact, but no signed root vouches for it."
    assert caught.value.verified == proofs.check_audit_chain(blocks)
    root = proofs.sign_audit_root(
        proofs.check_audit_chain(blocks), key_statement=stated(), signed_at=SIGNED_AT, sign=sign
    )
    with pytest.raises(SignerUnknown) as caught:
        proofs.verify_audit_chain(blocks, roots=[root])
    assert caught.value.verified.signed_through == 2  # type: ignore[attr-defined]
    other = fingerprint_of(OTHER_ROOT)
    assert refusal(lambda: proofs.verify_audit_chain(blocks, roots=[root], root_fingerprint=other))
