"""Slow lines and slow processors, as Chromium emulates them, and what really travelled.

SLOW_4G is Lighthouse's ``mobileSlow4G`` (its core/config/constants.js): 150 ms there and back, 1.6 * 1,024 kbit/s down, 750 kbit/s up, and a processor four times
slower. Lighthouse itself gives Chromium other figures for the same line (562.5 ms a request, nine tenths of the rates) when it throttles by the
browser alone, since the browser adds the delay once for each request and not for each round trip of TCP and TLS. ROUGH_4G is that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page


@dataclass(frozen=True)
class Line:
    """``latency`` in milliseconds a request, rates in bit/s, ``slowdown`` of the processor."""

    latency: float
    down: float
    up: float
    slowdown: float


SLOW_4G = Line(latency=150, down=1.6 * 1024 * 1000, up=750 * 1000, slowdown=4)
ROUGH_4G = Line(latency=562.5, down=1.6 * 1024 * 900, up=675 * 1000, slowdown=4)
# DevTools' own "Slow 3G" of old.
SLOW_3G = Line(latency=2000, down=400_000, up=400_000, slowdown=1)


@contextmanager
def throttled(page: Page, line: Line) -> Iterator[CDPSession]:
    """The page on this line, with an empty cache."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    rates = {"downloadThroughput": line.down / 8, "uploadThroughput": line.up / 8}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": line.latency, **rates})
    session.send("Emulation.setCPUThrottlingRate", {"rate": line.slowdown})
    try:
        yield session
    finally:
        session.detach()


@dataclass
class Travelled:
    """Every request of a page and how many bytes came for it, headers included (``encodedDataLength`` of the DevTools protocol)."""

    begun: dict[str, str] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    _came: dict[str, int] = field(default_factory=dict)
    _cached: set[str] = field(default_factory=set)

    def listen(self, session: CDPSession) -> None:
        """From now on."""
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.requestServedFromCache", lambda event: self._cached.add(event["requestId"]))
        session.on("Network.responseReceived", self._answered)
        session.on("Network.dataReceived", self._data)
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.loadingFailed", self._failed)

    def total(self, identities: set[str]) -> int:
        """Bytes of these requests, all of each, whenever their last byte came."""
        return sum(self.bytes.get(one, 0) for one in identities)

    def listed(self, identities: set[str]) -> list[str]:
        """For people: bytes and address, the largest first."""
        lines = sorted(((self.bytes.get(one, 0), self.begun[one]) for one in identities), reverse=True)
        return [f"{size:7,} {address}" for size, address in lines]

    def _sent(self, event: dict[str, Any]) -> None:
        self.begun[event["requestId"]] = event["request"]["url"]
        self.unfinished.add(event["requestId"])

    def _answered(self, event: dict[str, Any]) -> None:
        cached = event["response"].get("fromDiskCache") or event["requestId"] in self._cached
        self._came[event["requestId"]] = 0 if cached else int(event["response"]["encodedDataLength"])

    def _data(self, event: dict[str, Any]) -> None:
        self._came[event["requestId"]] = self._came.get(event["requestId"], 0) + max(0, int(event["encodedDataLength"]))

    def _finished(self, event: dict[str, Any]) -> None:
        # Now and then Chromium says 0 of an answer of which it had told pieces: the larger is the truth.
        told = int(event["encodedDataLength"])
        self.bytes[event["requestId"]] = max(told, self._came.get(event["requestId"], 0))
        self.unfinished.discard(event["requestId"])

    def _failed(self, event: dict[str, Any]) -> None:
        # What was let go of after its answer had come travelled all the same.
        self.bytes[event["requestId"]] = self._came.get(event["requestId"], 0)
        self.unfinished.discard(event["requestId"])
