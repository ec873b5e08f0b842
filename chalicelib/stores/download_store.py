"""Download sessions (``dl#<id>``), which of them are open (``dlopen#<id>``), and counters (``count#<rc>#<page>``) of a transfer.

A counter page holds 250 files by index, each as ``[times, session that counted last]``. The open marker is there only while a session
runs, so that "is any open?" reads those and not the history.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.domain.download import Count, DownloadSession
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import is_id
from chalicelib.ports.record_store import Delete, Key, Put, Record, RecordStore
from chalicelib.stores.keys import aggregate_pk, expectation

FILES_A_PAGE: Final = 250
_MANY = 100


@dataclass(frozen=True)
class CountPage:
    """Counts by file index; ``version`` 0 where nothing was written yet."""

    taker: str
    number: int
    counts: Mapping[int, Count]
    version: int = 0

    def with_counts(self, changed: Mapping[int, Count]) -> "CountPage":
        """The page with some files counted."""
        return replace(self, counts={**self.counts, **changed})


def page_of(index: int) -> int:
    """The counter page of a file."""
    return index // FILES_A_PAGE


def session_put(tenant: str, session: DownloadSession) -> list[Put | Delete]:
    """Write a session against the version that was read, and its open marker with it."""
    key = Key(aggregate_pk(tenant, session.transfer), f"dl#{session.id}")
    marker = Key(key.pk, f"dlopen#{session.id}")
    body = {
        "taker": session.taker,
        "sign_in": session.sign_in,
        "counted": session.counted,
        "files": dict(session.files),
        "arrived": sorted(session.arrived),
        "started_at": session.started_at,
        "last_used_at": session.last_used_at,
        "ended_at": session.ended_at,
        "bytes": session.bytes,
    }
    open_now = session.ended_at is None
    return [Put(key, body, expectation(session.version)), Put(marker, {}) if open_now else Delete(marker)]


def get_session(records: RecordStore, tenant: str, transfer: str, session: str) -> DownloadSession:
    """The session. Raises NotFound for malformed and absent ids alike."""
    record = records.get(_session_key(tenant, transfer, session)) if is_id(session, "dl") else None
    if record is None:
        raise NotFound
    return _session(transfer, record)


def get_sessions(records: RecordStore, tenant: str, transfer: str, ids: Iterable[str]) -> dict[str, DownloadSession]:
    """Those sessions that exist, by id."""
    keys = [_session_key(tenant, transfer, one) for one in dict.fromkeys(ids)]
    found: dict[str, DownloadSession] = {}
    for start in range(0, len(keys), _MANY):
        page = [_session(transfer, record) for record in records.get_many(keys[start : start + _MANY])]
        found |= {session.id: session for session in page}
    return found


def open_sessions(records: RecordStore, tenant: str, transfer: str) -> Iterator[DownloadSession]:
    """Sessions that have not ended; whether one idled out is the domain's to say."""
    cursor: str | None = None
    while True:
        page = records.query(aggregate_pk(tenant, transfer), prefix="dlopen#", limit=_MANY, cursor=cursor)
        ids = [record.key.sk.removeprefix("dlopen#") for record in page.records]
        yield from get_sessions(records, tenant, transfer, ids).values()
        cursor = page.cursor
        if cursor is None:
            return


def get_counts(
    records: RecordStore, tenant: str, transfer: str, taker: str, pages: Sequence[int]
) -> dict[int, CountPage]:
    """These counter pages of one recipient (at most 100), by number."""
    found = {number: CountPage(taker, number, {}) for number in pages}
    for record in records.get_many([_count_key(tenant, transfer, taker, number) for number in pages]):
        number = int(record.key.sk.rpartition("#")[2])
        counts = {int(index): Count(times, session) for index, (times, session) in record.body["counts"].items()}
        found[number] = CountPage(taker, number, counts, record.version)
    return found


def count_put(tenant: str, transfer: str, page: CountPage) -> Put:
    """Write a counter page against the version that was read."""
    counts = {str(index): [count.times, count.session] for index, count in page.counts.items()}
    key = _count_key(tenant, transfer, page.taker, page.number)
    return Put(key, {"counts": counts}, expectation(page.version))


def _session_key(tenant: str, transfer: str, session: str) -> Key:
    return Key(aggregate_pk(tenant, transfer), f"dl#{session}")


def _count_key(tenant: str, transfer: str, taker: str, number: int) -> Key:
    return Key(aggregate_pk(tenant, transfer), f"count#{taker}#{number:05d}")


def _session(transfer: str, record: Record) -> DownloadSession:
    body: dict[str, Any] = record.body
    return DownloadSession(
        id=record.key.sk.removeprefix("dl#"),
        transfer=transfer,
        taker=body["taker"],
        sign_in=body["sign_in"],
        counted=body["counted"],
        files=body["files"],
        arrived=frozenset(body["arrived"]),
        started_at=body["started_at"],
        last_used_at=body["last_used_at"],
        ended_at=body["ended_at"],
        version=record.version,
        bytes=body.get("bytes"),
    )
