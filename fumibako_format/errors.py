"""What can be wrong with bytes, names, plans and proofs.

Every error has a stable ``code`` for programs, a ``message`` that says what is wrong and a ``hint`` that says what to
do next. None of them ever carries a key, a passphrase or a file's name.
"""


# The names are the words of spec/: "the name is invalid", "the signer is unknown" say more than an Error at their end.


class FormatError(Exception):
    """Base of all errors of this package."""

    code: str = "format_wrong"
    default_hint: str = "Ask the sender to send the file again."

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint


class IntegrityError(FormatError):
    """An authentication tag did not hold: the bytes, their order, the key or the associated data differ."""

    code = "integrity_failed"
    default_hint = "Fetch the file again; if it fails again, ask the sender to send it anew."


class LengthError(FormatError):
    """A length or index that the format cannot have, or that differs from the plan."""

    code = "length_wrong"
    default_hint = "The file is cut short or has bytes added; fetch it again."


class HeaderError(FormatError):
    """The 40 bytes before the first segment are not a header of this format."""

    code = "header_wrong"
    default_hint = "This is not a file of Fumibako, or its beginning is damaged; fetch it again."


class KeyMismatch(FormatError):
    """The key or passphrase is not the one the slot was made for, or has the wrong shape."""

    code = "key_wrong"
    default_hint = "Check the passphrase, or copy the whole link again, its end included."


class NameInvalid(FormatError):
    """A file name that is refused. ``reason`` says which rule it broke (see ``names.REASONS``)."""

    code = "name_invalid"
    default_hint = "Rename the file and send it again."

    def __init__(self, message: str, hint: str | None = None, *, reason: str) -> None:
        super().__init__(message, hint)
        self.reason = reason


class PlanError(FormatError):
    """No part plan exists for this size and wish. ``limit`` is the figure that was passed, in bytes or parts."""

    code = "plan_impossible"
    default_hint = "Split the file, or ask for another part size."

    def __init__(self, message: str, hint: str | None = None, *, limit: int | None = None) -> None:
        super().__init__(message, hint)
        self.limit = limit


class ProofInvalid(FormatError):
    """A signature, Merkle proof, chain or statement does not hold: it must not be trusted."""

    code = "proof_invalid"
    default_hint = "Do not rely on this document; ask its issuer for the original."


class SignerUnknown(FormatError):
    """All holds, but nothing ties the signer to a root the reader knows. ``verified`` holds what was found intact."""

    code = "signer_unknown"
    default_hint = "Give the root fingerprint you noted at the start (--root), and verify again."

    def __init__(self, message: str, hint: str | None = None, *, verified: object = None) -> None:
        super().__init__(message, hint)
        self.verified = verified


class VersionUnknown(FormatError):
    """The document's version is newer than this program."""

    code = "version_unknown"
    default_hint = "Update this program, then try again."


class RecordError(FormatError):
    """A file record or key slot opened or read, but its content is not of the shape spec/format.md gives."""

    code = "record_wrong"


class PassphraseInvalid(FormatError):
    """A passphrase that cannot be used at all (empty, or not Unicode text)."""

    code = "passphrase_invalid"
    default_hint = "Choose a passphrase of at least one visible character."


class IdInvalid(FormatError):
    """A text that is not an id of the expected kind."""

    code = "id_invalid"
    default_hint = "Use the id exactly as the service gave it."


class EncodingInvalid(FormatError):
    """Text that is not canonical base64url or JSON, or a value canonical JSON cannot hold."""

    code = "encoding_invalid"
    default_hint = "The text was changed on its way; copy it again in full."
