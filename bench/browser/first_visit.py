"""A guest's first visit: from the click on a link to a code field that takes input, with an empty cache. What travelled, and how long it took.

The human step before the code is mailed is taken the moment its button is there, so what is measured is the page and the line, not the guest.
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.browser.chromium import Page, chromium
from bench.processes import Failed

_PATIENCE = 60.0
# Runs in the document before its own scripts, outside of its content policy; presses the one main button, and notes when.
_WATCH = """
(() => {
  const marks = (globalThis.marks = {});
  const look = () => {
    const button = document.querySelector("main button.main");
    if (button && !marks.first) {
      marks.first = performance.now();
      button.click();
    }
    const field = document.querySelector('input[autocomplete="one-time-code"]');
    if (field && !field.disabled) {
      marks.field = performance.now();
      watcher.disconnect();
    }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { childList: true, subtree: true, attributes: true });
})();
"""


@dataclass(frozen=True)
class Line:
    """``latency`` in ms a request, rates in bytes/s, ``slowdown`` of the processor; as Network.emulateNetworkConditions takes them."""

    latency: float
    down: float
    up: float
    slowdown: float


# Lighthouse's mobileSlow4G (core/config/constants.js): 150 ms there and back, 1.6 * 1,024 kbit/s down, 750 kbit/s up, a processor four times slower.
SLOW_4G = Line(latency=150, down=1.6 * 1024 * 1000 / 8, up=750_000 / 8, slowdown=4)


@dataclass
class Visit:
    """``first`` and ``ready`` in seconds since the navigation began: the button is there, the code field is there. ``sizes``: address -> bytes."""

    first: float = 0.0
    ready: float = 0.0
    took_input: bool = False
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Headers included."""
        return sum(self.sizes.values())


def first_visit(profile: Path, link: str, *, language: str, line: Line | None = None) -> Visit:
    """One visit in a browser that nobody used before. Raises Failed when the code field does not come."""
    with chromium(profile, flags=(f"--accept-lang={language}", "--no-proxy-server")) as browser:
        page = browser.page()
        requests = _Requests(page)
        page.call("Page.enable")
        page.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        if line is not None:
            _slow(page, line)
        page.call("Page.navigate", url=link)
        marks = _marks(page)
        begun = requests.begun()
        took = _typed(page)
        return Visit(marks["first"] / 1000, marks["field"] / 1000, took, requests.finished(begun))


def _slow(page: Page, line: Line) -> None:
    rates = {"downloadThroughput": line.down, "uploadThroughput": line.up}
    page.call("Network.emulateNetworkConditions", offline=False, latency=line.latency, **rates)
    page.call("Emulation.setCPUThrottlingRate", rate=line.slowdown)


def _marks(page: Page) -> dict[str, float]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        # Rarely: each question costs the slowed processor something.
        time.sleep(0.1)
        marks: dict[str, float] = page.evaluate("globalThis.marks ?? {}")
        if "field" in marks:
            return marks
    raise Failed(f"no code field: {page.evaluate('document.body.innerText')!r}")


def _typed(page: Page) -> bool:
    selector = "document.querySelector('input[autocomplete=\"one-time-code\"]')"
    page.evaluate(f"{selector}.focus()")
    page.call("Input.insertText", text="1")
    return bool(page.evaluate(f"{selector}.value") == "1")


class _Requests:
    """Every request of a page and the bytes that came for it: ``encodedDataLength``, headers included."""

    def __init__(self, page: Page) -> None:
        self._addresses: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._came: dict[str, int] = {}
        self._changed = threading.Condition()
        page.on("Network.requestWillBeSent", self._sent)
        page.on("Network.responseReceived", lambda event: self._more(event, event["response"]))
        page.on("Network.dataReceived", lambda event: self._more(event, event))
        page.on("Network.loadingFinished", self._ended)
        page.on("Network.loadingFailed", self._ended)
        page.call("Network.enable")
        page.call("Network.clearBrowserCache")

    def begun(self) -> frozenset[str]:
        """What was asked for so far."""
        with self._changed:
            return frozenset(self._addresses)

    def finished(self, wanted: frozenset[str]) -> dict[str, int]:
        """Bytes of these, once each has ended. Raises Failed."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted <= self._sizes.keys(), _PATIENCE):
                raise Failed("a request of the page does not end")
            return {f"{self._addresses[one]} ({one})": self._sizes[one] for one in sorted(wanted)}

    def _sent(self, event: dict[str, Any]) -> None:
        with self._changed:
            self._addresses[event["requestId"]] = event["request"]["url"]

    def _more(self, event: dict[str, Any], told: dict[str, Any]) -> None:
        with self._changed:
            self._came[event["requestId"]] = self._came.get(event["requestId"], 0) + max(
                0, int(told["encodedDataLength"])
            )

    def _ended(self, event: dict[str, Any]) -> None:
        """What was let go of after its answer had come has no length of its own, and travelled all the same."""
        with self._changed:
            one = event["requestId"]
            self._sizes[one] = max(int(event.get("encodedDataLength", 0)), self._came.get(one, 0))
            self._changed.notify_all()
