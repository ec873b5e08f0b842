"""Merkle trees as RFC 6962 section 2.1 has them (SHA-256, leaf prefix 0x00, node prefix 0x01)."""

import hashlib
from collections.abc import Sequence

from fumibako_format.errors import LengthError, ProofInvalid

HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf's data."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node. The other prefix keeps a node from passing for a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """The tree over the leaves' data, built once in 2n hashes; each proof is then a walk of log2(n) steps.

    Pairing from the left and carrying an odd last node up gives the very tree of RFC 6962's recursion.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        level = [leaf_hash(leaf) for leaf in leaves]
        self._levels = [level]
        while len(level) > 1:
            paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            level = paired + level[len(paired) * 2 :]
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """The root; of no leaves the SHA-256 of nothing."""
        return self._levels[-1][0] if self.size else hashlib.sha256().digest()

    def proof(self, index: int) -> list[bytes]:
        """Return the inclusion proof of leaf ``index``, from the leaf's sibling up; raises LengthError."""
        if not 0 <= index < self.size:
            raise LengthError(f"This tree has no leaf {index}.", "Count leaves from 0.")
        path = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        return path


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaves' data (not over their hashes)."""
    return MerkleTree(leaves).root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the proof that leaf ``index`` is in the tree; raises LengthError. For many proofs use MerkleTree."""
    return MerkleTree(leaves).proof(index)


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ProofInvalid unless ``proof`` leads from the leaf's hash to ``root`` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or any(len(step) != HASH_BYTES for step in proof):
        raise ProofInvalid("The Merkle proof is of the wrong shape.")
    position, last, computed = index, size - 1, leaf_hash
    for step in proof:
        if last == 0:
            raise ProofInvalid("The Merkle proof is too long.")
        if position & 1 or position == last:
            computed = node_hash(step, computed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, step)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("The Merkle proof is too short.")
    if computed != root:
        raise ProofInvalid("The Merkle proof does not lead to the signed root.")
