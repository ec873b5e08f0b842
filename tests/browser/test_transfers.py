"""Members and what they sent: the list that keeps its place, one transfer from hold to erasure, and the certificate on paper."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.file_requests import TRANSFERS, Caller, wait_certificate, wait_state
from tests.browser.support.hands import words
from tests.browser.support.site import Account, Site
from tests.browser.support.visitors import Visitor, Visitors
from tests.e2e.support.waiting import wait_for

pytestmark = pytest.mark.slow
WORDS = words("transfers")
SEND = words("send")
HOSTILE = '<img src=x onerror="document.title=1">.exe'


@pytest.fixture
def account(site: Site) -> Account:
    """A member of whom nobody else's transfers are in the way."""
    return site.new_account("member")


@pytest.fixture
def at(visitors: Visitors, account: Account) -> Callable[..., Visitor]:
    """``at(path)``: this member's browser on a screen."""

    def open_page(path: str) -> Visitor:
        return visitors.member(account, path=path)

    return open_page


def begun(site: Site, account: Account, count: int, *, title: str = "Letter") -> list[str]:
    """Transfers that were created and never sent: a list needs no bytes."""
    caller = Caller(site, account)
    return [
        caller.post(
            TRANSFERS, {"class": "managed", "title": f"{title} {number:03}", "files": [{"name": "a", "size": 1}]}
        )["id"]
        for number in range(count)
    ]


def wake(page: Page) -> None:
    """The line is back: what looks again from time to time looks at once."""
    page.evaluate("dispatchEvent(new Event('online'))")


def titles(page: Page) -> list[str]:
    return page.locator(".line-title").all_inner_texts()


def test_a_search_narrows_the_list_and_the_way_back_keeps_it(
    site: Site, account: Account, at: Callable[..., Visitor], small_file: Path
) -> None:
    site.send(small_file, by=account, more=("--title", "Annual contract"))
    site.send(small_file, by=account, more=("--title", HOSTILE))
    caller = Caller(site, account)
    wait_for(lambda: caller.get(TRANSFERS, q="contract")["items"], "the words are known")
    page = at("/transfers").page
    expect(page.locator(".line")).to_have_count(2)
    expect(page.locator(".line-title").first).to_have_text(HOSTILE)
    assert page.title() != "1"
    page.get_by_label(WORDS["search"]).fill("contract")
    expect(page.locator(".line")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/transfers\?q=contract$"))
    page.get_by_role("link", name="Annual contract").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Annual contract")
    page.go_back()
    expect(page.get_by_label(WORDS["search"])).to_have_value("contract")
    assert titles(page) == ["Annual contract"]
    page.reload()
    expect(page.locator(".line")).to_have_count(1)
    page.get_by_text(WORDS["filters"], exact=True).click()
    page.get_by_label(WORDS["filter_state"]).select_option("destroyed")
    expect(page.get_by_text(WORDS["none_title"])).to_be_visible()
    page.get_by_role("button", name=WORDS["clear_filters"]).last.click()
    expect(page.locator(".line")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/transfers$"))


def test_further_pages_come_by_scrolling_and_stay_on_the_way_back(
    site: Site, account: Account, at: Callable[..., Visitor]
) -> None:
    begun(site, account, 60)
    page = at("/transfers").page
    expect(page.locator(".line").first).to_contain_text("Letter 059")
    expect(page.locator(".line")).to_have_count(50)
    last = page.get_by_role("link", name="Letter 000")
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 20_000)
    expect(last).to_be_visible()
    assert len(set(titles(page))) == 60
    last.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Letter 000")
    page.go_back()
    expect(last).to_be_in_viewport()
    assert abs(page.evaluate("scrollY") - before) < 200
    begun(site, account, 1, title="Postcard")
    wake(page)
    expect(page.locator(".line")).to_have_count(61)
    expect(last).to_be_in_viewport()


def test_from_the_hold_to_what_each_recipient_did(
    site: Site, account: Account, at: Callable[..., Visitor], small_file: Path
) -> None:
    sent = site.sender(account).json(
        "send", str(small_file), "--to", "first@partner.example", "--hold", "60", "--proof", "link"
    )
    wait_state(site, account, sent["id"], "held")
    page = at(f"/transfers/{sent['id']}").page
    expect(page.get_by_text(WORDS["state_held"], exact=True)).to_be_visible()
    assert not site.letters("first@partner.example")
    page.get_by_role("button", name=WORDS["send_now"]).click()
    page.get_by_role("dialog").get_by_role("button", name=WORDS["send_now"]).click()
    expect(page.get_by_text(WORDS["state_ready"], exact=True)).to_be_visible()
    link = site.link_for("first@partner.example")
    wake(page)
    row = page.get_by_role("row").filter(has_text="first@partner.example")
    expect(row).to_contain_text(WORDS["stage_invited"])
    row.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label(WORDS["links_label"], exact=True)).to_have_value(link)
    expect(dialog.get_by_role("img", name=WORDS["qr_label"])).to_be_visible()
    dialog.get_by_role("button", name=WORDS["close"], exact=True).last.click()
    guest = site.outsider(site.folder / "people")
    guest.run("get", link, "-o", str(small_file.parent / "there"))
    wait_state(site, account, sent["id"], "ready")
    wake(page)
    expect(row).to_contain_text(WORDS["stage_downloaded"])
    expect(row).to_contain_text("1 download")


def test_changing_what_is_on_its_way(
    site: Site, account: Account, at: Callable[..., Visitor], small_file: Path
) -> None:
    sent = site.send(small_file, by=account)
    page = at(f"/transfers/{sent.id}").page
    page.get_by_role("button", name=WORDS["extend"]).click()
    page.get_by_role("button", name="in 30 days").click()
    page.get_by_role("button", name=WORDS["save"]).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name=WORDS["limit"]).click()
    field = page.get_by_label(WORDS["limit_label"])
    field.fill("none")
    page.get_by_role("button", name=WORDS["save"]).click()
    expect(page.get_by_text(WORDS["limit_wrong"])).to_be_visible()
    field.fill("２")
    page.get_by_role("button", name=WORDS["save"]).click()
    expect(page.get_by_text("2 for each person and file")).to_be_visible()
    page.get_by_role("button", name=WORDS["add"]).click()
    page.get_by_label(SEND["recipients"]).fill("second@new-partner.example")
    page.get_by_role("button", name=WORDS["add_check"]).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="new-partner.example")).to_be_visible()
    dialog.get_by_role("button", name=WORDS["add_confirm"]).click()
    expect(dialog.get_by_text(SEND["confirm_needed"])).to_be_visible()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name=WORDS["add_confirm"]).click()
    expect(page.get_by_role("row").filter(has_text="second@new-partner.example")).to_be_visible()
    shown = Caller(site, account).get(f"{TRANSFERS}/{sent.id}")
    assert (shown["max_downloads"], shown["recipient_count"]) == (2, 2)
    assert site.link_for("second@new-partner.example")


def test_recalled_erased_and_certified(
    site: Site, account: Account, at: Callable[..., Visitor], small_file: Path, tmp_path: Path
) -> None:
    sent = site.send(small_file, by=account)
    visitor = at(f"/transfers/{sent.id}")
    page = visitor.page
    page.get_by_role("button", name=WORDS["recall"]).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(WORDS["recall_text"])
    dialog.get_by_role("button", name=WORDS["recall"]).click()
    wait_certificate(site, account, sent.id)
    wake(page)
    expect(page.locator(".badge").filter(has_text=WORDS["state_destroyed"])).to_be_visible()
    page.get_by_role("link", name=WORDS["certificate"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["certificate_title"])
    expect(page.get_by_text(site.first["root_fingerprint"], exact=True)).to_be_visible()
    expect(page.get_by_text(WORDS["cert_root_same"])).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["save_json"]).click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert json.loads(saved.read_text())["statement"]["transfer"] == sent.id
    told = page.get_by_label(WORDS["cert_command"], exact=True).input_value().split()
    assert told[:3] == ["fumibako", "verify", saved.name]
    site.outsider(tmp_path).run("verify", str(saved), *told[3:])
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name=WORDS["print"])).to_be_hidden()
    expect(page.get_by_role("img", name=WORDS["cert_qr"])).to_be_visible()
    assert len(page.pdf()) > 5_000


def test_an_auditor_sees_that_but_not_what(site: Site, visitors: Visitors, account: Account, small_file: Path) -> None:
    sent = site.send(small_file, by=account, more=("--title", "For the auditor"))
    page = visitors.member(roles=("auditor",), path="/transfers").page
    page.get_by_role("link", name="For the auditor").click()
    expect(page.get_by_text(WORDS["files_hidden"])).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=sent.address)).to_be_visible()
    expect(page.get_by_text(small_file.name)).to_have_count(0)
    for act in ("recall", "extend", "add", "fetch"):
        expect(page.get_by_role("button", name=WORDS[act])).to_have_count(0)


def test_a_member_is_sent_something_sealed(
    site: Site, visitors: Visitors, account: Account, small_file: Path, tmp_path: Path
) -> None:
    receiver = site.new_account("member")
    sent = site.send(small_file, by=account, to=receiver.email, more=("--seal", "--title", "For your eyes"))
    page = visitors.member(receiver, path="/received").page
    page.get_by_role("link", name="For your eyes").click()
    page.get_by_label(WORDS["key_link"]).fill(sent.link)
    page.get_by_role("button", name=WORDS["key_open"]).click()
    expect(page.get_by_text(small_file.name)).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["fetch"], exact=True).click()
    waiting.value.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == small_file.read_bytes()


def test_the_list_and_a_recall_by_keyboard_alone(
    site: Site, account: Account, at: Callable[..., Visitor], small_file: Path
) -> None:
    sent = site.send(small_file, by=account, more=("--title", "By keys"))
    page = at("/transfers").page
    expect(page.locator(".line")).to_have_count(1)
    tab_to(page, "By keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    tab_to(page, WORDS["recall"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    tab_to(page, WORDS["recall"])
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("dialog").page, WORDS["recall"])
    page.keyboard.press("Enter")
    expect(page.get_by_text(WORDS["state_ready"], exact=True)).to_have_count(0)
    wait_state(site, account, sent.id, "closed", "destroying", "destroyed")


def tab_to(page: Page, text: str, *, most: int = 60) -> None:
    """Tab until what has the focus says so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.textContent?.trim()") == text:
            return
    raise AssertionError(f"no way by Tab to {text!r}")
