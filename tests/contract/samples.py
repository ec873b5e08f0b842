"""Small things that several suites store."""

from chalicelib.domain.events import Event

_BODY = "01kdvdna01e00a8vep28h6"


def event(number: int, *, tenant: str = "acme", sealed: bytes = b"for a mail") -> Event:
    """An event of its own id that every consumer wants; ``sealed`` goes to notifications."""
    return Event(
        id=f"ev_{_BODY}{number:04d}",
        type="transfer.ready.v1",
        tenant=tenant,
        subject="tr_01kdvdna01e00a8vep28h6bcfn",
        sequence=number + 1,
        at=1_767_225_600_000 + number,
        data={"files": 3, "state": "ready", "text": "文箱\0", "big": 2**70},
        sealed={"notifications": sealed},
    )
