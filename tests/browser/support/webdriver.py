"""The steps of a person by the commands of WebDriver (W3C), whatever carries them to the browser."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tests.e2e.support.waiting import wait_for

# The name under which the protocol hands elements out (W3C WebDriver, section 11).
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_PASSING = ("stale element reference", "element click intercepted", "element not interactable", "no such element")
_SECONDS = 60.0


class WebDriverRefused(AssertionError):
    """The browser answered with an error; ``name`` is the protocol's own word."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message[:300]}")
        self.name = name


class Wire(Protocol):
    """Carries commands. Each raises WebDriverRefused."""

    def go(self, url: str) -> None:
        """Navigate To."""

    def find(self, using: str, value: str) -> list[str]:
        """Find Elements; gives their references."""

    def displayed(self, element: str) -> bool:
        """Is Element Displayed."""

    def click(self, element: str) -> None:
        """Element Click: refused where something lies over it."""

    def clear(self, element: str) -> None:
        """Element Clear."""

    def type(self, element: str, text: str) -> None:
        """Element Send Keys; paths, one a line, for a file field."""

    def run(self, script: str) -> Any:
        """Execute Script."""


class WebDriverHands:
    """Hands (hands.py) over a wire."""

    def __init__(self, wire: Wire, downloads: Path) -> None:
        self.downloads = downloads
        self._wire = wire

    def open(self, url: str) -> None:
        """Load an address."""
        self._wire.go(url)

    def press(self, words: str) -> None:
        """Click the first button or link that says so."""
        said = f"normalize-space(.)={_quoted(words)}"
        self._click("xpath", f"//button[{said}] | //a[{said}] | //summary[{said}]")

    def click(self, css: str) -> None:
        """Click an element."""
        self._click("css selector", css)

    def fill(self, css: str, text: str) -> None:
        """Type into a field in place of what is there."""

        def fill(element: str) -> None:
            self._wire.clear(element)
            self._wire.type(element, text)

        self._act("css selector", css, fill)

    def choose(self, css: str, *paths: Path) -> None:
        """Files for a file field, shown or not."""
        [element, *_] = wait_for(lambda: self._wire.find("css selector", css), css, seconds=_SECONDS)
        self._wire.type(element, "\n".join(map(str, paths)))

    def wait(self, css: str) -> None:
        """Until it is there and shown."""
        self._shown("css selector", css)

    def read(self) -> str:
        """The words on the page."""
        return str(self._wire.run("return document.body?.innerText ?? ''"))

    def run(self, script: str) -> Any:
        """The value of a function's body."""
        return self._wire.run(script)

    def _click(self, using: str, value: str) -> None:
        self._act(using, value, self._wire.click)

    def _act(self, using: str, value: str, act: Callable[[str], None]) -> None:
        """Once it can be done: the page may draw itself anew between finding and acting."""
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                act(self._shown(using, value))
                return
            except WebDriverRefused as refused:
                if refused.name not in _PASSING or time.monotonic() > deadline:
                    raise

    def _shown(self, using: str, value: str) -> str:
        def shown() -> str | None:
            return next((one for one in self._wire.find(using, value) if self._is_shown(one)), None)

        return wait_for(shown, value, seconds=_SECONDS)

    def _is_shown(self, element: str) -> bool:
        try:
            return self._wire.displayed(element)
        except WebDriverRefused as refused:
            if refused.name not in _PASSING:
                raise
            return False


def _quoted(words: str) -> str:
    assert "'" not in words or '"' not in words
    return f'"{words}"' if "'" in words else f"'{words}'"
