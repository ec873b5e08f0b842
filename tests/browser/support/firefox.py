"""Debian's Firefox ESR by Marionette, the protocol that geckodriver speaks to it: WebDriver's commands as JSON over TCP.

Playwright's own BiDi wants commands that an ESR does not know yet, and no registry has geckodriver as a package.
https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import itertools
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.support.webdriver import ELEMENT, WebDriverHands, WebDriverRefused
from tests.e2e.support.waiting import wait_for

_SECONDS = 120.0
# No calls home, no first-run pages, one language, downloads without a question.
_PREFS: Mapping[str, str | int | bool] = {
    "marionette.port": 0,
    "remote.prefs.recommended": True,
    "app.update.disabledForTesting": True,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.download.alwaysOpenPanel": False,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en-GB,en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "toolkit.telemetry.server": "",
}


class Marionette:
    """The wire: messages are ``length:[0, id, command, parameters]``, answers ``length:[1, id, error, result]``."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _SECONDS)
        self._stream = self._socket.makefile("rb")
        self._numbers = itertools.count(1)
        self._read()
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "accept"}})

    def close(self) -> None:
        """Hang up; the browser goes on."""
        self._stream.close()
        self._socket.close()

    def go(self, url: str) -> None:
        self.call("WebDriver:Navigate", url=url)

    def find(self, using: str, value: str) -> list[str]:
        return [one[ELEMENT] for one in self.call("WebDriver:FindElements", using=using, value=value)]

    def displayed(self, element: str) -> bool:
        return bool(self.call("WebDriver:IsElementDisplayed", id=element)["value"])

    def click(self, element: str) -> None:
        self.call("WebDriver:ElementClick", id=element)

    def clear(self, element: str) -> None:
        self.call("WebDriver:ElementClear", id=element)

    def type(self, element: str, text: str) -> None:
        self.call("WebDriver:ElementSendKeys", id=element, text=text)

    def run(self, script: str) -> Any:
        return self.call("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def call(self, command: str, **parameters: Any) -> Any:
        """One command and its answer."""
        message = json.dumps([0, next(self._numbers), command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise WebDriverRefused(error["error"], error.get("message", ""))
        return result

    def _read(self) -> Any:
        digits = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox hung up"
            digits += byte
        return json.loads(self._stream.read(int(digits)))


@contextmanager
def firefox_running(folder: Path) -> Iterator[WebDriverHands]:
    """A Firefox with a profile of its own in ``folder``; its downloads go to ``folder/downloads``."""
    path = shutil.which("firefox-esr")
    assert path, "firefox-esr is missing: make packages"
    profile, downloads = folder / "profile", folder / "downloads"
    profile.mkdir(parents=True)
    downloads.mkdir()
    prefs = {**_PREFS, "browser.download.dir": str(downloads)}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items()]
    (profile / "user.js").write_text("".join(lines))
    command = [path, "--headless", "--no-remote", "--marionette", "--profile", str(profile)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        told = profile / "MarionetteActivePort"
        wait_for(lambda: told.exists() and told.read_text().strip(), "Firefox tells its port", seconds=_SECONDS)
        wire = Marionette(int(told.read_text()))
        yield WebDriverHands(wire, downloads)
        wire.close()
    finally:
        ended(process)


def ended(process: "subprocess.Popen[Any]") -> None:
    """Stop a program, kindly first."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(15)
