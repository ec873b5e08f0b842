"""An install that serves the engine without screens, and browsers that are told what to do with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.browser.chromium import Chromium
from bench.browser.harness import Harness, built
from bench.counted_line import CountedLine
from tests.e2e.support.company import Company, someone
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.waiting import wait_for

MIB = 1 << 20


@pytest.fixture(scope="session")
def harness_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imported by each module of tests; built once for each process of a run, in a second or two."""
    return built(tmp_path_factory.mktemp("harness"))


class EngineSite(Company):
    """``settings`` are the runtime's, as for Install."""

    def __init__(self, folder: Path, page: Path, **settings: str) -> None:
        super().__init__(folder, PAGE_DIR=str(page), SCHEDULE_SECONDS="1", **settings)

    def tab(self, browser: Chromium) -> Harness:
        """A tab in which the first admin is signed in by the page's own cookie."""
        harness = Harness(browser, self.url)
        harness.sign_in(self.first["email"], self.first["password"])
        return harness


class CountedSite(EngineSite):
    """Everybody reaches it through a line that counts what they send: ``line.sent``."""

    def __init__(self, folder: Path, page: Path, **settings: str) -> None:
        inner = reserved_port()
        super().__init__(folder, page, LISTEN_PORT=str(inner), **settings)
        self.line = CountedLine(inner)
        self.url = self.line.url


@contextmanager
def browsing(profile: Path, *, downloads: Path | None = None) -> Iterator[Chromium]:
    """A browser with a profile; it is gone at the end, killed if need be."""
    browser = Chromium(profile, flags=("--no-proxy-server",))
    try:
        if downloads is not None:
            browser.downloads(downloads)
        yield browser
    finally:
        browser.close()


def sending(**more: Any) -> dict[str, Any]:
    """What the harness's ``send`` takes: managed, to somebody new, by link alone."""
    fields = {"recipients": [{"email": someone()}], "expires_in_minutes": 600, "hold_minutes": 0}
    fields |= {"proof": "link", "source": "page", **more.pop("fields", {})}
    return {"class": "managed", "fields": fields, **more}


def wait_until_moved(tab: Harness, count: int) -> None:
    """Until so many bytes have left or come. Raises AssertionError where it failed or ended before."""

    def moved() -> bool:
        progress = tab.ask("progress") or {}
        assert progress.get("phase") != "done", "it was over before"
        return bool(progress.get("done", 0) >= count)

    wait_for(moved, f"{count} bytes have moved", pause=0.005)


def recipient(how: dict[str, Any]) -> str:
    """Who a transfer goes to."""
    return str(how["fields"]["recipients"][0]["email"])
