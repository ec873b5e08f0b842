"""``verify``: certificates, receipts and audit exports, offline and years later."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.terminal import tell
from fumibako.errors import EXIT_INTEGRITY, EXIT_NOT_ALLOWED, EXIT_USAGE, IntegrityFailed, UsageError
from fumibako.messages import shown_path, text
from fumibako_format.errors import FormatError, PassphraseInvalid, SignerUnknown
from fumibako_format.names import display_name
from fumibako_format.proofs import verify_audit_chain, verify_certificate


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb to the command."""
    verb = verbs.add_parser("verify", parents=[common], help=text("help_verify"))
    verb.add_argument("file", type=Path, help=text("help_verify_file"))
    verb.add_argument("--root", metavar="FINGERPRINT", help=text("help_root"))
    verb.set_defaults(run=run)


def exit_code_of(error: FormatError) -> int:
    """3 where all held but nobody vouches for the signer, 2 for a passphrase that is none, 6 for everything else."""
    if isinstance(error, PassphraseInvalid):
        return EXIT_USAGE
    return EXIT_NOT_ALLOWED if isinstance(error, SignerUnknown) else EXIT_INTEGRITY


def run(options: Namespace) -> dict[str, Any]:
    """Check one document. Needs no server; ``--root`` is the fingerprint that was noted when the install was made."""
    try:
        document = json.loads(options.file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            "file_unreadable",
            text("file_unreadable", path=shown_path(options.file), why=error.strerror),
            text("file_unreadable_hint"),
        ) from error
    except (ValueError, RecursionError) as error:
        raise IntegrityFailed("proof_invalid", text("not_a_proof"), text("not_a_proof_hint")) from error
    if isinstance(document, dict) and "blocks" in document:
        return _audit(document, options.root)
    verified = verify_certificate(document, root_fingerprint=options.root)
    statement = dict(verified.statement)
    tell(text("verified", kind=verified.type, signer=display_name(verified.issuer), at=verified.signed_at))
    if not options.json:
        for name, value in statement.items():
            if isinstance(value, str):
                print(f"{display_name(name):<20} {display_name(value)}")
    return {"type": verified.type, "statement": statement, "signed_at": verified.signed_at}


def _audit(document: dict[str, Any], root: str | None) -> dict[str, Any]:
    chain = verify_audit_chain(document["blocks"], roots=document.get("roots", []), root_fingerprint=root)
    tell(text("audit_verified", entries=chain.entries, first=chain.first, last=chain.last))
    facts = {"first": chain.first, "last": chain.last, "entries": chain.entries, "last_hash": chain.last_hash}
    return {"type": "audit", **facts, "signed_through": chain.signed_through}
