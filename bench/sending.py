"""One file sent to the local runtime, and what its peers do with the same file on the same disk."""

from pathlib import Path

from bench.content import MIB, make_file, remove, same, sync_file, warm
from bench.figure import Plan
from bench.install import Install
from bench.pairs import rate
from bench.peers import curl
from bench.peers.age import Age
from bench.peers.nginx import Nginx
from bench.peers.rclone import Rclone
from bench.peers.wormhole import Wormhole
from bench.processes import seconds_of

NOTES = (
    "the peers' target is synced (file and folder) within the measured time; ours is durable when the command ends",
    "source in the page cache, one disk for all, targets removed between runs",
)


class Sending:
    """Each method sends the file once, gives MB/s, compares what arrived and removes it."""

    def __init__(self, plan: Plan) -> None:
        self.size = plan.size * MIB
        self.source = make_file(plan.scratch / "source.bin", self.size, plan.seed)
        self.checked = True
        # Of each of ours: seconds to send and seconds to fetch it back.
        self.ours_seconds: list[tuple[float, float]] = []
        self._scratch = plan.scratch

    def ours(self, install: Install) -> float:
        """``fumibako send``; what arrived is fetched by ``fumibako get`` and compared."""
        warm(self.source)
        sent: dict[str, str] = {}
        seconds = seconds_of(lambda: sent.update(install.send(self.source)))
        install.wait_for(sent["id"], "ready")
        folder = self._scratch / "received"
        back = seconds_of(lambda: install.get(sent["id"], folder))
        self.ours_seconds.append((seconds, back))
        self._compare(folder / self.source.name)
        install.destroy(sent["id"])
        return rate(self.size, seconds)

    def by_curl(self, nginx: Nginx) -> float:
        """``curl -T`` into a folder of nginx."""
        warm(self.source)
        target = nginx.root / "in" / "target.bin"
        seconds = seconds_of(lambda: curl.upload(self.source, f"{nginx.url}/in/target.bin"), lambda: sync_file(target))
        self._compare(target)
        return rate(self.size, seconds)

    def by_age_and_curl(self, nginx: Nginx, age: Age) -> float:
        """``age | curl -T -`` into a folder of nginx; opened afterwards to compare."""
        warm(self.source)
        target, opened = nginx.root / "in" / "target.age", self._scratch / "opened.bin"
        url = f"{nginx.url}/in/target.age"
        seconds = seconds_of(lambda: age.seal_into_curl(self.source, url), lambda: sync_file(target))
        age.open(target, opened)
        remove(target)
        self._compare(opened)
        return rate(self.size, seconds)

    def by_rclone(self, rclone: Rclone) -> float:
        """``rclone copy`` to ``rclone serve webdav``."""
        warm(self.source)
        folder = rclone.folder()
        target = rclone.root / folder / self.source.name
        seconds = seconds_of(lambda: rclone.copy_in(self.source, folder), lambda: sync_file(target))
        self._compare(target)
        return rate(self.size, seconds)

    def by_wormhole(self, wormhole: Wormhole) -> float:
        """``wormhole send`` and ``wormhole receive``, begun together."""
        warm(self.source)
        target = self._scratch / "wormhole.bin"
        seconds = seconds_of(lambda: wormhole.pass_on(self.source, target), lambda: sync_file(target))
        self._compare(target)
        return rate(self.size, seconds)

    def _compare(self, arrived: Path) -> None:
        self.checked = self.checked and same(self.source, arrived)
        remove(arrived)
