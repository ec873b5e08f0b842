"""The exit codes, as a table: for the help, for the documentation, for ``--json`` of errors."""

from typing import Final

from fumibako.errors import (
    EXIT_EXPIRED,
    EXIT_FAULT,
    EXIT_FULL,
    EXIT_INTEGRITY,
    EXIT_INTERRUPTED,
    EXIT_NETWORK,
    EXIT_NOT_ALLOWED,
    EXIT_NOT_FOUND,
    EXIT_USAGE,
    ClientError,
)
from fumibako.messages import text
from fumibako_format.errors import FormatError, PassphraseInvalid, SignerUnknown

EXIT_DONE: Final = 0


def exit_codes() -> dict[int, str]:
    """Code -> what it means, in the language of the command."""
    return {
        EXIT_DONE: text("exit_done"),
        EXIT_FAULT: text("exit_fault"),
        EXIT_USAGE: text("exit_usage"),
        EXIT_NOT_ALLOWED: text("exit_not_allowed"),
        EXIT_NOT_FOUND: text("exit_not_found"),
        EXIT_EXPIRED: text("exit_expired"),
        EXIT_INTEGRITY: text("exit_integrity"),
        EXIT_NETWORK: text("exit_network"),
        EXIT_FULL: text("exit_full"),
        EXIT_INTERRUPTED: text("exit_interrupted"),
    }


def exit_code_of(error: ClientError | FormatError) -> int:
    """Of a format's error: 3 where all held but nobody vouches for the signer, 2 for a passphrase that is none, 6 for everything else."""
    if isinstance(error, ClientError):
        return error.exit_code
    if isinstance(error, PassphraseInvalid):
        return EXIT_USAGE
    return EXIT_NOT_ALLOWED if isinstance(error, SignerUnknown) else EXIT_INTEGRITY
