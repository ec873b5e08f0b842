"""Pictures of screens, kept as output of the tests for people to look at: build/screenshots/<screen>/<stage>-<language>-<look>.png."""

from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.support.people import ROOT

PICTURES = ROOT / "build/screenshots"


class Photographs:
    """The pictures of one stage in one language."""

    def __init__(self, screen: str, stage: str, language: str) -> None:
        self.language = language
        self._stem = f"{stage}-{language}"
        self._folder = PICTURES / screen

    def take(self, page: Page, look: str) -> Path:
        """The whole height of the page as it is now."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._stem}-{look}.png"
        page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")
        return path
