"""The sending screen in the hands of a test: what a member does there, by the words of the page."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, Request, expect

from tests.browser.support.hands import words
from tests.browser.support.visitors import Language

MIB = 1 << 20
# Bytes a second at which 20 MiB take about ten seconds: slow enough to step in, and quick enough for a test.
SLOW = 2 * MIB


class Sending:
    """One page of a signed-in member on /send."""

    def __init__(self, page: Page, language: Language = "en") -> None:
        self.page = page
        self._words = words("send", language)

    def said(self, key: str, **values: Any) -> str:
        """A text of the area."""
        return self._words[key].format(**values)

    def button(self, key: str) -> Locator:
        """A button by its words."""
        return self.page.get_by_role("button", name=self._words[key], exact=True)

    def choose(self, *paths: Path) -> None:
        """Files, as the file dialog gives them."""
        self.page.set_input_files(f"input[type=file][aria-label='{self._words['choose_files']}']", list(paths))

    def choose_folder(self, path: Path) -> None:
        """A whole folder."""
        self.page.set_input_files(f"input[type=file][aria-label='{self._words['choose_folder']}']", path)

    def people(self, *addresses: str) -> None:
        """Recipients, typed and taken with Enter."""
        field = self.page.get_by_role("combobox", name=self._words["recipients"])
        for address in addresses:
            field.fill(address)
            field.press("Enter")
            expect(self.page.get_by_text(address).first).to_be_visible()

    def options(self) -> None:
        """Unfold the rest of the form."""
        self.page.get_by_role("heading", name=self._words["options"]).click()

    def at_once(self, *, proof: str = "") -> None:
        """No hold; ``proof`` as the form's list has it."""
        self.options()
        self.page.get_by_label(self._words["hold"], exact=True).select_option("0")
        if proof:
            self.page.get_by_label(self._words["proof"], exact=True).select_option(proof)

    def sealed(self) -> None:
        """The class that nobody but the recipients can open; the options are open."""
        self.page.get_by_label(self._words["class_sealed"]).check()

    def check(self) -> None:
        """On to the confirmation."""
        self.button("check").click()
        self.page.get_by_role("heading", name=self._words["confirm_title"]).wait_for()
        self.page.locator(".domain").first.wait_for()

    def confirm(self) -> None:
        """Tick what is marked, and send."""
        for box in self.page.locator(".domain input[type=checkbox]").all():
            box.check()
        self.button("send").click()

    def send(self) -> None:
        """Both."""
        self.check()
        self.confirm()

    def sent(self, *, seconds: float = 60) -> str:
        """Wait until all is in; the transfer's id."""
        self.page.get_by_role("heading", level=1, name=self._words["title_done"]).wait_for(timeout=seconds * 1000)
        return self.page.locator("dd.code").inner_text()

    def link(self, *, seconds: float = 60) -> str:
        """The first link of those to pass on, once it is ready."""
        field = self.page.locator(".links input").first
        field.wait_for(timeout=seconds * 1000)
        return field.input_value()

    def under_way(self, *, percent: int = 5) -> None:
        """Wait until so much of it is in, and not all of it."""
        self.page.wait_for_function(
            "least => { const at = Number(document.querySelector('[data-progress]')?.dataset.progress); return at >= least && at < 95 }",
            arg=percent,
        )

    def later(self) -> str:
        """Leave it for another day; the name of its record."""
        self.button("later").click()
        unfinished = self.page.locator("[data-journal]").first
        unfinished.wait_for()
        return unfinished.get_attribute("data-journal") or ""


@contextmanager
def slow_line(page: Page, rate: int = SLOW) -> Iterator[None]:
    """A line that takes so many bytes a second upwards, as Chromium's own developer tools make one."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    shape = {"offline": False, "latency": 10, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**shape, "uploadThroughput": rate})
    try:
        yield
    finally:
        # A page that is gone has no line.
        with suppress(Error):
            session.send("Network.emulateNetworkConditions", {**shape, "latency": 0, "uploadThroughput": -1})
            session.detach()


def sha256(path: Path) -> str:
    """In hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def puts_of(page: Page) -> list[str]:
    """Every part that the page sends from now on, by its path and number, as often as it leaves."""
    seen: list[str] = []

    def sent(request: Request) -> None:
        if request.method == "PUT":
            seen.append(re.sub("[?&](exp|sig)=[^&]*", "", request.url))

    page.on("request", sent)
    return seen
