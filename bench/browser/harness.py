"""The page's engine and edges in a page without screens (web/tests/harness), built anew and told what to do in a browser."""

import json
import subprocess
from pathlib import Path
from typing import Any

from bench.browser.chromium import Chromium, Page
from bench.processes import ROOT, Failed

WEB = ROOT / "web"


def built(folder: Path) -> Path:
    """The harness as the runtime serves it. Raises Failed where the page's tools are missing."""
    vite = WEB / "node_modules/.bin/vite"
    if not vite.exists():
        raise Failed("the page's tools are missing: make web-tools")
    command = [str(vite), "build", "--config", "vite.harness.config.ts", "--outDir", str(folder)]
    ended = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False, timeout=300)
    if ended.returncode:
        raise Failed(ended.stdout + ended.stderr)
    return folder


class Harness:
    """One tab with the harness in it, at an install's address."""

    def __init__(self, browser: Chromium, url: str) -> None:
        self.page: Page = browser.page(url + "/")

    def sign_in(self, email: str, password: str) -> None:
        """As a member by the page's cookie."""
        status = self._call("signIn", email, password)
        if status != 200:
            raise Failed(f"the page can't sign in: {status}")

    def send(self, how: dict[str, Any], *paths: Path, timeout: float = 300) -> dict[str, Any]:
        """Choose files and send them; gives what the engine gives, or ``{"failed": code}``."""
        self.page.choose("#files", *paths)
        sent: dict[str, Any] = self._call("send", how, timeout=timeout)
        return sent

    def receive(self, *, timeout: float = 300, **how: Any) -> dict[str, Any]:
        """Fetch all files of a transfer."""
        received: dict[str, Any] = self._call("receive", how, timeout=timeout)
        return received

    def begin(self, name: str, *arguments: Any) -> None:
        """Start something and leave it under way; ``result`` waits for it."""
        self.page.evaluate(f"void (globalThis.underWay = {_expression(name, arguments)})")

    def result(self, *, timeout: float = 300) -> Any:
        """What came of it."""
        return self.page.evaluate("globalThis.underWay", timeout=timeout)

    def ask(self, name: str, *arguments: Any, timeout: float = 60) -> Any:
        """Any other function of the harness."""
        return self._call(name, *arguments, timeout=timeout)

    def _call(self, name: str, *arguments: Any, timeout: float = 60) -> Any:
        return self.page.evaluate(_expression(name, arguments), timeout=timeout)


def _expression(name: str, arguments: tuple[Any, ...]) -> str:
    return f"harness.{name}({', '.join(json.dumps(one) for one in arguments)})"
