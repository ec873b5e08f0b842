"""Many small files: neighbours in a pack come by one range and land in batches."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from fumibako.downloads.fetch import FileFetch
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.landing import Landed, Landing
from fumibako.downloads.neighbours import RunSink, may_join, runs_of
from fumibako.downloads.session import Source
from fumibako.downloads.wanted import Fetched, Wanted, require_as_recorded
from fumibako.line import Line
from fumibako.pace import Pace
from fumibako.progress import Progress
from fumibako_format.digest import file_digest, segment_digest

Run = Sequence[Wanted]


def runs_among(wanted: Sequence[Wanted]) -> list[Run]:
    """Two neighbours or more each; what is in none is fetched by itself."""
    able = [one for one in wanted if may_join(one.file)]
    return [able[run.start : run.stop] for run in runs_of([one.file for one in able]) if len(run) > 1]


class Together:
    """Runs of one transfer into one folder. ``fetched`` takes each file that lies durably under its name."""

    def __init__(self, line: Line, source: Source, fetched: dict[str, Fetched], progress: Progress) -> None:
        self._line = line
        self._source = source
        self._fetched = fetched
        self._progress = progress

    async def fetch(self, runs: Sequence[Run], folder: Path, pace: Pace, *, replace: bool) -> None:
        """Fetch all. Raises the first ClientError; whole files stay."""
        stop = threading.Event()
        landing = Landing(folder / f".{self._source.transfer_id}.lock", replace=replace)
        try:
            try:
                await self._line.each(runs, partial(self._run, landing, pace, stop), width=pace.width, stop=stop)
            finally:
                landing.settle()
        finally:
            landing.close()

    async def _run(self, landing: Landing, pace: Pace, stop: threading.Event, run: Run) -> None:
        first, paths = run[0], {one.file.id: one.path for one in run}
        renew = partial(self._source.renew, first.session, first.file.id)
        fetch = FileFetch(self._line, first.file, renew, self._progress, stop=stop)
        take = lambda file, data: self._take(landing, paths[file.id], file, data)  # noqa: E731
        sink = RunSink([one.file for one in run], take)
        try:
            await fetch.bring(sink.bytes_left, sink, lambda: sink.at)
        finally:
            sink.release()
        landing.settle_if_full()
        pace.add(sum(one.file.record.size for one in run))

    def _take(self, landing: Landing, path: Path, file: RemoteFile, plaintext: memoryview) -> None:
        segment = segment_digest(plaintext)
        require_as_recorded(file, digest=file_digest([segment]), sha256=None)
        # One segment: its digest is the file's own SHA-256.
        done = Fetched(file.id, path, file.record.size, segment.hex())
        landing.write(Landed(file.id, path, partial(self._fetched.__setitem__, file.id, done)), plaintext)
        self._progress.add(int(file.entry["length"]))
