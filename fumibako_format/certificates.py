"""Certificates: statements signed in Merkle batches, each with the proof that it was in its batch.

One signature serves a whole batch (100,000 certificates cost one call of the signing service). A certificate carries
all that is needed to judge it offline but the root's fingerprint, which the customer noted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fumibako_format.errors import ProofInvalid
from fumibako_format.key_statements import (
    check_root,
    fingerprint,
    read_key_statement,
    sign_stated,
    verify_stated,
)
from fumibako_format.merkle import HASH_BYTES, MerkleTree, leaf_hash, verify_inclusion
from fumibako_format.statements import certificate_leaf, check_statement
from fumibako_format.versions import VERSION, check_version

BATCH_TYPE = "fumibako-batch-root+jws"


@dataclass(frozen=True)
class Verified:
    """What held. ``root_fingerprint`` is the root's own, for a reader who has none noted to compare."""

    type: str
    statement: dict[str, Any]
    signed_at: str
    kid: str
    issuer: str
    root_fingerprint: str


def sign_batch(
    statements: Sequence[dict[str, Any]], *, key_statement: str, signed_at: str, sign: Callable[[bytes], bytes]
) -> list[dict[str, Any]]:
    """Return a certificate for each statement, in order; ``sign`` signs with the stated key and returns 64 bytes.

    Raises ProofInvalid: an empty batch, a wrong statement, another tenant's, a key not valid at ``signed_at``.
    """
    stated = read_key_statement(key_statement)
    for statement in statements:
        stated.check_tenant(check_statement(statement)["tenant"])
    if not statements:
        raise ProofInvalid("A batch has at least one statement.", "Wait until there is something to sign.")
    tree = MerkleTree([certificate_leaf(statement) for statement in statements])
    claims = {"v": VERSION, "root": tree.root.hex(), "size": tree.size, "signed_at": signed_at}
    batch = sign_stated(claims, stated, typ=BATCH_TYPE, sign=sign)
    return [
        {
            "v": VERSION,
            "type": statement["type"],
            "statement": statement,
            "proof": {"index": index, "size": tree.size, "path": [step.hex() for step in tree.proof(index)]},
            "batch": batch,
            "key_statement": key_statement,
        }
        for index, statement in enumerate(statements)
    ]


def verify_certificate(document: Mapping[str, Any], *, root_fingerprint: str | None) -> Verified:
    """Return what a certificate or receipt proves.

    Raises ProofInvalid, and SignerUnknown (with ``verified``) when all held but no fingerprint was
    given. Members of the document that are not known are ignored: only the statement is signed.
    """
    check_version(document, "certificate")
    statement, proof = document.get("statement"), document.get("proof")
    if not isinstance(statement, dict) or not isinstance(proof, dict):
        raise ProofInvalid("The certificate lacks its statement or its proof.")
    check_statement(statement)
    if document.get("type") != statement["type"]:
        raise ProofInvalid("The certificate is of another type than its statement.")
    stated = read_key_statement(_text(document, "key_statement"))
    stated.check_tenant(statement["tenant"])
    claims = verify_stated(_text(document, "batch"), stated, typ=BATCH_TYPE)
    _check_proof(statement, proof, claims)
    root = fingerprint(stated.root_jwk)
    verified = Verified(statement["type"], statement, claims["signed_at"], stated.kid, stated.issuer, root)
    check_root(stated.root_jwk, root_fingerprint, verified=verified)
    return verified


def _check_proof(statement: Mapping[str, Any], proof: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    index, size, path = proof.get("index"), proof.get("size"), proof.get("path")
    if type(index) is not int or type(size) is not int or not isinstance(path, list):
        raise ProofInvalid("The certificate's proof is of the wrong shape.")
    if size != claims.get("size"):
        raise ProofInvalid("The certificate's batch has another size than the one signed.")
    steps = [hash_from_hex(step) for step in path]
    verify_inclusion(leaf_hash(certificate_leaf(statement)), index, size, steps, hash_from_hex(claims.get("root")))


def hash_from_hex(text: Any) -> bytes:
    """Return the 32 bytes of 64 lower-case hex digits; raises ProofInvalid."""
    try:
        value = bytes.fromhex(text)
    except (ValueError, TypeError) as error:
        raise ProofInvalid("A hash is not in hex.") from error
    if len(value) != HASH_BYTES or value.hex() != text:
        raise ProofInvalid("A hash is not 64 lower-case hex digits.")
    return value


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ProofInvalid(f"The certificate's {name} is missing.")
    return value
