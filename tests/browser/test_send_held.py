"""What one tab sends, another one tells; and once it is let go of, it can be gone on with there, without anybody loading anything anew."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.hands import words
from tests.browser.support.sending import MIB, Sending, slow_line
from tests.browser.support.visitors import Visitor, Visitors
from tests.e2e.support.company import someone

TRANSFERS = words("transfers")


@pytest.fixture
def visitor(visitors: Visitors) -> Visitor:
    return visitors.member(path="/send")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mov"
    path.write_bytes(os.urandom(24 * MIB))
    return path


def begin(page: Page, film: Path) -> Sending:
    sending = Sending(page)
    sending.choose(film)
    sending.people(someone())
    sending.at_once(proof="link")
    sending.send()
    sending.under_way()
    return sending


def journal_of(page: Page) -> str:
    """The name of the one record, whoever has it open."""
    return str(
        page.evaluate(
            """() => new Promise((resolve, reject) => {
              const opening = indexedDB.open("fumibako");
              opening.onerror = () => reject(opening.error);
              opening.onsuccess = () => {
                const all = opening.result.transaction("journals").objectStore("journals").getAllKeys();
                all.onsuccess = () => { opening.result.close(); resolve(all.result[0]); };
              };
            })"""
        )
    )


def test_another_tab_waits_and_can_go_on_once_it_is_let_go_of(visitor: Visitor, film: Path) -> None:
    page = visitor.page
    with slow_line(page):
        sending = begin(page, film)
        other = visitor.context.new_page()
        other.goto(f"/send/{journal_of(page)}")
        expect(other.get_by_text(sending.said("resume_held"))).to_be_visible()
        elsewhere = visitor.context.new_page()
        elsewhere.goto("/send")
        elsewhere.get_by_role("heading", level=1).wait_for()
        expect(elsewhere.locator("[data-journal]")).to_have_count(0)
        sending.later()
    for tab in (other, elsewhere):
        expect(tab.locator("[data-journal]")).to_have_count(1)
    other.set_input_files("[data-journal] input[type=file]:not([webkitdirectory])", film)
    Sending(other).sent()
    # The third tab did not hear of it, and finds it held or gone when somebody presses there.
    elsewhere.reload()
    elsewhere.get_by_role("heading", level=1).wait_for()
    expect(elsewhere.locator("[data-journal]")).to_have_count(0)


def test_a_tab_that_is_closed_lets_go_of_it(visitor: Visitor, film: Path) -> None:
    page = visitor.page
    with slow_line(page):
        begin(page, film)
        other = visitor.context.new_page()
        other.goto("/send")
        other.get_by_role("heading", level=1).wait_for()
        expect(other.locator("[data-journal]")).to_have_count(0)
        page.close()
    expect(other.locator("[data-journal]")).to_have_count(1)


def test_its_own_screen_says_that_it_is_being_sent(visitor: Visitor, film: Path) -> None:
    page = visitor.page
    with slow_line(page):
        sending = begin(page, film)
        other = visitor.context.new_page()
        other.goto("/transfers")
        other.locator(".line-title").first.click()
        expect(other.get_by_text(TRANSFERS["go_on_held"])).to_be_visible()
        sending.later()
        expect(other.get_by_role("link", name=TRANSFERS["go_on"])).to_be_visible()
