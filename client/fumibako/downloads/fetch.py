"""One file from its signed URL to its place on the disk."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx

from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.part_file import PartFile
from fumibako.errors import IntegrityFailed
from fumibako.http import get_range
from fumibako.messages import text
from fumibako.progress import Progress
from fumibako.retries import with_retries
from fumibako.threads import in_parallel
from fumibako_format.digest import file_digest
from fumibako_format.errors import FormatError
from fumibako_format.streaming import (
    HEADER_BYTES,
    Header,
    Opener,
    segment_ciphertext_range,
    segment_count,
    segment_plaintext_range,
)

SEGMENTS_A_RANGE = 8
# Of a plain file whose sender gave its whole SHA-256 (fumibako.uploads.completion).
SHA256_CHECKSUM = "sha256:"
Renew = Callable[[], dict[str, Any]]


class FileFetch:
    """Ranges of one file on a few threads. ``renew`` gives a fresh entry when URLs have run out; ``stop`` ends it early."""

    def __init__(
        self,
        pool: httpx.Client,
        file: RemoteFile,
        part: PartFile,
        renew: Renew,
        progress: Progress,
        *,
        stop: threading.Event,
    ) -> None:
        self._pool = pool
        self._file = file
        self._part = part
        self._renew = renew
        self._progress = progress
        self._entry = file.entry
        self._lock = threading.Lock()
        self._stop = stop
        self._opener: Opener | None = None

    def run(self, parallel: int) -> None:
        """Fetch what is missing. Raises IntegrityFailed, Gone, NetworkFailed, Full; the rest stays for the next try."""
        self._progress.add(sum(self._length(index) for index in self._part.held))
        ranges = self._missing()
        first = next(ranges, None)
        if first is None:
            return
        if self._file.key is not None:
            self._begin(first)
        else:
            self._range(first)
        if self._segments > SEGMENTS_A_RANGE:
            in_parallel(ranges, self._range, parallel=parallel, stop=self._stop, name="range")
        else:
            for one in ranges:
                self._range(one)

    def check_digest(self, sha256: str) -> None:
        """Raises IntegrityFailed unless every segment is there and the record's digest is theirs; of a plain file, its checksum."""
        checksum = str(self._file.entry.get("checksum") or "")
        if self._file.key is None and checksum.startswith(SHA256_CHECKSUM) and checksum != SHA256_CHECKSUM + sha256:
            raise IntegrityFailed("digest_differs", text("digest_differs"), text("digest_differs_hint"))
        digest = file_digest(self._part.held[i] for i in range(self._segments))
        if self._file.record.digest is not None and digest != self._file.record.digest:
            raise IntegrityFailed("digest_differs", text("digest_differs"), text("digest_differs_hint"))

    @property
    def _segments(self) -> int:
        return segment_count(self._file.record.size)

    def _place(self, index: int) -> tuple[int, int]:
        """Where segment ``index`` lies in the blob. A plain file is cut the same way, without header and tags."""
        sealed = self._file.key is not None
        start, end = (segment_ciphertext_range if sealed else segment_plaintext_range)(index, self._file.record.size)
        offset = self._entry["offset"]
        return offset + start, offset + end

    def _length(self, index: int) -> int:
        start, end = self._place(index)
        return end - start

    def _missing(self) -> Iterator[tuple[int, int]]:
        first = None
        for index in range(self._segments + 1):
            wanted = index < self._segments and index not in self._part.held
            if first is not None and (not wanted or index - first == SEGMENTS_A_RANGE):
                yield first, index
                first = None
            if wanted and first is None:
                first = index

    def _begin(self, first_range: tuple[int, int]) -> None:
        """Learn the header: it comes with segment 0, or alone where segment 0 is there from an earlier run."""
        first, end = first_range
        start = self._place(0)[0]
        data = self._fetch(start, self._place(end - 1)[1] if first == 0 else start + HEADER_BYTES)
        try:
            self._opener = Opener(self._file.key or b"", self._file.aad, Header.parse(data[:HEADER_BYTES]))
        except FormatError as error:
            raise IntegrityFailed(error.code, error.message, error.hint) from error
        if first == 0:
            self._take(first, end, data)
        else:
            self._range(first_range)

    def _range(self, wanted: tuple[int, int]) -> None:
        first, end = wanted
        start, stop = self._place(first)[0], self._place(end - 1)[1]
        # An empty plain file has no byte that a Range header could name.
        self._take(first, end, self._fetch(start, stop) if stop > start else bytearray())

    def _take(self, first: int, end: int, fetched: bytearray) -> None:
        data, plaintexts, at = memoryview(fetched), [], 0
        for index in range(first, end):
            length = self._length(index)
            plaintexts.append(self._open(index, data[at : at + length]))
            at += length
        self._part.write(first, plaintexts)
        self._progress.add(at)

    def _open(self, index: int, data: memoryview) -> bytes:
        if self._opener is None:
            if self._file.key is not None:
                raise AssertionError("a sealed file is never read without its opener")
            return bytes(data)
        sealed = data[HEADER_BYTES:] if index == 0 else data
        try:
            return self._opener.open(index, sealed, last=index == self._segments - 1)
        except FormatError as error:
            raise IntegrityFailed(error.code, error.message, error.hint) from error

    def _fetch(self, start: int, end: int) -> bytearray:
        buffer = bytearray(end - start)

        def attempt(number: int) -> None:
            get_range(self._pool, self._fresh(number), start, end, buffer, self._stop)

        with_retries(attempt, stop=self._stop)
        return buffer

    def _fresh(self, number: int) -> dict[str, Any]:
        """An entry whose URL lives another minute; after a second failed try a new one in any case."""
        with self._lock:
            ends = datetime.fromisoformat(self._entry["expires_at"]).timestamp()
            if ends < time.time() + 30 or number >= 2:
                self._entry = self._renew()
            return self._entry
