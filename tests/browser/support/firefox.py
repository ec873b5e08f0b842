"""Debian's Firefox ESR, driven by Playwright over WebDriver BiDi, which this Firefox speaks itself: no patched build and no geckodriver is needed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

_PATIENCE = 60_000


class FirefoxHands:
    """A page of Firefox. ``downloads`` is set in the profile."""

    def __init__(self, page: Page, downloads: Path) -> None:
        self.downloads = downloads
        self._page = page

    def open(self, url: str) -> None:
        self._page.goto(url, timeout=_PATIENCE)

    def press(self, words: str) -> None:
        self._page.locator("button, a, summary").get_by_text(words, exact=True).or_(
            self._page.locator("button, a").filter(has_text=words)
        ).first.click(timeout=_PATIENCE)

    def click(self, css: str) -> None:
        self._page.locator(css).first.click(timeout=_PATIENCE)

    def fill(self, css: str, text: str) -> None:
        self._page.locator(css).first.fill(text, timeout=_PATIENCE)

    def choose(self, css: str, *paths: Path) -> None:
        self._page.locator(css).first.set_input_files(list(paths), timeout=_PATIENCE)

    def wait(self, css: str) -> None:
        self._page.locator(css).first.wait_for(timeout=_PATIENCE)

    def read(self) -> str:
        return self._page.inner_text("body")

    def run(self, script: str) -> Any:
        return self._page.evaluate(f"() => {{ {script} }}")


@contextmanager
def firefox_running(playwright: Playwright, downloads: Path) -> Iterator[FirefoxHands]:
    """A Firefox without a history, its downloads going to a folder without a question."""
    path = shutil.which("firefox-esr")
    assert path, "firefox-esr is missing: make packages"
    prefs: dict[str, str | float | bool] = {
        "browser.download.folderList": 2,
        "browser.download.dir": str(downloads),
        "browser.download.useDownloadDir": True,
        "browser.download.alwaysOpenPanel": False,
        "browser.download.always_ask_before_handling_new_types": False,
        "network.proxy.type": 0,
    }
    browser = playwright.firefox.launch(
        channel="moz-firefox", executable_path=path, headless=True, firefox_user_prefs=prefs
    )
    try:
        yield FirefoxHands(browser.new_page(locale="en-GB"), downloads)
    finally:
        browser.close()
