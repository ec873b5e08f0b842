"""``fumibako get`` from the local runtime beside ``curl -o`` from nginx: the limit of this machine, unencrypted."""

from collections.abc import Callable
from pathlib import Path

from bench.content import MIB, file_system, make_file, remove, same, sync_file, warm
from bench.figure import Figure, Measured, Plan
from bench.install import GET_FLAGS, Install, installed
from bench.pairs import in_turn, rate
from bench.peers import curl, nginx
from bench.processes import seconds_of


class Fetching:
    """One file that lies at both servers, fetched again and again."""

    def __init__(self, plan: Plan, install: Install, web: nginx.Nginx) -> None:
        self.size = plan.size * MIB
        self.checked = True
        self._install = install
        self._url = f"{web.url}/source.bin"
        self._source = make_file(web.root / "source.bin", self.size, plan.seed)
        self._folder = plan.scratch / "received"
        self._folder.mkdir()
        self._transfer = str(install.send(self._source)["id"])
        install.wait_for(self._transfer, "ready")

    def ours(self) -> float:
        """In MB/s; the command ends when the file is opened, verified, durable and has its name."""
        return self._fetched(lambda: self._install.get(self._transfer, self._folder))

    def by_curl(self) -> float:
        """In MB/s, with the sync of the target."""
        target = self._folder / self._source.name
        return self._fetched(lambda: curl.download(self._url, target), lambda: sync_file(target))

    def _fetched(self, *steps: Callable[[], object]) -> float:
        warm(self._source)
        seconds = seconds_of(*steps)
        target = self._folder / self._source.name
        self.checked = self.checked and same(self._source, target)
        remove(target)
        return rate(self.size, seconds)


def _stored(folder: Path) -> None:
    """What the server stored is read once, as the peer's file is."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            warm(path)


def measure(plan: Plan) -> Measured:
    """Both read from the page cache and write to the disk, synced."""
    with installed(plan.scratch / "ours") as install, nginx.nginx(plan.scratch / "nginx") as web:
        fetching = Fetching(plan, install, web)
        _stored(install.data / "blobs")
        pairs = in_turn(plan.runs, fetching.ours, {"curl -o from nginx": fetching.by_curl})
    return Measured(
        pairs,
        fetching.checked,
        notes=[
            "the peer's target is synced (file and folder) within the measured time; ours is durable when the command ends",
            "stored bytes in the page cache, one disk for both, targets removed between runs",
            "the peer decrypts and verifies nothing",
        ],
        versions={"curl": curl.version(), "nginx": nginx.version()},
        flags={"curl": curl.DOWNLOAD_FLAGS, "nginx": nginx.FLAGS, "ours": GET_FLAGS},
        more={"file_system": file_system(plan.scratch)},
    )


FIGURE = Figure(
    name="download",
    title="Fetch a file",
    unit="MB/s",
    goal=0.7,
    kind="rate",
    ours="fumibako get, parallel ranges, decrypted and verified, durable on the receiver's disk",
    measure=measure,
    size=2048,
    size_unit="MiB",
    smallest=2,
    runs=5,
)
