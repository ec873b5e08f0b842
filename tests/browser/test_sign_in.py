"""A member's way in and out, and one's own settings: by what a person sees and does in a real browser."""

import base64
import hmac
import struct
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.hands import words
from tests.browser.support.site import PASSWORD, Account, Site
from tests.browser.support.visitors import Visitors

pytestmark = pytest.mark.slow
SIGN_IN = words("sign_in")
SETTINGS = words("settings")
MEMBERS = words("members")
APP = words("app")
FRAME = words("frame")


def enter(page: Page, account: Account, password: str = PASSWORD) -> None:
    """Fill the form in as a person would, and send it by Enter."""
    page.get_by_label(SIGN_IN["email"]).fill(account.email)
    page.get_by_label(SIGN_IN["password"], exact=True).fill(password)
    page.keyboard.press("Enter")


def authenticator(secret: str, *, now: float | None = None) -> str:
    """The code that an authenticator app shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int((now or time.time()) // 30)), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def headline(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_a_member_comes_back_to_where_they_wanted_to_go(visitors: Visitors, site: Site) -> None:
    page = visitors.visitor().page
    page.goto("/settings")
    headline(page, SIGN_IN["title"])
    enter(page, site.account())
    headline(page, SETTINGS["title"])
    assert urlsplit(page.url).path == "/settings"
    page.reload()
    headline(page, SETTINGS["title"])


@pytest.mark.parametrize("to", ["//evil.example/x", "https://evil.example", "/\\evil.example", "/l", "/sign-in"])
def test_the_way_back_leads_nowhere_else(visitors: Visitors, site: Site, to: str) -> None:
    page = visitors.visitor().page
    page.goto(f"/sign-in?to={to}")
    enter(page, site.account("auditor"))
    page.get_by_role("navigation").first.wait_for()
    page.wait_for_url(f"{site.url}/transfers")


def test_a_wrong_password_says_what_to_do_and_loses_nothing(visitors: Visitors, site: Site) -> None:
    page = visitors.visitor().page
    account = site.new_account()
    page.goto("/sign-in")
    enter(page, account, "not the right one")
    expect(page.get_by_role("alert")).to_contain_text("Check address and password")
    expect(page.get_by_label(SIGN_IN["email"])).to_have_value(account.email)
    for _ in range(5):
        page.get_by_role("button", name=SIGN_IN["sign_in"]).click()
        page.wait_for_function("() => document.querySelector('form [aria-busy]') === null")
        if page.get_by_text(SIGN_IN["wait_title"]).is_visible():
            break
    expect(page.get_by_text(SIGN_IN["wait_title"])).to_be_visible()
    expect(page.get_by_role("button", name=SIGN_IN["sign_in"])).to_be_disabled()


def test_signing_out_leaves_nothing_behind(visitors: Visitors, site: Site) -> None:
    visitor = visitors.member(site.new_account(), path="/settings")
    page = visitor.page
    headline(page, SETTINGS["title"])
    sign_out(page)
    assert not visitor.context.cookies(f"{site.url}/auth/v1/token")
    page.goto("/settings")
    headline(page, SIGN_IN["title"])


def test_a_sign_in_that_ends_in_the_middle_of_work_loses_nothing(visitors: Visitors, site: Site) -> None:
    account = site.new_account()
    page = visitors.member(account, path="/settings").page
    page.get_by_role("button", name=SETTINGS["token_new"]).click()
    name = page.get_by_label(SETTINGS["token_name"], exact=True).last
    name.fill("Nightly run")
    headers = {"Authorization": f"Bearer {site.bearer(account)}"}
    for one in site.http().get(f"{site.url}/auth/v1/sessions", headers=headers).json()["items"]:
        if one["kind"] == "page":
            site.http().delete(f"{site.url}/auth/v1/sessions/{one['id']}", headers=headers).raise_for_status()
    page.get_by_role("button", name=SETTINGS["token_make"]).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(account.email)
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_label(SIGN_IN["password"], exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text(SETTINGS["token_once"])).to_be_visible()
    expect(page.locator(".lines", has_text="Nightly run")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator(".top .menu > button").click()
    page.get_by_role("button", name=APP["sign_out"]).click()
    headline(page, SIGN_IN["title"])


def test_tabs_share_the_sign_in(visitors: Visitors, site: Site) -> None:
    account = site.new_account()
    visitor = visitors.member(account, path="/settings")
    other = visitor.context.new_page()
    other.goto("/settings")
    headline(other, SETTINGS["title"])
    sign_out(other)
    expect(visitor.page.get_by_role("dialog")).to_contain_text(account.email)
    enter(other, account)
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    headline(visitor.page, SETTINGS["title"])


def test_nothing_goes_on_in_the_name_of_somebody_else(visitors: Visitors, site: Site) -> None:
    visitor = visitors.member(site.new_account(), path="/settings")
    other = visitor.context.new_page()
    other.goto("/settings")
    headline(other, SETTINGS["title"])
    sign_out(other)
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    enter(other, site.new_account(name="Jiro Suzuki"))
    expect(visitor.page.locator(".top")).to_contain_text("Jiro Suzuki")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    headline(visitor.page, words("send")["title"])


def test_an_invitation_becomes_an_account(visitors: Visitors, site: Site) -> None:
    page = visitors.member(site.account("admin"), path="/members").page
    page.get_by_role("button", name=MEMBERS["invite"]).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(MEMBERS["email"]).fill("taro.new@acme.example")
    dialog.get_by_label(MEMBERS["name"], exact=True).fill("山田 太郎")
    dialog.get_by_role("button", name=MEMBERS["invite_send"]).click()
    link = dialog.get_by_label(MEMBERS["invitation_link"], exact=True).input_value()
    assert link.startswith(f"{site.url}/join#")
    joining = visitors.visitor().page
    joining.goto(link)
    joining.get_by_label(SIGN_IN["new_password"], exact=True).fill("short")
    assert urlsplit(joining.url).fragment == ""
    joining.keyboard.press("Enter")
    expect(joining.locator(".field-error")).to_contain_text("12 characters")
    joining.get_by_label(SIGN_IN["new_password"], exact=True).fill(PASSWORD)
    joining.keyboard.press("Enter")
    expect(joining.get_by_text(SIGN_IN["joined"])).to_be_visible()
    enter(joining, Account("", "taro.new@acme.example", "山田 太郎", ("member",), "en"))
    expect(joining.locator(".top")).to_contain_text("山田 太郎")


def test_a_device_is_let_in_after_signing_in(visitors: Visitors, site: Site) -> None:
    begun = site.http().post(f"{site.url}/auth/v1/device", json={"device_name": "laptop"}).json()
    page = visitors.visitor().page
    page.goto(begun["verification_uri_complete"])
    enter(page, site.account())
    headline(page, SIGN_IN["device_title"])
    expect(page.get_by_label(SIGN_IN["device_code"], exact=True)).to_have_value(begun["user_code"])
    page.get_by_role("button", name=SIGN_IN["device_approve"], exact=True).click()
    expect(page.get_by_text(SIGN_IN["device_approved"])).to_be_visible()
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
    assert site.http().post(f"{site.url}/auth/v1/token", json=grant).json()["access_token"]


def test_a_second_factor_is_set_up_asked_for_and_removed(visitors: Visitors, site: Site) -> None:
    account = site.new_account()
    page = visitors.member(account, path="/settings").page
    page.get_by_role("button", name=SETTINGS["totp_begin"]).click()
    expect(page.get_by_role("img", name=SETTINGS["totp_qr"])).to_be_visible()
    secret = page.get_by_label(SETTINGS["totp_secret"], exact=True).input_value()
    # Full-width digits, as a Japanese keyboard types them.
    wide = authenticator(secret).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    page.get_by_label(SETTINGS["totp_code"], exact=True).fill(wide)
    page.keyboard.press("Enter")
    expect(page.get_by_text(SETTINGS["recovery_text"])).to_be_visible()
    recovery = page.locator(".recovery code").first.inner_text()
    other = visitors.visitor().page
    other.goto("/sign-in")
    enter(other, account)
    expect(other.get_by_label(SIGN_IN["code"], exact=True)).to_be_focused()
    other.keyboard.type("000000")
    other.keyboard.press("Enter")
    expect(other.locator(".field-error")).to_be_visible()
    other.get_by_label(SIGN_IN["code"], exact=True).fill(recovery)
    other.keyboard.press("Enter")
    other.locator(".top").wait_for()
    page.get_by_role("button", name=SETTINGS["recovery_kept"]).click()
    page.get_by_role("button", name=SETTINGS["totp_remove"]).click()
    page.get_by_label(SETTINGS["password_current"], exact=True).last.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text(SETTINGS["totp_off"])).to_be_visible()


def test_a_changed_password_signs_other_devices_out(visitors: Visitors, site: Site) -> None:
    account = site.new_account()
    page = visitors.member(account, path="/settings").page
    site.bearer(account)
    expect(page.locator(".lines .badge")).to_be_visible()
    page.get_by_label(SETTINGS["password_current"], exact=True).fill(PASSWORD)
    page.get_by_label(SETTINGS["password_new"], exact=True).fill("another harbour at the end")
    page.keyboard.press("Enter")
    expect(page.get_by_text(SETTINGS["password_changed"])).to_be_visible()
    page.reload()
    expect(page.locator(".lines").first.locator("li")).to_have_count(1)


def test_language_and_theme_are_the_readers_choice_and_stay(visitors: Visitors, site: Site) -> None:
    page = visitors.member(site.new_account(), path="/settings").page
    page.locator(".foot select").first.select_option("ja")
    headline(page, words("settings", "ja")["title"])
    assert page.evaluate("document.documentElement.lang") == "ja"
    page.locator(".foot select").last.select_option("dark")
    page.reload()
    headline(page, words("settings", "ja")["title"])
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_network_that_is_gone_is_told_and_forgotten_when_it_is_back(visitors: Visitors, site: Site) -> None:
    visitor = visitors.member(site.account(), path="/settings")
    headline(visitor.page, SETTINGS["title"])
    visitor.guard.allow(r"net::ERR_INTERNET_DISCONNECTED")
    visitor.context.set_offline(True)
    expect(visitor.page.get_by_text(FRAME["offline_title"])).to_be_visible()
    visitor.context.set_offline(False)
    expect(visitor.page.get_by_text(FRAME["offline_title"])).to_have_count(0)


def test_a_part_that_a_newer_page_took_away_is_told(visitors: Visitors, site: Site) -> None:
    visitor = visitors.member(site.account("admin"), path="/settings")
    headline(visitor.page, SETTINGS["title"])
    visitor.guard.allow(r"404|Failed to fetch dynamically|preload|MembersScreen")
    visitor.page.route("**/assets/MembersScreen-*.js", lambda route: route.fulfill(status=404, body=""))
    visitor.page.get_by_role("link", name=APP["nav_members"]).click()
    expect(visitor.page.get_by_text(FRAME["outdated_title"])).to_be_visible()


def test_back_and_forward_keep_the_place_and_the_focus(visitors: Visitors, site: Site) -> None:
    page = visitors.member(site.account("admin"), path="/settings").page
    headline(page, SETTINGS["title"])
    page.get_by_role("link", name=APP["nav_members"]).click()
    headline(page, MEMBERS["title"])
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    headline(page, SETTINGS["title"])
    page.go_forward()
    headline(page, MEMBERS["title"])


def test_a_screen_of_others_and_an_address_of_nothing(visitors: Visitors, site: Site) -> None:
    page = visitors.member(site.account("auditor"), path="/members").page
    page.wait_for_url(f"{site.url}/transfers")
    page.goto("/no/such/screen")
    headline(page, APP["absent_title"])
