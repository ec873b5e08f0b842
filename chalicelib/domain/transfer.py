"""The life of a transfer: one explicit state machine, and the head that carries it.

``uploading -> checking -> [blocked | quarantined | awaiting_approval] -> held -> ready -> closed -> destroying -> destroyed``.
Nobody outside is told of a transfer before it is ``ready``. Times are milliseconds since the epoch.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.errors import FieldProblem, Refused
from chalicelib.domain.files import IdRange
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Proof
from chalicelib.domain.transfer_states import CUTS_SESSIONS, MOVES, REASONS, Reason, Scan, State, TransferClass

__all__ = ["CUTS_SESSIONS", "MOVES", "REASONS", "Reason", "Scan", "State", "Transfer", "TransferClass"]
__all__ += ["effective", "expired", "move", "require_open", "require_uploading"]


@dataclass(frozen=True)
class Transfer:
    """The aggregate head (32 KB at most): state, version, counts. Files, recipients and counters are records of their own.

    ``owner`` is who sees it as sender (mb_/sa_ id), or the member who asked when ``request`` is set; ``sender_*`` is what guests are shown.
    ``bytes`` counts plaintext, ``stored_files`` those whose blobs are complete. ``put_urls_until`` is the latest end of any PUT URL given out,
    ``single_puts`` how many of the blobs are sent by one PUT instead of an upload in parts.
    ``uploader`` is the guest (rc_ id) who fills a file request; ``passphrase_auth_hash`` what is stored of the passphrase's proof.
    ``stored_bytes`` counts against the tenant's quota; ``abandon_at`` is the moment of its due item of that kind while uploading.
    ``backups_until`` is the last moment at which a backup could still hold the bytes of what was destroyed.
    ``file_pages`` and ``blob_pages`` give the id range of each page (domain/files.py), ``recipient_pages`` how many of those there are.
    """

    id: str
    tenant: TenantId
    version: int
    state: State
    transfer_class: TransferClass
    owner: str
    sender_name: str
    sender_address: str
    company: str
    created_at: int
    expires_at: int
    proof: Proof
    language: str
    title: str = ""
    message: str = ""
    files: int = 0
    stored_files: int = 0
    blobs: int = 0
    single_puts: int = 0
    bytes: int = 0
    more_files: bool = False
    recipients: int = 0
    exhausted_recipients: int = 0
    max_downloads: int | None = None
    hold_minutes: int = 0
    hold_until: int | None = None
    send_at: int | None = None
    notify: bool = True
    scan: Scan = Scan.PENDING
    request: str | None = None
    source: str = "api"
    reason: Reason | None = None
    put_urls_until: int = 0
    last_part_at: int = 0
    completed_at: int | None = None
    ready_at: int | None = None
    closed_at: int | None = None
    destroyed_at: int | None = None
    verified_absent_at: int | None = None
    backups_until: int | None = None
    slots: tuple[dict[str, object], ...] = ()
    passphrase_auth_hash: str | None = None
    uploader: str | None = None
    stored_bytes: int = 0
    abandon_at: int | None = None
    file_pages: tuple[IdRange, ...] = ()
    blob_pages: tuple[IdRange, ...] = ()
    recipient_pages: int = 0

    @property
    def open_for_guests(self) -> bool:
        """Ready says so; whether it expired meanwhile is ``effective``'s to tell."""
        return self.state is State.READY


def move(transfer: Transfer, to: State, *, now: int, reason: Reason | None = None) -> Transfer:
    """The transfer in its next state, its moment noted. Raises Refused("state_wrong") where the machine has no such way.

    The version grows by one with every written change, so this only prepares the change; the store guards it.
    """
    if to not in MOVES[transfer.state]:
        raise Refused("state_wrong", f"A transfer that is {transfer.state} can't become {to}.")
    if (to is State.CLOSED) != (reason is not None):
        raise Refused("state_wrong", "A transfer is closed for a reason, and only then.")
    if reason is not None and reason not in REASONS[transfer.state]:
        raise Refused("state_wrong", f"A transfer that is {transfer.state} can't be closed as {reason}.")
    moments: dict[State, dict[str, int]] = {
        State.CHECKING: {"completed_at": now},
        State.READY: {"ready_at": now},
        State.CLOSED: {"closed_at": now},
    }
    changed = replace(transfer, state=to, reason=reason or transfer.reason)
    return replace(changed, **moments.get(to, {}))  # type: ignore[arg-type]  # only the three moments above


def expired(transfer: Transfer, now: int) -> bool:
    """Judged by the server's clock at each request: the minute of expiry belongs to the past (``now >= expires_at``)."""
    return now >= transfer.expires_at


def effective(transfer: Transfer, now: int) -> Transfer:
    """What is shown: a transfer whose time has come is closed, even while its sweeper is still on the way."""
    if Reason.EXPIRED not in REASONS.get(transfer.state, ()) or not expired(transfer, now):
        return transfer
    return move(transfer, State.CLOSED, now=transfer.expires_at, reason=Reason.EXPIRED)


_TOLD = {
    Reason.EXPIRED: "Its time has passed.",
    Reason.EXHAUSTED: "It was fetched as often as allowed.",
    Reason.REVOKED: "The sender recalled it.",
}


def require_open(transfer: Transfer, now: int) -> None:
    """For guests: raises Refused("gone") unless the transfer is ready and not expired, with the reason where guests are told it.

    That somebody rejected it, or what a scanner found, is for the sender to say.
    """
    if transfer.state is State.READY and not expired(transfer, now):
        return
    reason = effective(transfer, now).reason
    told = _TOLD.get(reason) if reason else None
    errors = (FieldProblem("", reason.value, told),) if reason and told else ()
    raise Refused("gone", "This transfer is no longer here.", errors=errors)


def require_uploading(transfer: Transfer, now: int) -> None:
    """For part URLs and completion: raises Refused("state_wrong") after complete, Refused("gone") after expiry or closing."""
    if transfer.state is State.UPLOADING and not expired(transfer, now):
        return
    if transfer.state in (State.CLOSED, State.DESTROYING, State.DESTROYED) or expired(transfer, now):
        raise Refused("gone", "This transfer is no longer here.")
    raise Refused("state_wrong", "This transfer was already completed; its files can't change any more.")
