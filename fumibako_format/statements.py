"""What is certified: statements of destruction and receipt, and the shape each must have.

A statement is a JSON object with ``v`` 1 and ``type``; its canonical JSON is a leaf of a signed Merkle tree. It names
ids, ciphertext lengths and checksums only, never a file's name. Times are RFC 3339 text, sizes bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fumibako_format.canonical import MAX_INTEGER, canonical_json
from fumibako_format.errors import EncodingInvalid, ProofInvalid
from fumibako_format.ids import is_id
from fumibako_format.timestamps import check_timestamp
from fumibako_format.versions import VERSION, check_version

DELETION = "deletion-certificate"
RECOVERABLE_PAST = "recoverable-past"
RECEIPT = "receipt"
CLASSES = ("managed", "sealed", "plain")
HEX_HASH = 64


def deletion_statement(
    *,
    tenant: str,
    transfer: str,
    transfer_class: str,
    reason: str,
    files: Sequence[Mapping[str, Any]],
    destroyed_at: str,
    verified_absent_at: str,
    recoverable_until: str,
    put_urls_until: str | None,
) -> dict[str, Any]:
    """State that a transfer's bytes are gone from the live stores, and until when a backup could bring them back.

    Each of ``files`` is {id, ciphertext_size, checksum, store_version}, the last two text or None. Raises ProofInvalid.
    """
    return check_statement(
        {
            "v": VERSION,
            "type": DELETION,
            "tenant": tenant,
            "transfer": transfer,
            "class": transfer_class,
            "reason": reason,
            "files": [dict(file) for file in files],
            "destroyed_at": destroyed_at,
            "verified_absent_at": verified_absent_at,
            "recoverable_until": recoverable_until,
            "put_urls_until": put_urls_until,
        }
    )


def recoverable_past_statement(
    *, tenant: str, transfer: str, certificate: str, recoverable_until: str, stated_at: str
) -> dict[str, Any]:
    """State that ``recoverable_until`` of an earlier certificate has passed; ``certificate``: its leaf hash in hex."""
    return check_statement(
        {
            "v": VERSION,
            "type": RECOVERABLE_PAST,
            "tenant": tenant,
            "transfer": transfer,
            "certificate": certificate,
            "recoverable_until": recoverable_until,
            "stated_at": stated_at,
        }
    )


def receipt_statement(
    *, tenant: str, transfer: str, request: str | None, files: Sequence[Mapping[str, Any]], received_at: str
) -> dict[str, Any]:
    """State that files arrived whole. Each of ``files`` is {id, ciphertext_size, checksum}. Raises ProofInvalid."""
    return check_statement(
        {
            "v": VERSION,
            "type": RECEIPT,
            "tenant": tenant,
            "transfer": transfer,
            "request": request,
            "files": [dict(file) for file in files],
            "received_at": received_at,
        }
    )


def certificate_leaf(statement: Mapping[str, Any]) -> bytes:
    """Return the leaf of a statement, its canonical JSON; raises ProofInvalid where it has none (a float, say)."""
    try:
        return canonical_json(statement)
    except EncodingInvalid as error:
        raise ProofInvalid("The statement cannot be written as canonical JSON.") from error


def check_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """Return the statement when it has the shape of its type; raises VersionUnknown, ProofInvalid.

    Members this version does not know are allowed: they are signed, and a reader ignores them.
    """
    check_version(statement, "statement")
    checks = {DELETION: _check_deletion, RECOVERABLE_PAST: _check_recoverable_past, RECEIPT: _check_receipt}
    kind = statement.get("type")
    if not isinstance(kind, str) or kind not in checks:
        raise ProofInvalid("The statement is of no known type.")
    _check_text(statement, "tenant")
    _check_id(statement, "transfer", "tr")
    checks[kind](statement)
    return statement


def _check_deletion(statement: Mapping[str, Any]) -> None:
    if statement.get("class") not in CLASSES:
        raise ProofInvalid("The statement's class is none of managed, sealed and plain.")
    _check_text(statement, "reason")
    _check_files(statement, ("checksum", "store_version"))
    destroyed = check_timestamp(statement.get("destroyed_at"), "destroyed_at")
    absent = check_timestamp(statement.get("verified_absent_at"), "verified_absent_at")
    check_timestamp(statement.get("recoverable_until"), "recoverable_until")
    if absent < destroyed:
        raise ProofInvalid("Absence was verified before the destruction.")
    urls = statement.get("put_urls_until")
    # While a signed PUT URL lives the bytes could come back, so absence seen before its end proves nothing.
    if urls is not None and check_timestamp(urls, "put_urls_until") > absent:
        raise ProofInvalid("Absence was verified while an upload was still possible.")


def _check_recoverable_past(statement: Mapping[str, Any]) -> None:
    certificate = statement.get("certificate")
    if (
        not isinstance(certificate, str)
        or len(certificate) != HEX_HASH
        or not set(certificate) <= set("0123456789abcdef")
    ):
        raise ProofInvalid("The statement names no earlier certificate.")
    until = check_timestamp(statement.get("recoverable_until"), "recoverable_until")
    if check_timestamp(statement.get("stated_at"), "stated_at") < until:
        raise ProofInvalid("The statement was made before the time it speaks of had passed.")


def _check_receipt(statement: Mapping[str, Any]) -> None:
    if statement.get("request") is not None:
        _check_id(statement, "request", "rq")
    _check_files(statement, ("checksum",))
    check_timestamp(statement.get("received_at"), "received_at")


def _check_files(statement: Mapping[str, Any], texts: tuple[str, ...]) -> None:
    files = statement.get("files")
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise ProofInvalid("The statement has no list of files.")
    for file in files:
        _check_id(file, "id", "fi")
        size = file.get("ciphertext_size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_INTEGER:
            raise ProofInvalid("A file's ciphertext_size is not a number of bytes.")
        for name in texts:
            if name not in file or not (file[name] is None or isinstance(file[name], str)):
                raise ProofInvalid(f"A file's {name} is neither text nor null.")


def _check_text(statement: Mapping[str, Any], name: str) -> None:
    value = statement.get(name)
    if not isinstance(value, str) or not value:
        raise ProofInvalid(f"The statement's {name} is not a text.")


def _check_id(members: Mapping[str, Any], name: str, prefix: str) -> None:
    value = members.get(name)
    if not isinstance(value, str) or not is_id(value, prefix):
        raise ProofInvalid(f"{name} is not an id that begins with {prefix}_.")
