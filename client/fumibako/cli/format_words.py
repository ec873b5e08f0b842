"""Sentences of both languages for what fumibako_format finds wrong: its own are English, and stand in them as the detail."""

from fumibako.errors import ClientError
from fumibako.messages import text
from fumibako_format.errors import FormatError


def format_words(error: ClientError | FormatError) -> tuple[str, str]:
    """Message and hint of a failure, in the language of the command."""
    cause = error if isinstance(error, FormatError) else error.__cause__
    if not isinstance(cause, FormatError) or cause.code != error.code:
        return error.message, error.hint
    detail = error.message
    said = {
        "integrity_failed": (text("format_integrity", detail=detail), text("format_integrity_hint")),
        "length_wrong": (text("format_length", detail=detail), text("format_integrity_hint")),
        "header_wrong": (text("format_header", detail=detail), text("format_integrity_hint")),
        "record_wrong": (text("format_record", detail=detail), text("format_integrity_hint")),
        "name_invalid": (text("format_name", detail=detail), text("format_name_hint")),
        "proof_invalid": (text("format_proof", detail=detail), text("format_proof_hint")),
        "signer_unknown": (text("format_signer", detail=detail), text("format_signer_hint")),
        "version_unknown": (text("format_version", detail=detail), text("format_version_hint")),
        "passphrase_invalid": (text("format_passphrase", detail=detail), text("format_passphrase_hint")),
    }
    return said.get(error.code, (error.message, error.hint))
