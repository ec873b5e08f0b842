"""WebKitGTK (Debian's webkit2gtk-driver and the MiniBrowser of libwebkit2gtk) under Xvfb, by the W3C's WebDriver protocol.

It is the engine of Safari with other edges: what holds here of JavaScript, WebCrypto, streams and service workers mostly holds there, what is about
downloads and files need not.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.support.install import answers
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.waiting import wait_for

MINI_BROWSER = Path("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser")
# The name under which the protocol hands elements out (W3C WebDriver, section 11).
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_SECONDS = 60.0


class WebDriverRefused(AssertionError):
    """The driver answered with an error; ``name`` is the protocol's own word."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message[:300]}")
        self.name = name


class WebKitHands:
    """A window of MiniBrowser."""

    def __init__(self, http: httpx.Client, session: str, downloads: Path) -> None:
        self.downloads = downloads
        self._http = http
        self._at = f"/session/{session}"

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def press(self, words: str) -> None:
        said = f"contains(normalize-space(.), {_quoted(words)})"
        self._click("xpath", f"//button[{said}] | //a[{said}] | //summary[{said}]")

    def click(self, css: str) -> None:
        self._click("css selector", css)

    def fill(self, css: str, text: str) -> None:
        element = self._shown("css selector", css)
        self._call("POST", f"/element/{element}/clear", {})
        self._call("POST", f"/element/{element}/value", {"text": text})

    def choose(self, css: str, *paths: Path) -> None:
        element = wait_for(lambda: self._found("css selector", css), css, seconds=_SECONDS)
        self._call("POST", f"/element/{element[0]}/value", {"text": "\n".join(map(str, paths))})

    def wait(self, css: str) -> None:
        self._shown("css selector", css)

    def read(self) -> str:
        return str(self.run("return document.body.innerText"))

    def run(self, script: str) -> Any:
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def _click(self, using: str, value: str) -> None:
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                self._call("POST", f"/element/{self._shown(using, value)}/click", {})
                return
            except WebDriverRefused as refused:
                # The page drew itself anew between finding and clicking.
                if refused.name not in _PASSING or time.monotonic() > deadline:
                    raise

    def _shown(self, using: str, value: str) -> str:
        def shown() -> str | None:
            for element in self._found(using, value):
                try:
                    if self._call("GET", f"/element/{element}/displayed"):
                        return element
                except WebDriverRefused as refused:
                    if refused.name not in _PASSING:
                        raise
            return None

        return wait_for(shown, value, seconds=_SECONDS)

    def _found(self, using: str, value: str) -> list[str]:
        found = self._call("POST", "/elements", {"using": using, "value": value})
        return [one[_ELEMENT] for one in found]

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        value = self._http.request(verb, self._at + path, json=body).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise WebDriverRefused(value["error"], value.get("message", ""))
        return value


_PASSING = ("stale element reference", "element click intercepted", "element not interactable")


def _quoted(words: str) -> str:
    assert "'" not in words or '"' not in words
    return f'"{words}"' if "'" in words else f"'{words}'"


@contextmanager
def webkit_running(folder: Path) -> Iterator[WebKitHands]:
    """A browser with a home of its own in ``folder``; its downloads go to ``folder/downloads``."""
    for tool in ("WebKitWebDriver", "Xvfb"):
        assert shutil.which(tool), f"{tool} is missing: make packages"
    downloads = _home(folder)
    with ExitStack() as stack:
        environment = _environment(folder, stack.enter_context(_display()))
        port = reserved_port()
        driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}"], env=environment, stderr=subprocess.DEVNULL)
        stack.callback(_ended, driver)
        http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False))
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/status"), "WebKitWebDriver")
        options = {"binary": str(MINI_BROWSER), "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        answer = http.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
        assert "sessionId" in answer, answer
        stack.callback(http.delete, f"/session/{answer['sessionId']}")
        yield WebKitHands(http, answer["sessionId"], downloads)


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
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "DISPLAY": display,
        "GDK_BACKEND": "x11",
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
        _ended(screen)


def _ended(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
