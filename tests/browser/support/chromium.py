"""Debian's Chromium under Playwright, which brings no browser of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Playwright, sync_playwright

# Quiet and alike on every machine: no calls home, no GPU, no first-run pages; root in a container has no user namespaces to sandbox with.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--no-proxy-server",
)


def launch_options(**more: Any) -> dict[str, Any]:
    """What ``launch`` and ``launch_persistent_context`` of Playwright take here."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: make packages"
    return {"executable_path": path, "args": list(FLAGS), "headless": True, "chromium_sandbox": False, **more}


@contextmanager
def playwright_running() -> Iterator[Playwright]:
    """One driver process; more than one at a time in a thread is refused by Playwright."""
    with sync_playwright() as running:
        yield running


@contextmanager
def chromium_running(playwright: Playwright, **more: Any) -> Iterator[Browser]:
    """A browser without a profile; each context in it is as a new person's."""
    browser = playwright.chromium.launch(**launch_options(**more))
    try:
        yield browser
    finally:
        browser.close()
