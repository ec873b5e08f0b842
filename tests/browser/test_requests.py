"""The other way round in two browsers: a member asks, a guest sends, both hold the receipt."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support.file_requests import REQUESTS, Asked, Caller, ask, fill, wait_received
from tests.browser.support.guest_steps import CODE_FIELD
from tests.browser.support.hands import words
from tests.browser.support.site import Account, Site
from tests.browser.support.visitors import Visitors
from tests.e2e.support.company import someone
from tests.e2e.support.waiting import wait_for

pytestmark = pytest.mark.slow
MEMBER, GUEST, SEND = words("requests"), words("guest_request"), words("send")
TRANSFERS = words("transfers")
MIB = 2**20


@pytest.fixture
def account(site: Site) -> Account:
    """A member of whom nobody else's requests are in the way."""
    return site.new_account("member")


@pytest.fixture
def two_files(tmp_path: Path) -> list[Path]:
    """One that goes alone, and one small."""
    large, small = tmp_path / "図面.bin", tmp_path / "見積書.txt"
    large.write_bytes(os.urandom(3 * MIB + 11))
    small.write_text("お見積り", "utf-8")
    return [large, small]


def choose(page: Page, *paths: Path) -> None:
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(list(paths))


def send(page: Page, *paths: Path) -> None:
    """From the open upload page to the end of sending."""
    choose(page, *paths)
    page.get_by_role("button", name=GUEST["send"], exact=True).click()
    expect(page.get_by_role("heading", name=GUEST["done_title"], exact=True)).to_be_visible(timeout=60_000)


def test_asked_by_a_form_sent_by_a_guest_and_fetched(
    site: Site, account: Account, visitors: Visitors, two_files: list[Path], tmp_path: Path
) -> None:
    member = visitors.member(account, path="/requests/new").page
    member.get_by_label(MEMBER["field_title"]).fill("Tender documents")
    member.get_by_label(MEMBER["field_message"]).fill("As PDF, please.")
    member.get_by_label(MEMBER["audience_anyone"]).check()
    member.get_by_label(MEMBER["proof_link"]).check()
    member.get_by_label(MEMBER["field_max_files"]).fill("5")
    member.get_by_label(MEMBER["field_max_size"]).fill("1")
    member.get_by_role("button", name=MEMBER["make"]).click()
    expect(member.get_by_role("heading", level=1)).to_have_text("Tender documents")
    link = member.get_by_label(MEMBER["share_label"], exact=True).input_value()
    mail = member.get_by_role("link", name=MEMBER["share_mail"]).get_attribute("href") or ""
    assert mail.startswith("mailto:?subject=Request%20for%20files%3A%20Tender%20documents&body=")

    # Three presses of a guest in all: begin, choose (the browser's own dialog), send.
    guest = visitors.guest(link).page
    expect(guest.get_by_text("As PDF, please.")).to_be_visible()
    expect(guest.get_by_text("up to 5 files in all")).to_be_visible()
    expect(guest.get_by_text("up to 1 GB in all")).to_be_visible()
    guest.get_by_role("button", name=GUEST["begin"]).click()
    send(guest, *two_files)
    with guest.expect_download() as waiting:
        guest.get_by_role("button", name=GUEST["receipt_save"]).click()
    receipt = tmp_path / "receipt.json"
    waiting.value.save_as(receipt)
    site.outsider(tmp_path).run("verify", str(receipt), "--root", site.first["root_fingerprint"])
    expect(guest.get_by_text(site.first["root_fingerprint"], exact=True)).to_be_visible()

    [came] = Caller(site, account).get(REQUESTS)["items"]
    assert (came["used_files"], came["transfers"]) == (2, 1)
    [transfer] = _received_when_checked(site, account)
    member.evaluate("dispatchEvent(new Event('online'))")
    expect(member.get_by_text("2 of 5")).to_be_visible()
    member.locator(".line-title").click()
    expect(member.get_by_text(TRANSFERS["from_request"])).to_be_visible()
    with member.expect_download() as waiting:
        member.get_by_role("button", name=TRANSFERS["fetch"], exact=True).click()
    assert waiting.value.suggested_filename.endswith(".zip")
    with member.expect_download() as waiting:
        member.get_by_role("button", name=TRANSFERS["save_receipt"]).click()
    assert transfer["id"][-10:] in waiting.value.suggested_filename


def _received_when_checked(site: Site, account: Account) -> list[dict[str, str]]:
    caller = Caller(site, account)
    [request] = caller.get(REQUESTS)["items"]
    path = "/transfers/v1/transfers"
    items = wait_for(lambda: caller.get(path, box="received")["items"], "what was sent for the request")
    return [one for one in items if one["request"] == request["id"]]


def test_a_code_and_an_address_of_the_right_company(
    site: Site, account: Account, visitors: Visitors, two_files: list[Path]
) -> None:
    asked = ask(site, account, "For partners", domains=["partner.example"], proof="code")
    page = visitors.guest(asked.link).page
    address = someone()
    page.get_by_label("Your e-mail address", exact=False).or_(page.locator("input[type=email]")).first.fill(
        "me@other.example"
    )
    page.locator("main button.main").first.click()
    expect(page.get_by_role("alert")).to_contain_text("address")
    page.locator("input[type=email]").fill(address)
    page.locator("main button.main").first.click()
    page.locator(CODE_FIELD).fill(site.newest_code(address))
    send(page, two_files[1])
    expect(page.get_by_text(GUEST["receipt_text"])).to_be_visible()


def test_limits_are_told_before_anything_is_sent(
    site: Site, account: Account, visitors: Visitors, two_files: list[Path]
) -> None:
    asked = ask(site, account, "One file", max_files=1)
    page = _inside(visitors, asked)
    choose(page, *two_files)
    expect(page.get_by_text("Too many files: at most 1 more.")).to_be_visible()
    expect(page.get_by_role("button", name=GUEST["send"], exact=True)).to_be_disabled()
    page.get_by_role("button", name=f"Remove {two_files[0].name}").click()
    page.get_by_role("button", name=GUEST["send"], exact=True).click()
    expect(page.get_by_role("heading", name=GUEST["done_title"], exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=GUEST["send_more"])).to_have_count(0)
    other = visitors.guest(asked.link).page
    expect(other.get_by_text(GUEST["full_title"])).to_be_visible()


def test_an_upload_goes_on_after_a_reload(site: Site, account: Account, visitors: Visitors, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(40 * MIB))
    visitor = visitors.guest(ask(site, account, "Large").link)
    visitor.guard.allow(r"net::ERR_")
    page = visitor.page
    page.get_by_role("button", name=GUEST["begin"]).click()
    sent: list[str] = []

    def some(route: Route) -> None:
        """Two parts get through; the rest of the line is gone."""
        if len(sent) < 2:
            sent.append(route.request.url)
            route.continue_()
        else:
            route.abort("connectionreset")

    page.route("**/blobs/**", some)
    choose(page, large)
    page.get_by_role("button", name=GUEST["send"], exact=True).click()
    expect(page.locator("[data-progress]")).not_to_have_attribute("data-progress", "0", timeout=30_000)
    page.once("dialog", lambda dialog: dialog.accept())
    # The line is back only afterwards: the rest would arrive before the page is gone.
    page.reload()
    page.unroute("**/blobs/**")
    expect(page.get_by_role("heading", name=GUEST["resume_title"])).to_be_visible()
    with page.expect_file_chooser() as waiting:
        page.get_by_role("button", name=GUEST["resume_choose"]).click()
    waiting.value.set_files(large)
    expect(page.get_by_role("heading", name=GUEST["done_title"], exact=True)).to_be_visible(timeout=60_000)
    [request] = Caller(site, account).get(REQUESTS)["items"]
    assert (request["used_files"], request["transfers"]) == (1, 1)


def test_a_closed_request_says_so(site: Site, account: Account, visitors: Visitors, small_file: Path) -> None:
    asked = ask(site, account, "Soon over")
    wait_received(site, account, fill(site, asked, small_file))
    waiting = _inside(visitors, asked)
    member = visitors.member(account, path=f"/requests/{asked.id}").page
    expect(member.locator(".line")).to_have_count(1)
    member.get_by_role("button", name=MEMBER["close"]).click()
    member.get_by_role("dialog").get_by_role("button", name=MEMBER["close"]).click()
    expect(member.get_by_label(MEMBER["share_label"], exact=True)).to_have_count(0)
    expect(member.locator(".line")).to_have_count(1)
    choose(waiting, small_file)
    waiting.get_by_role("button", name=GUEST["send"], exact=True).click()
    expect(waiting.locator(".empty-title")).to_be_visible()
    late = visitors.guest(asked.link).page
    expect(late.locator(".empty-title")).to_be_visible()


def test_asking_by_keyboard_alone(account: Account, visitors: Visitors, site: Site) -> None:
    page = visitors.member(account, path="/requests/new").page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_label(MEMBER["field_title"]).focus()
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    # Somebody to ask is missing: the focus goes there.
    expect(page.get_by_label(SEND["recipients"])).to_be_focused()
    page.keyboard.type("someone@partner.example")
    page.keyboard.press("Enter")
    page.get_by_label(MEMBER["field_title"]).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keys")
    expect(page.get_by_text("1 person was mailed a link of their own.")).to_be_visible()
    assert site.link_for("someone@partner.example")


def _inside(visitors: Visitors, asked: Asked) -> Page:
    """A guest's page with the place for files, on a link that asks no code."""
    page = visitors.guest(asked.link).page
    page.get_by_role("button", name=GUEST["begin"]).click()
    expect(page.get_by_role("button", name=SEND["choose_files"])).to_be_visible()
    return page
