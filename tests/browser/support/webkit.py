"""WebKitGTK (Debian's webkit2gtk-driver and the MiniBrowser of libwebkit2gtk) under Xvfb, by WebDriver over HTTP.

It is the engine of Safari with other edges: what holds here of JavaScript, WebCrypto, streams and service workers mostly holds there, what is about
downloads and files need not.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.browser.support.firefox import ended
from tests.browser.support.webdriver import ELEMENT, WebDriverHands, WebDriverRefused
from tests.e2e.support.install import answers
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.waiting import wait_for

_MINI_BROWSER = Path("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser")


class HTTPWire:
    """The wire: one session of a driver at ``http``'s base address."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        options = {"binary": str(_MINI_BROWSER), "args": ["--automation"]}
        wanted = {
            "browserName": "MiniBrowser",
            "webkitgtk:browserOptions": options,
            "unhandledPromptBehavior": "accept",
        }
        self._at = ""
        self._at = f"/session/{self._call('POST', '/session', {'capabilities': {'alwaysMatch': wanted}})['sessionId']}"

    def close(self) -> None:
        """End the session, and the browser with it."""
        self._call("DELETE", "")

    def go(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def find(self, using: str, value: str) -> list[str]:
        return [one[ELEMENT] for one in self._call("POST", "/elements", {"using": using, "value": value})]

    def displayed(self, element: str) -> bool:
        return bool(self._call("GET", f"/element/{element}/displayed"))

    def click(self, element: str) -> None:
        self._call("POST", f"/element/{element}/click", {})

    def clear(self, element: str) -> None:
        self._call("POST", f"/element/{element}/clear", {})

    def type(self, element: str, text: str) -> None:
        self._call("POST", f"/element/{element}/value", {"text": text})

    def run(self, script: str) -> Any:
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        value = self._http.request(verb, self._at + path, json=body).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise WebDriverRefused(value["error"], value.get("message", ""))
        return value


@contextmanager
def webkit_running(folder: Path) -> Iterator[WebDriverHands]:
    """A browser with a home of its own in ``folder``; its downloads go to ``folder/downloads``."""
    for tool in ("WebKitWebDriver", "Xvfb"):
        assert shutil.which(tool), f"{tool} is missing: make packages"
    downloads = _home(folder)
    with ExitStack() as stack:
        environment = _environment(folder, stack.enter_context(_display()))
        port = reserved_port()
        quiet = subprocess.DEVNULL
        command = ["WebKitWebDriver", f"--port={port}"]
        driver = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
        stack.callback(ended, driver)
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/status"), "WebKitWebDriver")
        http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False))
        wire = HTTPWire(http)
        stack.callback(wire.close)
        yield WebDriverHands(wire, downloads)


def _home(folder: Path) -> Path:
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    (folder / ".config").mkdir()
    (folder / ".config/user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{downloads}"\n')
    return downloads


def _environment(folder: Path, display: str) -> dict[str, str]:
    software = {"LIBGL_ALWAYS_SOFTWARE": "1", "WEBKIT_DISABLE_DMABUF_RENDERER": "1", "NO_AT_BRIDGE": "1"}
    # Root in a container has no user namespaces to sandbox with.
    open_box = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / ".config")}
    screen = {"DISPLAY": display, "GDK_BACKEND": "x11"}
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_GB.UTF-8",
        "LANGUAGE": "en",
        **screen,
        **software,
        **open_box,
        **own,
    }


@contextmanager
def _display() -> Iterator[str]:
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert screen.stdout is not None
        yield f":{screen.stdout.readline().strip()}"
    finally:
        ended(screen)
        if screen.stdout is not None:
            screen.stdout.close()
