"""One file on a memory disk, sealed and opened by ours and by age: no disk and no line stands between the two."""

import contextlib
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.content import MIB, file_system, make_file, memory_folder, remove, same
from bench.figure import Plan
from bench.pairs import rate
from bench.peers.age import Age
from bench.processes import plain_environment, python, run, seconds_of
from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.streaming import segment_count, segment_plaintext_range


class MemoryDisk:
    """``checked`` stays true while every output was what it had to be."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.size = plan.size * MIB
        self.checked = True
        self.file_system = file_system(folder)
        self._age = Age(folder)
        self._key = random.Random(plan.seed).randbytes(32).hex()
        self._source = make_file(folder / "source.bin", self.size, plan.seed)
        self._sealed, self._sealed_by_age = folder / "source.fumibako", folder / "source.age"
        self._opened = folder / "opened.bin"
        self._digest = _digest_of(self._source)

    def seal_all(self) -> None:
        """What is opened later."""
        self.seal()
        self.age_seals()
        # Their checks have removed what they looked at.
        self._ours("seal", self._source, self._sealed)
        self._age.seal(self._source, self._sealed_by_age)

    def seal(self) -> float:
        """Encrypt and hash, in MB/s. What was made is opened again and compared."""
        seconds = seconds_of(lambda: self._ours("seal", self._source, self._sealed))
        self._ours("open", self._sealed, self._opened)
        self._compare(self._sealed, self._opened)
        return rate(self.size, seconds)

    def age_seals(self) -> float:
        """``age -r``, in MB/s."""
        seconds = seconds_of(lambda: self._age.seal(self._source, self._sealed_by_age))
        self._age.open(self._sealed_by_age, self._opened)
        self._compare(self._sealed_by_age, self._opened)
        return rate(self.size, seconds)

    def open(self) -> float:
        """Decrypt, verify and hash, in MB/s."""
        seconds = seconds_of(lambda: self._ours("open", self._sealed, self._opened))
        self._compare(self._opened)
        return rate(self.size, seconds)

    def age_opens(self) -> float:
        """``age -d``, in MB/s."""
        seconds = seconds_of(lambda: self._age.open(self._sealed_by_age, self._opened))
        self._compare(self._opened)
        return rate(self.size, seconds)

    def _ours(self, verb: str, source: Path, target: Path) -> None:
        environment = plain_environment(BENCH_KEY=self._key)
        said = run([python(), "-m", "bench.sealer", verb, str(source), str(target)], environment=environment)
        self.checked = self.checked and said.strip() == self._digest

    def _compare(self, *targets: Path) -> None:
        self.checked = self.checked and same(self._source, targets[-1])
        for target in targets:
            remove(target)


def _digest_of(path: Path) -> str:
    """The digest of spec/format.md, computed from the source without the code that is measured."""
    size = path.stat().st_size

    def segments() -> Iterator[bytes]:
        with path.open("rb") as stream:
            for index in range(segment_count(size)):
                start, end = segment_plaintext_range(index, size)
                yield segment_digest(stream.read(end - start))

    return file_digest(segments()).hex()


@contextlib.contextmanager
def memory_disk(plan: Plan) -> Iterator[MemoryDisk]:
    """A folder in memory that is gone afterwards."""
    folder = memory_folder(plan.scratch)
    try:
        yield MemoryDisk(folder, plan)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
