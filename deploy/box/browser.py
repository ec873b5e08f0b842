"""The guest's path in a real Chromium, with the page and without any script: link, human step, mailed code, saved file, compared byte for byte."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from deploy.errors import Refused

_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
)
_MAIN: Final = "main button.main"
_CODE: Final = 'input[autocomplete="one-time-code"]'
_PATIENCE: Final = 30_000


def chromium_path() -> str | None:
    """Debian's Chromium, or None where it is not installed."""
    return shutil.which("chromium")


def fetch_in_browser(link: str, *, host: str, front: str, code: Callable[[], str], folder: Path) -> Path:
    """Save what the link leads to, in a browser that reaches ``host`` (the tenant's) at ``front``, as DNS would say; gives the saved file.

    ``code`` waits for the mailed code. Raises Refused("browser_missing"), and Playwright's errors where a step is not possible.
    """
    with _chromium(host, front) as browser:
        page = browser.new_context(locale="ja-JP", accept_downloads=True).new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(error.message))
        saved = _save(page, link, code, folder)
        if complaints:
            raise Refused("page_failed", f"The page complained: {complaints[0]}", "Look at it with `make demo`.")
        return saved


def fetch_without_script(link: str, *, host: str, front: str, code: Callable[[], str], folder: Path) -> Path:
    """The same by a plain transfer's link, in a browser that runs no script: what opens the file is the container of compatible downloads."""
    with _chromium(host, front) as browser:
        page = browser.new_context(locale="en-US", accept_downloads=True, java_script_enabled=False).new_page()
        page.goto(link)
        page.locator("form button").first.click(timeout=_PATIENCE)
        field = page.locator("input#code")
        field.wait_for(timeout=_PATIENCE)
        field.fill(code())
        page.locator("form:has(input#code) button").click(timeout=_PATIENCE)
        with page.expect_download(timeout=_PATIENCE) as waiting:
            page.locator("main li a").first.click(timeout=_PATIENCE)
        target = folder / f"plain-{waiting.value.suggested_filename}"
        waiting.value.save_as(target)
        return target


@contextmanager
def _chromium(host: str, front: str) -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        raise Refused("browser_missing", "There is no Chromium for the browser pass.", "Run `make packages`.")
    flags = [*_FLAGS, f"--host-resolver-rules=MAP {host} {front}"]
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=flags, headless=True, chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()


def _save(page: Page, link: str, code: Callable[[], str], folder: Path) -> Path:
    page.goto(link)
    page.locator(_MAIN).first.click(timeout=_PATIENCE)
    field = page.locator(_CODE)
    field.wait_for(timeout=_PATIENCE)
    field.fill(code())
    field.wait_for(state="detached", timeout=_PATIENCE)
    with page.expect_download(timeout=_PATIENCE) as waiting:
        page.locator(_MAIN).first.click(timeout=_PATIENCE)
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target
