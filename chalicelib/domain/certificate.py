"""The two dates of a deletion certificate, and when absence may be stated.

Destroyed has two moments: gone from the live stores, verified by a fresh listing; and gone from every backup, computed from the
tenant's setting. Times are milliseconds.
"""

from dataclasses import replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import State, Transfer, move


def recoverable_until(destroyed_at: int, backup_days: int) -> int:
    """The last moment at which a backup could still hold the bytes; equal to ``destroyed_at`` where no backup is kept."""
    return destroyed_at + backup_days * DAY


def verifiable_from(transfer: Transfer, *, late_puts: bool) -> int:
    """The first moment at which an empty listing proves absence.

    A signed PUT URL can bring an object back until it ends, so absence is judged after its last millisecond; a store that takes no
    PUT once it destroyed a transfer (``late_puts`` False) proves it at once. So does one whose URLs were all for parts of uploads that
    were completed: S3 takes no part of an upload that ended (UploadPart answers NoSuchUpload), while a single PUT needs no upload.
    """
    ended = transfer.completed_at is not None and not transfer.single_puts
    return transfer.put_urls_until + 1 if late_puts and transfer.put_urls_until and not ended else 0


def require_absent(left: int, wrapped_keys: int) -> None:
    """Raises Refused("not_yet_absent") unless the listing is empty and the wrapped key is gone: then nothing is certified."""
    if left or wrapped_keys:
        raise Refused("not_yet_absent", f"{left} objects and {wrapped_keys} wrapped keys are still there.")


def destroyed(
    transfer: Transfer, *, destroyed_at: int, verified_at: int, backup_days: int, late_puts: bool
) -> Transfer:
    """The transfer with all moments of its end, and without what people wrote: title, message, key slots and passphrase proof go."""
    done = move(transfer, State.DESTROYED, now=verified_at)
    return replace(
        done,
        destroyed_at=destroyed_at,
        verified_absent_at=verified_at,
        backups_until=recoverable_until(destroyed_at, backup_days),
        put_urls_until=transfer.put_urls_until if verifiable_from(transfer, late_puts=late_puts) else 0,
        title="",
        message="",
        slots=(),
        passphrase_auth_hash=None,
    )
