"""A guest who was away for longer than a proof lasts: asked once more over what was begun, which then goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.file_requests import ask
from tests.browser.support.guest_steps import CODE_FIELD, prove
from tests.browser.support.hands import words
from tests.browser.support.site import Site
from tests.browser.support.visitors import Visitor
from tests.e2e.support.company import someone

pytestmark = pytest.mark.slow
WORDS, REQUEST = words("guest"), words("guest_request")


def away(page: Page, site: Site, act: Callable[[], None]) -> None:
    """What ``act`` calls the API with is then ended at the server, as it is after an hour without a call."""
    with page.expect_request("**/transfers/v1/**") as waiting:
        act()
    bearer = waiting.value.headers["authorization"]
    site.http().post(f"{site.url}/auth/v1/logout", headers={"authorization": bearer}).raise_for_status()


def prove_again(page: Page, site: Site, address: str) -> None:
    """In the dialog, by another code from the mail."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=WORDS["again_title"])).to_be_visible()
    known = site.known(address)
    dialog.get_by_role("button", name=WORDS["code_ask"]).click()
    dialog.locator(CODE_FIELD).fill(site.newest_code(address, known))
    expect(dialog).to_have_count(0)


def test_what_was_pressed_goes_on_after_another_code(
    guest_page: Callable[..., Page], site: Site, small_file: Path
) -> None:
    sent = site.send(small_file)
    page = guest_page(sent.link)
    away(page, site, lambda: prove(page, site, sent))
    save = page.locator("main button.main")
    expect(save).to_contain_text(WORDS["save"])
    with page.expect_download() as waiting:
        save.click()
        prove_again(page, site, sent.address)
    assert Path(waiting.value.path()).read_bytes() == small_file.read_bytes()
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible()


def test_where_the_link_is_enough_nothing_is_asked_again(
    guest_page: Callable[..., Page], site: Site, small_file: Path
) -> None:
    sent = site.send(small_file, proof="link")
    page = guest_page(sent.link)
    away(page, site, page.get_by_role("button", name=WORDS["show_files"]).click)
    save = page.locator("main button.main").get_by_text(WORDS["save"])
    with page.expect_download() as waiting:
        save.click()
    assert Path(waiting.value.path()).read_bytes() == small_file.read_bytes()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_chosen_files_and_words_stay_and_are_sent(guest: Callable[..., Visitor], site: Site, small_file: Path) -> None:
    asked = ask(site, site.new_account("member"), "For partners", domains=["partner.example"], proof="code")
    address = someone()
    visitor = guest(asked.link)
    visitor.guard.allow(r"net::ERR_CONNECTION_RESET")
    page = visitor.page
    page.locator("input[type=email]").fill(address)
    page.locator("main button.main").first.click()
    page.locator(CODE_FIELD).fill(site.newest_code(address))
    files = page.locator("input[type=file]:not([webkitdirectory])").first
    files.set_input_files(small_file)
    page.get_by_label(REQUEST["field_message"]).fill("As you asked.")
    send = page.get_by_role("button", name=REQUEST["send"], exact=True)
    page.route("**/transfers/v1/**", lambda route: route.abort("connectionreset"))
    away(page, site, send.click)
    page.unroute("**/transfers/v1/**")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=WORDS["again_title"])).to_be_visible(timeout=60_000)
    known = site.known(address)
    dialog.locator("input[type=email]").fill(address)
    dialog.get_by_role("button", name=WORDS["code_ask"]).click()
    dialog.locator(CODE_FIELD).fill(site.newest_code(address, known))
    expect(page.get_by_role("heading", name=REQUEST["done_title"], exact=True)).to_be_visible(timeout=60_000)
