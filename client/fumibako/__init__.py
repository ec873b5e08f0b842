"""Fumibako: send files to people outside, and fetch what they sent. The client library behind the ``fumibako`` command.

``Fumibako`` returns when it is done, ``AsyncFumibako`` is awaited; both have the same methods and give the same results.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fumibako.doors import AsyncFumibako, Fumibako
    from fumibako.downloads.get import Fetched
    from fumibako.errors import (
        ClientError,
        Full,
        Gone,
        IntegrityFailed,
        NetworkFailed,
        NotAllowed,
        NotFound,
        UsageError,
    )
    from fumibako.results import (
        AuditEntry,
        Event,
        FileRequest,
        Identity,
        Recipient,
        RecipientLink,
        RemoteFile,
        Sender,
        Sent,
        Streamed,
        Transfer,
    )
    from fumibako.sealing import open_file, seal_file
    from fumibako_format.proofs import verify_audit_chain, verify_certificate

__version__ = "0.1.0"

_AT = {
    "fumibako.doors": ("AsyncFumibako", "Fumibako"),
    "fumibako.downloads.get": ("Fetched",),
    "fumibako.errors": (
        "ClientError", "Full", "Gone", "IntegrityFailed", "NetworkFailed", "NotAllowed", "NotFound", "UsageError",
    ),
    "fumibako.results": (
        "AuditEntry", "Event", "FileRequest", "Identity", "Recipient", "RecipientLink", "RemoteFile", "Sender", "Sent", "Streamed",
        "Transfer",
    ),
    "fumibako.sealing": ("open_file", "seal_file"),
    "fumibako_format.proofs": ("verify_audit_chain", "verify_certificate"),
}  # fmt: skip
_MODULES = {name: module for module, names in _AT.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imported at first use: the command line needs only some of it, and people wait for it to start."""
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(_MODULES[name]), name)


__all__ = [
    "AsyncFumibako",
    "AuditEntry",
    "ClientError",
    "Event",
    "Fetched",
    "FileRequest",
    "Full",
    "Fumibako",
    "Gone",
    "Identity",
    "IntegrityFailed",
    "NetworkFailed",
    "NotAllowed",
    "NotFound",
    "Recipient",
    "RecipientLink",
    "RemoteFile",
    "Sender",
    "Sent",
    "Streamed",
    "Transfer",
    "UsageError",
    "open_file",
    "seal_file",
    "verify_audit_chain",
    "verify_certificate",
]
