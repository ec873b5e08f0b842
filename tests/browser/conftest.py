"""Fixtures of browser tests; README.md tells what each is for. Browsers and installs live as long as the worker of a run, contexts as long as a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.support import built_page as page_building
from tests.browser.support.built_page import BuiltPage
from tests.browser.support.chromium import chromium_running, playwright_running
from tests.browser.support.site import Site
from tests.browser.support.slow_site import SlowSite
from tests.browser.support.visitors import Visitor, Visitors

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let fixtures know whether their test failed: pictures are kept then."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The end of a run tells sizes and times that tests measured on the way."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "page" and report.when == "call":
                    terminalreporter.write_line(f"page: {value}: {outcome}")


@pytest.fixture(scope="session")
def built_page() -> BuiltPage:
    """The page as it ships."""
    return page_building.built_page()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with playwright_running() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all contexts of a worker."""
    with chromium_running(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def site(built_page: BuiltPage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The install most tests share. A test that changes settings or counts things takes ``new_site`` or a member of its own."""
    with Site(tmp_path_factory.mktemp("site"), built_page) as running:
        running.open()
        yield running


@pytest.fixture(scope="module")
def new_site(built_page: BuiltPage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """``new_site(PARTNER_NETWORKS="127.0.0.0/8")``: an install of one module, with settings of its own."""
    with ExitStack() as started:

        def start(**settings: str) -> Site:
            site = started.enter_context(Site(tmp_path_factory.mktemp("own-site"), built_page, **settings))
            site.open()
            return site

        yield start


@pytest.fixture(scope="session")
def slow_site(built_page: BuiltPage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowSite]:
    """An install of its own behind a line whose rate a test sets; as fast as any until then."""
    with SlowSite(tmp_path_factory.mktemp("slow-site"), built_page) as running:
        running.open()
        yield running


@pytest.fixture
def visitors(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    """People in front of the page. What their guards saw fails the test at its end, unless it failed already."""
    people = Visitors(chromium, site)
    try:
        yield people
    finally:
        failed = request.node.stash.get(_FAILED, True)
        if failed:
            people.keep_pictures(request.node.nodeid.removeprefix("tests/browser/"))
        people.close(judge=not failed)


@pytest.fixture
def member_page(visitors: Visitors) -> Callable[..., Page]:
    """``member_page(path="/transfers", roles=("admin",), language="ja", dark=True, width=320)``: a page with a signed-in member."""

    def open_page(path: str = "/", **how: Any) -> Page:
        return visitors.member(path=path, **how).page

    return open_page


@pytest.fixture
def guest_page(visitors: Visitors) -> Callable[..., Page]:
    """``guest_page(link, language="ja", width=320)``: a page on a link's first screen."""

    def open_page(link: str, **how: Any) -> Page:
        return visitors.guest(link, **how).page

    return open_page


@pytest.fixture
def guest(visitors: Visitors) -> Callable[..., Visitor]:
    """As ``guest_page``, with context and guard."""
    return visitors.guest


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    """Something to send."""
    path = tmp_path / "見積書 2026.txt"
    path.write_text("お見積り 1,200,000 円\n", "utf-8")
    return path
