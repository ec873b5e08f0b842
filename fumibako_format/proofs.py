"""Proofs in one place: key statements, certificates and receipts, the audit chain. The rules are in spec/proofs.md."""

from fumibako_format.audit import (
    AuditChain,
    audit_block,
    audit_block_hash,
    check_audit_block,
    check_audit_chain,
    commitment,
    sign_audit_root,
    verify_audit_chain,
)
from fumibako_format.certificates import Verified, sign_batch, verify_certificate
from fumibako_format.key_statements import KeyStatement, fingerprint, key_statement, read_key_statement
from fumibako_format.statements import (
    certificate_leaf,
    check_statement,
    deletion_statement,
    receipt_statement,
    recoverable_past_statement,
)

__all__ = [
    "AuditChain",
    "KeyStatement",
    "Verified",
    "audit_block",
    "audit_block_hash",
    "certificate_leaf",
    "check_audit_block",
    "check_audit_chain",
    "check_statement",
    "commitment",
    "deletion_statement",
    "fingerprint",
    "key_statement",
    "read_key_statement",
    "receipt_statement",
    "recoverable_past_statement",
    "sign_audit_root",
    "sign_batch",
    "verify_audit_chain",
    "verify_certificate",
]
