"""Sending that is cut off: paused, reloaded, without a line, in two tabs, with a changed file, by the command; and given up."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.hands import words
from tests.browser.support.sending import MIB, Sending, puts_of, sha256, slow_line
from tests.browser.support.site import PASSWORD, Account, Site
from tests.browser.support.visitors import Visitors
from tests.e2e.support.company import someone

MemberPage = Callable[..., Page]
SIZE = 24 * MIB
# As many as the engine has on their way at once.
AT_ONCE = 5


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mov"
    path.write_bytes(os.urandom(SIZE))
    return path


def arrived(site: Site, tmp_path: Path, address: str) -> str:
    """The SHA-256 of the one file that came."""
    [file] = site.outsider(tmp_path).json("get", site.link_for(address), "-o", str(tmp_path / "in"))["files"]
    return str(file["sha256"])


def managed(page: Page, path: Path, address: str) -> Sending:
    """Begun, with a link that asks for nothing."""
    sending = Sending(page)
    sending.choose(path)
    sending.people(address)
    sending.at_once(proof="link")
    sending.send()
    return sending


def test_it_pauses_and_goes_on(site: Site, member_page: MemberPage, tmp_path: Path, film: Path) -> None:
    address = someone()
    page = member_page("/send")
    with slow_line(page):
        sending = managed(page, film, address)
        sending.under_way()
        assert re.match(r"\d+% · ", page.title())
        sending.button("pause").click()
        expect(page.get_by_text(sending.said("phase_paused"))).to_be_visible()
        puts = puts_of(page)
        page.get_by_role("link", name="Sent files").first.click()
        page.get_by_role("heading", level=1, name="Sent files").wait_for()
        assert puts == []
        page.get_by_role("link", name="Send", exact=True).first.click()
        sending.button("go_on").click()
    sending.sent()
    assert arrived(site, tmp_path, address) == sha256(film)


def test_after_a_reload_the_same_file_goes_on(site: Site, member_page: MemberPage, tmp_path: Path, film: Path) -> None:
    address = someone()
    page = member_page("/send")
    puts = puts_of(page)
    with slow_line(page):
        managed(page, film, address).under_way(percent=25)
        # The browser asks first; Playwright's answer is yes.
        page.reload()
    before = len(puts)
    sending = Sending(page)
    expect(page.get_by_text(sending.said("choose_again_text"))).to_be_visible()
    page.set_input_files("[data-journal] input[type=file]:not([webkitdirectory])", film)
    sending.sent()
    assert arrived(site, tmp_path, address) == sha256(film)
    again = len(puts) - len(set(puts))
    assert 0 < before < len(puts)
    assert again <= AT_ONCE
    expect(page.locator("[data-journal]")).to_have_count(0)


@pytest.mark.parametrize("sealed", [False, True], ids=["managed", "sealed"])
def test_a_changed_file_is_refused_and_told(member_page: MemberPage, film: Path, sealed: bool) -> None:
    page = member_page("/send")
    with slow_line(page):
        sending = Sending(page)
        sending.choose(film)
        sending.people(someone())
        sending.options()
        if sealed:
            sending.sealed()
        sending.send()
        sending.under_way()
        journal = sending.later()
    times = film.stat()
    with film.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"another content, size and time set back")
    os.utime(film, ns=(times.st_atime_ns, times.st_mtime_ns))
    puts = puts_of(page)
    page.goto(f"/send/{journal}")
    page.set_input_files("[data-journal] input[type=file]:not([webkitdirectory])", film)
    expect(page.get_by_text("The file is not what it was when sending began.")).to_be_visible()
    assert puts == []
    sending.button("anew").click()
    expect(page.locator("[data-journal]")).to_have_count(0)


def test_another_file_is_not_taken_for_it(member_page: MemberPage, film: Path, small_file: Path) -> None:
    page = member_page("/send")
    with slow_line(page):
        sending = managed(page, film, someone())
        sending.under_way()
        sending.later()
    page.set_input_files("[data-journal] input[type=file]:not([webkitdirectory])", small_file)
    expect(page.get_by_text(sending.said("missing_one", count=1, names="film.mov"))).to_be_visible()


def test_without_a_line_it_waits_and_goes_on_by_itself(
    site: Site, visitors: Visitors, tmp_path: Path, film: Path
) -> None:
    address = someone()
    visitor = visitors.member(path="/send")
    visitor.guard.allow(r"net::ERR_")
    page = visitor.page
    with slow_line(page):
        sending = managed(page, film, address)
        sending.under_way(percent=20)
        at = page.locator("[data-progress]").get_attribute("data-progress")
        visitor.context.set_offline(True)
        expect(page.get_by_text(sending.said("offline_hint"))).to_be_visible()
        assert at is not None
    visitor.context.set_offline(False)
    sending.sent()
    assert arrived(site, tmp_path, address) == sha256(film)


def test_a_second_tab_does_not_send_it_too(visitors: Visitors, film: Path) -> None:
    visitor = visitors.member(path="/send")
    page = visitor.page
    with slow_line(page):
        address = someone()
        sending = managed(page, film, address)
        sending.under_way()
        other = visitor.context.new_page()
        other.goto("/send")
        other.get_by_role("heading", level=1).wait_for()
        # It is not there to be taken up, and the same again is refused.
        expect(other.locator("[data-journal]")).to_have_count(0)
        second = managed(other, film, address)
        expect(other.get_by_text("Another tab is sending this.")).to_be_visible()
        second.button("later").click()
    sending.sent()


def test_cancelled_it_is_gone_from_the_server(site: Site, member_page: MemberPage, film: Path) -> None:
    person = site.new_account("member")
    page = member_page("/send", account=person)
    with slow_line(page):
        sending = managed(page, film, someone())
        sending.under_way()
        sending.button("cancel").click()
        page.get_by_role("dialog").get_by_role("button", name=sending.said("cancel_yes")).click()
        expect(page.get_by_text(sending.said("cancelled")).first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-journal]")).to_have_count(0)
    [transfer] = site.sender(person).json("list")["items"]
    assert transfer["state"] in ("closed", "destroying", "destroyed")
    assert transfer["reason"] == "revoked"


def test_the_command_takes_it_over(site: Site, member_page: MemberPage, tmp_path: Path, film: Path) -> None:
    person = site.new_account("member")
    address = someone()
    page = member_page("/send", account=person)
    with slow_line(page):
        sending = managed(page, film, address)
        sending.under_way(percent=25)
        sending.button("hand_over").click()
        page.get_by_role("dialog").wait_for()
    with page.expect_download() as saving:
        sending.button("hand_over_save").click()
    record = tmp_path / saving.value.suggested_filename
    saving.value.save_as(record)
    sending.button("hand_over_done").click()
    expect(page.locator("[data-journal]")).to_have_count(0)
    sent = site.sender(person).json("send", "--resume", str(record), str(film))
    assert sent["resumed"]
    assert not record.exists()
    assert arrived(site, tmp_path, address) == sha256(film)


def test_signed_out_in_the_middle_it_goes_on_after_signing_in(
    site: Site, visitors: Visitors, tmp_path: Path, film: Path
) -> None:
    person = site.new_account("member")
    visitor = visitors.member(person, path="/send")
    page, address = visitor.page, someone()
    with slow_line(page):
        sending = managed(page, film, address)
        sending.under_way(percent=20)
        end_sessions(site, person)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Password", exact=True).wait_for(timeout=60_000)
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name=words("sign_in")["sign_in"]).click()
    sending.sent()
    assert arrived(site, tmp_path, address) == sha256(film)


def end_sessions(site: Site, person: Account) -> None:
    """Every sign-in of a member's in a page ends, as an admin or another device may do it."""
    headers = {"authorization": f"Bearer {site.bearer(person)}"}
    base = f"{site.url}/auth/v1/sessions"
    for one in site.http().get(base, headers=headers).json()["items"]:
        if one["kind"] == "page":
            site.http().delete(f"{base}/{one['id']}", headers=headers).raise_for_status()
