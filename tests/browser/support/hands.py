"""What a person does in any browser, so that one story runs in several."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from tests.browser.support.visitors import Language
from tests.e2e.support.people import ROOT


class Hands(Protocol):
    """``downloads`` is where saved files end. Each step waits until it can be done. Elements are named by CSS, buttons by their words."""

    downloads: Path

    def open(self, url: str) -> None:
        """Load an address."""

    def press(self, words: str) -> None:
        """Click the button or link that says so."""

    def click(self, css: str) -> None:
        """Click an element."""

    def fill(self, css: str, text: str) -> None:
        """Type into a field."""

    def choose(self, css: str, *paths: Path) -> None:
        """Give files to a file field, which need not be visible."""

    def wait(self, css: str) -> None:
        """Until an element is there and shown."""

    def read(self) -> str:
        """The words on the page."""

    def run(self, script: str) -> Any:
        """The value of a function's body in the page."""


@cache
def words(area: str, language: Language = "en") -> dict[str, str]:
    """The page's catalogue of an area."""
    found: dict[str, str] = json.loads((ROOT / f"chalicelib/catalogue/page/{area}.{language}.json").read_text("utf-8"))
    return found
