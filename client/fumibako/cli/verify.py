"""``verify``: certificates, receipts and audit exports, offline and years later."""

import json
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fumibako.cli.audit_lines import is_lines, read_lines
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import tell
from fumibako.errors import IntegrityFailed, UsageError
from fumibako.messages import shown_path, text
from fumibako_format.audit import AuditChain
from fumibako_format.names import display_name
from fumibako_format.proofs import verify_audit_chain, verify_certificate


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "verify",
        shared.every,
        help=text("help_verify"),
        about=text("about_verify"),
        examples=["fumibako verify gone.json --root SHA256:4Zq..."],
    )
    verb.add_argument("file", type=Path, metavar="FILE", help=text("help_verify_file"))
    verb.add_argument("--root", metavar="FINGERPRINT", help=text("help_root"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Check one document. Needs no server; ``--root`` is the fingerprint that was noted when the install was made.

    Raises UsageError("file_unreadable"), IntegrityFailed("proof_invalid"), and the errors of fumibako_format.proofs.
    """
    try:
        if is_lines(options.file):
            return _audit_lines(options.file, options.root)
        document = json.loads(options.file.read_text("utf-8"))
    except OSError as error:
        why = text("file_unreadable", path=shown_path(options.file), why=error.strerror)
        raise UsageError("file_unreadable", why, text("file_unreadable_hint")) from error
    except (ValueError, RecursionError) as error:
        raise IntegrityFailed("proof_invalid", text("not_a_proof"), text("not_a_proof_hint")) from error
    if isinstance(document, dict) and isinstance(document.get("blocks"), list):
        roots = document.get("roots", [])
        return chain_facts(verify_audit_chain(document["blocks"], roots=roots, root_fingerprint=options.root))
    return _certificate(document, options)


def _certificate(document: Any, options: Namespace) -> dict[str, Any]:
    verified = verify_certificate(document, root_fingerprint=options.root)
    statement = dict(verified.statement)
    tell(text("verified", kind=verified.type, signer=display_name(verified.issuer), at=verified.signed_at))
    if not options.json:
        for name, value in statement.items():
            if isinstance(value, str):
                print(f"{display_name(name):<20} {display_name(value)}")
    return {"type": verified.type, "statement": statement, "signed_at": verified.signed_at}


def _audit_lines(path: Path, root: str | None) -> dict[str, Any]:
    """Two walks through the file: all roots, then block by block. It may be larger than memory."""
    blocks: Iterator[Any] = read_lines(path, "block")
    return chain_facts(verify_audit_chain(blocks, roots=list(read_lines(path, "root")), root_fingerprint=root))


def chain_facts(chain: AuditChain) -> dict[str, Any]:
    """What is known of a chain that holds, told and as a result."""
    tell(text("audit_verified", entries=chain.entries, first=chain.first, last=chain.last))
    facts = asdict(chain)
    return {
        "type": "audit",
        **{name: facts[name] for name in ("first", "last", "entries", "last_hash", "signed_through")},
    }
