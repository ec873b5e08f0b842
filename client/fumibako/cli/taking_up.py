"""``fumibako send --resume``: what the page in the browser began goes on here (spec/resume.md)."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fumibako.cli.connection import parallel_of, signed_in
from fumibako.cli.terminal import ask_secret
from fumibako.errors import UsageError
from fumibako.http import Api
from fumibako.messages import text
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.record_file import in_order, read_record, take_in
from fumibako.uploads.upload import SendOptions

# What was said when it was begun, and can't be said again.
_SETTLED = (
    "to", "recipients_file", "title", "message", "transfer_class", "expires", "max_downloads", "hold", "proof", "request", "idempotency_key",
    "name", "dry_run",
)  # fmt: skip

_OVER = ("file_changed", "upload_over")


def taken_up(options: Namespace, local: Sequence[LocalFile]) -> tuple[Api, SendOptions, list[LocalFile]]:
    """Who sends, as it was asked for when it was begun, and the files in their order.

    Raises UsageError("record_wrong"), ("files_differ"), ("record_elsewhere"), ("resume_has_options"), ("upload_running").
    """
    if any(getattr(options, name) for name in _SETTLED):
        raise UsageError("usage", text("resume_has_options"), text("resume_has_options_hint"))
    record = read_record(options.resume)
    files = in_order(record, local)
    api = signed_in(options)
    if api.credentials.url.rstrip("/") != record.origin:
        message = text("record_elsewhere", origin=record.origin)
        raise UsageError("record_elsewhere", message, text("record_elsewhere_hint", origin=record.origin))
    proof = None if record.knows_ways else record.fields.get("proof")
    passphrase = passphrase_of(options, proof)
    take_in(record)
    chosen = SendOptions(record.fields, record.transfer_class, passphrase, parallel_of(options), journal=record.name)
    return api, chosen, files


@contextmanager
def held_record(path: Path | None) -> Iterator[None]:
    """Removes the record when the upload is complete, and when nothing of it may be used again; any other failure leaves it."""
    try:
        yield
    except UsageError as error:
        if path is not None and error.code in _OVER:
            path.unlink(missing_ok=True)
        raise
    if path is not None:
        path.unlink(missing_ok=True)


def passphrase_of(options: Namespace, proof: str | None) -> str | None:
    """A new passphrase where the transfer asks for one."""
    if proof != "passphrase":
        return None
    return ask_secret(text("ask_new_passphrase"), options.passphrase_file)
