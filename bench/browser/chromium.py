"""Headless Chromium over the DevTools protocol on a pipe (https://chromedevtools.github.io/devtools-protocol/).

Playwright listens to the network of every page it opens, and Chromium then copies request bodies for it: sending slows down to a
tenth. Here nothing is listened to that was not asked for. The pipe is file descriptors 3 and 4 of Chromium.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.browser.pipe import PATIENCE, BrowserFailed, Event, Pipe

PROGRAM = "/usr/bin/chromium"
# Debian's, in a container as root: no sandbox of its own, no graphics, nothing that asks the internet.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


class Page:
    """One tab."""

    def __init__(self, browser: "Chromium", session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self.target = target

    def call(self, method: str, *, timeout: float = PATIENCE, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol. Raises BrowserFailed, TimeoutError."""
        return self._browser.call(method, session=self._session, timeout=timeout, **parameters)

    def on(self, method: str, take: Event) -> None:
        """``take`` is called with the parameters of every such event of this tab, on the thread that reads."""
        self._browser.on(method, take, session=self._session)

    def open(self, url: str) -> None:
        """Go to an address; back when the page has loaded."""
        loaded = threading.Event()
        self.on("Page.loadEventFired", lambda _: loaded.set())
        self.call("Page.enable")
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserFailed(f"{url}: {answer['errorText']}")
        if not loaded.wait(PATIENCE):
            raise BrowserFailed(f"{url} did not load")

    def evaluate(self, expression: str, *, timeout: float = PATIENCE) -> Any:
        """The value of an expression, awaited, as JSON. ``userGesture`` holds, as after a click. Raises BrowserFailed with its error."""
        answer = self.call(
            "Runtime.evaluate",
            timeout=timeout,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {})
            raise BrowserFailed(str(thrown.get("description") or thrown.get("value") or answer["exceptionDetails"]))
        return answer["result"].get("value")

    def choose(self, selector: str, *paths: Path) -> None:
        """Files for an ``<input type=file>``, as if a person had chosen them."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path) for path in paths], nodeId=node)

    def close(self) -> None:
        """Shut the tab."""
        self._browser.call("Target.closeTarget", targetId=self.target)


class Chromium:
    """A browser with a profile folder of its own. ``flags`` are added to FLAGS."""

    def __init__(self, profile: Path, *, flags: tuple[str, ...] = ()) -> None:
        self.profile = profile
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # A shell puts the pipe where Chromium looks for it; it is gone with exec.
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        command = [PROGRAM, *FLAGS, *flags, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._pipe = Pipe(ours_in, ours_out)

    def call(
        self, method: str, *, session: str | None = None, timeout: float = PATIENCE, **parameters: Any
    ) -> dict[str, Any]:
        """One command. Raises BrowserFailed, TimeoutError."""
        return self._pipe.call(method, session=session, timeout=timeout, **parameters)

    def on(self, method: str, take: Event, *, session: str = "") -> None:
        """``take`` is called with the parameters of every such event."""
        self._pipe.on(method, take, session=session)

    def page(self, url: str = "") -> Page:
        """A new tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        if url:
            page.open(url)
        return page

    def downloads(self, folder: Path) -> None:
        """Where files go that the page saves by the browser's own download list."""
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), eventsEnabled=True)

    def pause(self) -> None:
        """Every process of it stands still, as in a laptop that sleeps."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go(self) -> None:
        """It wakes."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """All of its processes at once (SIGKILL)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._pipe.close()

    def close(self) -> None:
        """Ask it to end, wait, and make sure."""
        if self.process.poll() is None:
            with contextlib.suppress(BrowserFailed, TimeoutError):
                self.call("Browser.close", timeout=10)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()


@contextlib.contextmanager
def chromium(profile: Path, *, flags: tuple[str, ...] = ()) -> Iterator[Chromium]:
    """A browser until the block is left."""
    browser = Chromium(profile, flags=flags)
    try:
        yield browser
    finally:
        browser.close()


def version() -> str:
    """As it names itself."""
    ended = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False)
    return ended.stdout.strip().removesuffix("built on Debian GNU/Linux 12 (bookworm)").strip()
