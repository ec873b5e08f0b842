"""Chosen files that the browser keeps: one click goes on with them, and choosing them again where it may not.

The browser's own questions can't be answered by a test. Where an answer is needed, files of the origin's private file system stand in, which are
real handles; where only the question matters, a file is really dropped and the browser really started anew.
"""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.support.chromium import launch_options
from tests.browser.support.dropping import drop
from tests.browser.support.guard import Guard
from tests.browser.support.sending import MIB, Sending, puts_of, sha256, slow_line
from tests.browser.support.site import Account, Site
from tests.browser.support.visitors import Visitors, sign_in
from tests.e2e.support.company import someone

pytestmark = pytest.mark.slow
SIZE = 24 * MIB
# As many as the engine has on their way at once.
AT_ONCE = 5
SCRIPT = (Path(__file__).parent / "support/kept_film.js").read_text("utf-8")
NOT_ALLOWED = "This page may not read the files."


def arrived(site: Site, tmp_path: Path, address: str) -> str:
    """The SHA-256 of the one file that came."""
    [file] = site.outsider(tmp_path).json("get", site.link_for(address), "-o", str(tmp_path / "in"))["files"]
    return str(file["sha256"])


def begun(visitors: Visitors, piece: bytes, address: str) -> Page:
    """A page that was loaded anew in the middle of sending a file that the browser kept."""
    visitor = visitors.member(before=lambda context: context.add_init_script(SCRIPT))
    page = visitor.page
    page.goto("/send")
    page.evaluate("([text, times]) => testFilm(text, times)", [base64.b64encode(piece).decode(), SIZE // len(piece)])
    sending = Sending(page)
    with slow_line(page):
        sending.button("choose_files").click()
        expect(page.get_by_text(sending.said("files_count_one", count=1)).first).to_be_visible()
        sending.people(address)
        sending.at_once(proof="link")
        sending.send()
        sending.under_way(percent=20)
        page.reload()
    return page


def test_after_a_reload_one_click_goes_on(site: Site, visitors: Visitors, tmp_path: Path) -> None:
    piece, address = os.urandom(1 << 16), someone()
    page = begun(visitors, piece, address)
    puts = puts_of(page)
    sending = Sending(page)
    expect(page.get_by_text(sending.said("ready_to_go_on"))).to_be_visible()
    sending.button("go_on").click()
    sending.sent()
    assert arrived(site, tmp_path, address) == hashlib.sha256(piece * (SIZE // len(piece))).hexdigest()
    assert len(puts) - len(set(puts)) <= AT_ONCE


def permitted(page: Page, answer: str) -> Sending:
    """The page loaded anew in a browser that wants to be asked first, and what the person will say."""
    page.add_init_script(f"window.testPermission = '{answer}';")
    page.reload()
    sending = Sending(page)
    expect(page.get_by_text(sending.said("allow_again_text"))).to_be_visible()
    return sending


def test_one_click_asks_and_goes_on(site: Site, visitors: Visitors, tmp_path: Path) -> None:
    piece, address = os.urandom(1 << 16), someone()
    page = begun(visitors, piece, address)
    sending = permitted(page, "granted")
    sending.button("go_on").click()
    sending.sent()
    assert arrived(site, tmp_path, address) == hashlib.sha256(piece * (SIZE // len(piece))).hexdigest()


def test_where_the_answer_is_no_the_file_is_chosen_again(site: Site, visitors: Visitors, tmp_path: Path) -> None:
    piece, address = os.urandom(1 << 16), someone()
    page = begun(visitors, piece, address)
    sending = permitted(page, "denied")
    sending.button("go_on").click()
    expect(page.get_by_role("alert")).to_contain_text(NOT_ALLOWED)
    # The record is still there: nothing is lost by a no.
    expect(page.locator("[data-journal]")).to_have_count(1)
    sending.button("choose_again").click()
    sending.sent()
    assert arrived(site, tmp_path, address) == hashlib.sha256(piece * (SIZE // len(piece))).hexdigest()


@contextmanager
def computer(playwright: Playwright, profile: Path, site: Site) -> Iterator[BrowserContext]:
    """A browser with a profile; what its page may not do fails the test."""
    how = launch_options(base_url=site.url, locale="en-GB", viewport={"width": 1280, "height": 800})
    context = playwright.chromium.launch_persistent_context(profile, **how)
    guard = Guard(context, {site.url})
    guard.allow(r"net::ERR_")
    try:
        yield context
    finally:
        context.close()
    guard.verdict()


def test_on_another_day_the_browser_wants_to_be_asked(
    site: Site, playwright: Playwright, chromium: object, tmp_path: Path
) -> None:
    """A dropped file, the browser closed in the middle and started anew with its profile: it is dropped once more, and goes on."""
    person: Account = site.new_account("member")
    film = tmp_path / "film.mov"
    film.write_bytes(os.urandom(SIZE))
    address = someone()
    with computer(playwright, tmp_path / "profile", site) as context:
        sign_in(context, site, person)
        page = context.pages[0]
        page.goto("/send")
        sending = Sending(page)
        sending.button("check").wait_for()
        drop(page, ".drop", film)
        sending.people(address)
        sending.at_once(proof="link")
        with slow_line(page):
            sending.send()
            sending.under_way(percent=25)
            context.close()
    with computer(playwright, tmp_path / "profile", site) as context:
        page = context.pages[0]
        puts = puts_of(page)
        page.goto("/send")
        sending = Sending(page)
        expect(page.get_by_text(sending.said("allow_again_text"))).to_be_visible()
        drop(page, "[data-journal]", film)
        sending.sent()
        assert len(puts) < SIZE // (5 * MIB) + AT_ONCE
    assert arrived(site, tmp_path, address) == sha256(film)
