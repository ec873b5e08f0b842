"""Download sessions: what is counted, what is not, and when a session is over.

A download is counted once for a recipient and a file within its session, after the recipient proved who they are. Renewing
never counts. A file that has not arrived yet is not counted again for the same sign-in while the session that counted it is
open, so a reload or a lost answer never burns a link. Times are milliseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tenant import MINUTE

IDLE: Final = 60 * MINUTE
URL_LIFE: Final = 15 * MINUTE
MAX_FILES: Final = 500


@dataclass(frozen=True)
class DownloadSession:
    """``taker``: the rc_ id of a recipient, or the id of a member who takes their own. ``sign_in``: the session of who asked.

    ``counted`` tells that it counts against a recipient's limit; ``files`` are fi_ ids by index. ``bytes``: of all its files, in plaintext; None
    in sessions that were begun by an older version.
    """

    id: str
    transfer: str
    taker: str
    sign_in: str
    counted: bool
    files: Mapping[str, int]
    started_at: int
    last_used_at: int
    arrived: frozenset[str] = frozenset()
    ended_at: int | None = None
    version: int = 0
    bytes: int | None = None


@dataclass(frozen=True)
class Count:
    """How often one recipient took one file, and the session that counted it last."""

    times: int
    session: str


def session_open(session: DownloadSession, now: int) -> bool:
    """Not ended, and used within the last 60 minutes (``now < last_used_at + 60 min``)."""
    return session.ended_at is None and now < session.last_used_at + IDLE


def renewed(session: DownloadSession, *, now: int) -> DownloadSession:
    """The session, used now. Raises Refused("download_over") where it ended or idled out."""
    if not session_open(session, now):
        raise Refused("download_over", "This download session is over.")
    return replace(session, last_used_at=max(session.last_used_at, now))


def wanted_files(session: DownloadSession, files: Iterable[str]) -> list[str]:
    """The files asked for within a session, all of it where none is named. Raises NotFound for a file it does not hold."""
    asked = list(dict.fromkeys(files)) or list(session.files)
    if any(file not in session.files for file in asked):
        raise NotFound
    return asked


def with_arrived(session: DownloadSession, files: Iterable[str], *, now: int) -> DownloadSession:
    """The session after files arrived whole; it ends when all have. Saying so again changes nothing. Raises NotFound."""
    arrived = session.arrived | frozenset(wanted_files(session, files))
    ended = session.ended_at
    if ended is None and len(arrived) == len(session.files):
        ended = now
    return replace(session, arrived=arrived, ended_at=ended)


def on_loan(count: Count, file: str, sessions: Mapping[str, DownloadSession], *, sign_in: str, now: int) -> bool:
    """Whether the session that counted a file is still fetching it for the same sign-in: then it is not counted again."""
    session = sessions.get(count.session)
    if session is None or session.sign_in != sign_in:
        return False
    return session_open(session, now) and file not in session.arrived


def spent(count: Count | None, limit: int | None) -> bool:
    """Whether no download is left."""
    return limit is not None and count is not None and count.times >= limit


def count_once(count: Count | None, session: str, *, loan: bool) -> Count:
    """The count after ``session`` took the file; a file on loan passes to the new session uncounted."""
    times = count.times if count is not None else 0
    return Count(times if loan else times + 1, session)


def url_end(now: int, expires_at: int) -> int:
    """Signed URLs live 15 minutes, and never longer than the transfer."""
    return min(now + URL_LIFE, expires_at)
