"""One file through the page's engine in Chromium, and the same bytes by the browser's own fetch in the same page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.browser.chromium import chromium
from bench.browser.harness import Harness, built
from bench.content import MIB, make_file, remove, same, sha256, sync_file, warm
from bench.figure import Plan
from bench.install import ADMIN, GUEST, Install, installed
from bench.pairs import rate
from bench.peers.nginx import Nginx, nginx
from bench.processes import Failed, seconds_of

FIELDS: Final = {
    "recipients": [{"email": GUEST}],
    "expires_in_minutes": 600,
    "hold_minutes": 0,
    "proof": "link",
    "source": "page",
}
NOTES: Final = (
    (
        "both in one headless Chromium with a profile of its own, in the same built page: ours served by the runtime under its own headers, "
        "the peer's by nginx; no network domain of DevTools is on, since it copies bodies"
    ),
    "the page is the engine and the edges without screens (web/tests/harness)",
    "the peer encrypts and hashes nothing",
)


class Moving:
    """Two tabs: ``ours`` at the runtime, signed in by its cookie; ``peers`` at nginx. Every method gives MB/s and compares."""

    def __init__(self, plan: Plan, install: Install, web: Nginx, tabs: tuple[Harness, Harness]) -> None:
        self.size = plan.size * MIB
        self.checked = True
        self._install = install
        self._web = web
        self._ours, self._peers = tabs
        self.source = make_file(web.root / "source.bin", self.size, plan.seed)
        self._hash = sha256(self.source)
        self._back = plan.scratch / "back"

    def send(self) -> float:
        """Managed: back when the server has every byte durable and has said so. Fetched by the command line and compared."""
        warm(self.source)
        sent: dict[str, str] = {}
        seconds = seconds_of(lambda: sent.update(self._sent()))
        self._install.wait_for(sent["id"], "ready")
        self._install.get(sent["id"], self._back)
        self._compare(self._back / self.source.name)
        self._install.destroy(sent["id"])
        return rate(self.size, seconds)

    def put(self) -> float:
        """``fetch`` of the file as it is, by PUT to nginx, synced there."""
        warm(self.source)
        target = self._web.root / "in" / "target.bin"
        self._peers.page.choose("#files", self.source)
        seconds = seconds_of(
            lambda: _good(self._peers.ask("put", "/in/target.bin", timeout=300)), lambda: sync_file(target)
        )
        self._compare(target)
        return rate(self.size, seconds)

    def transfer(self) -> str:
        """A transfer of the file that is ready, sent by the command line."""
        transfer = str(self._install.send(self.source)["id"])
        self._install.wait_for(transfer, "ready")
        for path in sorted((self._install.data / "blobs").rglob("*")):
            if path.is_file():
                warm(path)
        return transfer

    def fetch(self, transfer: str) -> float:
        """Opened, verified, hashed and written to a file of the browser."""
        return self._fetched(self._ours, lambda: _arrived(self._ours.receive(transfer=transfer, sink="opfs")))

    def get(self) -> float:
        """``fetch`` piped into the same kind of file."""
        warm(self.source)
        return self._fetched(
            self._peers, lambda: _good(self._peers.ask("get", "/source.bin", self.source.name, timeout=300))
        )

    def _fetched(self, tab: Harness, work: Callable[[], object]) -> float:
        seconds = seconds_of(work)
        stored = tab.ask("stored", timeout=300)
        expected = {self.source.name: {"size": self.size, "sha256": self._hash}}
        self.checked = self.checked and stored == expected
        tab.ask("forget")
        return rate(self.size, seconds)

    def _sent(self) -> dict[str, str]:
        sent = self._ours.send({"class": "managed", "fields": FIELDS}, self.source)
        if "transfer" not in sent:
            raise Failed(f"the page could not send: {sent}")
        transfer: dict[str, str] = sent["transfer"]
        return transfer

    def _compare(self, arrived: Path) -> None:
        self.checked = self.checked and same(self.source, arrived)
        remove(arrived)


@contextmanager
def moving(plan: Plan) -> Iterator[Moving]:
    """Runtime, nginx and browser until the block is left."""
    page = built(plan.scratch / "page")
    with (
        installed(plan.scratch / "ours", page=page) as install,
        nginx(plan.scratch / "nginx") as web,
        chromium(plan.scratch / "profile") as browser,
    ):
        built(web.root / "page")
        for one in (web.root / "page").iterdir():
            one.rename(web.root / one.name)
        ours, peers = Harness(browser, install.url), Harness(browser, web.url)
        ours.sign_in(ADMIN, install.password)
        yield Moving(plan, install, web, (ours, peers))


def _good(status: object) -> None:
    if status not in (200, 201, 204):
        raise Failed(f"nginx answered {status}")


def _arrived(received: dict[str, object]) -> None:
    if "files" not in received:
        raise Failed(f"the page could not fetch: {received}")
