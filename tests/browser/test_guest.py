"""A guest from the mail to the saved file, by what a person sees and does: clicks and fields counted, bytes compared."""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.browser.support.guest_steps import ask_for_code, code_field, prove
from tests.browser.support.hands import words
from tests.browser.support.site import Sent, Site
from tests.browser.support.visitors import Visitors

pytestmark = pytest.mark.slow
WORDS = words("guest")
MIB = 2**20


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several ranges and an odd end."""
    path = tmp_path_factory.mktemp("large") / "図面 A-1.bin"
    path.write_bytes(secrets.token_bytes(19 * MIB + 7))
    return path


def save_button(page: Page) -> Locator:
    """The one that saves all that is wanted."""
    return page.locator("main button.main")


def saved(page: Page, press: Callable[[], None]) -> Download:
    """What the browser's download list got, whole."""
    with page.expect_download(timeout=30_000) as waiting:
        press()
    download = waiting.value
    assert download.failure() is None
    return download


def content(download: Download) -> bytes:
    """The saved bytes."""
    return Path(download.path()).read_bytes()


class Effort:
    """Counts what a person has to do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.fields = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def type(self, field: Locator, text: str) -> None:
        field.press_sequentially(text)
        self.fields += 1


def test_a_mailed_code_opens_and_saves_in_three_clicks_and_one_field(
    guest_page: Callable[..., Page], site: Site, large: Path
) -> None:
    sent = site.send(large, more=("--title", "図面をお送りします", "--message", "ご確認ください。\n二行目"))
    page = guest_page(sent.link, language="ja")
    expect(page.get_by_role("heading", level=1)).to_contain_text("さんからのファイル")
    for shown in ("図面をお送りします", "ご確認ください。", "19.9 MB"):
        expect(page.get_by_text(shown).first).to_be_visible()
    effort = Effort(page)
    known = site.known(sent.address)
    effort.click(page.locator("main button.main"))
    code = site.newest_code(sent.address, known)
    effort.type(code_field(page), code)
    download = saved(page, lambda: effort.click(save_button(page)))
    assert content(download) == large.read_bytes()
    assert download.suggested_filename == large.name
    checksum = page.get_by_label(words("guest", "ja")["checksum"], exact=True)
    expect(checksum).to_have_value(hashlib.sha256(large.read_bytes()).hexdigest())
    assert effort.clicks <= 3
    assert effort.fields <= 2


@pytest.mark.parametrize(("proof", "fields"), [("link", 0), ("passphrase", 1)])
def test_a_link_or_a_passphrase_takes_two_clicks(
    guest_page: Callable[..., Page], site: Site, small_file: Path, tmp_path: Path, proof: str, fields: int
) -> None:
    kept = tmp_path / "passphrase"
    kept.write_text("桜の咲く頃に\n")
    more = ("--passphrase-file", str(kept)) if fields else ()
    page = guest_page(site.send(small_file, proof=proof, more=more).link)
    effort = Effort(page)
    if fields:
        effort.type(page.get_by_label(WORDS["pass"], exact=True), "桜の咲く頃に")
    effort.click(save_button(page))
    save_button(page).get_by_text(WORDS["save"]).wait_for(timeout=20_000)
    assert content(saved(page, lambda: effort.click(save_button(page)))) == small_file.read_bytes()
    assert (effort.clicks, effort.fields) == (2, fields)


@pytest.mark.parametrize("written", ["{}", " {} ", "full-width", "{:.4}-{:4}"])
def test_a_code_is_taken_as_people_paste_it(
    guest_page: Callable[..., Page], site: Site, small_file: Path, written: str
) -> None:
    sent = site.send(small_file)
    page = guest_page(sent.link)
    known = site.known(sent.address)
    field = ask_for_code(page)
    code = site.newest_code(sent.address, known)
    shapes = {"{}": code, " {} ": f" {code} \n", "full-width": code.translate({48 + n: 0xFF10 + n for n in range(10)})}
    field.fill(shapes.get(written, f"{code[:4]}-{code[4:]}"))
    save_button(page).get_by_text(WORDS["save"]).wait_for()
    assert field.get_attribute("inputmode") == "numeric" if field.count() else True


def test_a_wrong_code_says_how_many_tries_are_left_and_a_new_one_can_be_had(
    guest_page: Callable[..., Page], site: Site, small_file: Path
) -> None:
    sent = site.send(small_file)
    page = guest_page(sent.link)
    known = site.known(sent.address)
    field = ask_for_code(page)
    code = site.newest_code(sent.address, known)
    wrong = str((int(code) + 1) % 10**8).zfill(8)
    field.fill(wrong)
    expect(page.get_by_text("4 tries left")).to_be_visible()
    field.fill("")
    field.fill(wrong)
    expect(page.get_by_text("3 tries left")).to_be_visible()
    expect(page.get_by_role("button", name="new code")).to_be_disabled()
    field.fill("")
    field.fill(code)
    save_button(page).get_by_text(WORDS["save"]).wait_for()


def test_the_code_that_was_asked_for_survives_a_reload(
    guest_page: Callable[..., Page], site: Site, small_file: Path
) -> None:
    sent = site.send(small_file)
    page = guest_page(sent.link)
    known = site.known(sent.address)
    ask_for_code(page)
    page.reload()
    code_field(page).fill(site.newest_code(sent.address, known))
    save_button(page).get_by_text(WORDS["save"]).wait_for()
    page.reload()
    # Proved is proved: the list is there at once.
    save_button(page).get_by_text(WORDS["save"]).wait_for()


def test_a_sealed_link_opens_and_goes_on_after_a_reload(
    guest_page: Callable[..., Page], site: Site, large: Path
) -> None:
    sent = site.send(large, proof="link", more=("--seal",))
    page = guest_page(sent.link)
    save_button(page).click()
    page.get_by_text(large.name).first.wait_for()
    assert page.url == f"{site.url}/l"
    page.reload()
    page.get_by_text(large.name).first.wait_for()
    assert content(saved(page, save_button(page).click)) == large.read_bytes()


def test_a_sealed_link_without_its_key_asks_for_the_whole_link(
    guest_page: Callable[..., Page], site: Site, small_file: Path
) -> None:
    sent = site.send(small_file, proof="link", more=("--seal",))
    token = sent.link.rpartition(".")[0]
    page = guest_page(token)
    save_button(page).click()
    expect(page.get_by_text(WORDS["keyless_lead"])).to_be_visible()
    page.get_by_label(WORDS["paste"], exact=True).fill(sent.link)
    page.get_by_role("button", name=WORDS["paste_open"], exact=True).click()
    page.get_by_text(small_file.name).first.wait_for()
    assert content(saved(page, save_button(page).click)) == small_file.read_bytes()


def test_a_passphrase_opens_it_and_a_wrong_one_says_so(
    guest_page: Callable[..., Page], site: Site, small_file: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "passphrase"
    kept.write_text("桜の咲く頃に\n")
    sent = site.send(small_file, proof="passphrase", more=("--passphrase-file", str(kept)))
    page = guest_page(sent.link)
    field = page.get_by_label(WORDS["pass"], exact=True)
    field.fill("梅の咲く頃に")
    save_button(page).click()
    expect(page.get_by_text(WORDS["pass_wrong"])).to_be_visible(timeout=20_000)
    field.fill("桜の咲く頃に")
    save_button(page).click()
    page.get_by_text(small_file.name).first.wait_for(timeout=20_000)
    assert content(saved(page, save_button(page).click)) == small_file.read_bytes()


def test_with_a_link_alone_nothing_is_counted_before_a_person_presses(
    guest_page: Callable[..., Page], site: Site, small_file: Path
) -> None:
    sent = site.send(small_file, proof="link", more=("--max-downloads", "1"))
    page = guest_page(sent.link)
    save_button(page).click()
    assert content(saved(page, save_button(page).click)) == small_file.read_bytes()
    expect(save_button(page)).to_have_count(0)
    page.reload()
    expect(page.get_by_text(WORDS["ended_exhausted"])).to_be_visible()


def test_leaving_forgets_the_link_and_the_sign_in(visitors: Visitors, site: Site, small_file: Path) -> None:
    sent = site.send(small_file)
    visitor = visitors.guest(sent.link)
    page = visitor.page
    prove(page, site, sent)
    page.get_by_role("button", name=WORDS["leave"]).click()
    expect(page.get_by_text(WORDS["left_text"])).to_be_visible()
    assert page.evaluate("() => sessionStorage.length") == 0
    page.goto(sent.link)
    expect(page.get_by_role("button", name=WORDS["code_ask"])).to_be_visible()


def test_another_link_in_the_same_tab_is_followed(guest_page: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    sent: list[Sent] = []
    for name in ("one.txt", "two.txt"):
        path = tmp_path / name
        path.write_text(name)
        sent.append(site.send(path, proof="link"))
    page = guest_page(sent[0].link)
    save_button(page).click()
    page.get_by_text("one.txt").first.wait_for()
    page.evaluate("link => { location.href = link }", sent[1].link)
    page.get_by_role("button", name=WORDS["show_files"]).click()
    page.get_by_text("two.txt").first.wait_for()
    assert page.url == f"{site.url}/l"


def test_the_way_back_works(guest_page: Callable[..., Page], site: Site, small_file: Path) -> None:
    sent = site.send(small_file, proof="link")
    page = guest_page(sent.link)
    save_button(page).click()
    page.get_by_text(small_file.name).first.wait_for()
    page.goto("about:blank")
    page.go_back()
    page.get_by_text(small_file.name).first.wait_for()


def test_a_link_that_is_none_asks_for_the_whole_one(guest_page: Callable[..., Page], site: Site) -> None:
    page = guest_page(f"{site.url}/l#cut")
    expect(page.get_by_label(WORDS["paste"], exact=True)).to_be_visible()
    page.get_by_label(WORDS["paste"], exact=True).fill("https://example.com/")
    page.get_by_role("button", name=WORDS["paste_open"], exact=True).click()
    expect(page.get_by_text(WORDS["paste_wrong"])).to_be_visible()


def test_keyboard_alone_is_enough(guest_page: Callable[..., Page], site: Site, small_file: Path) -> None:
    sent = site.send(small_file)
    page = guest_page(sent.link)
    page.get_by_role("button", name=WORDS["code_ask"]).wait_for()
    known = site.known(sent.address)
    tab_to(page, WORDS["code_ask"])
    page.keyboard.press("Enter")
    code_field(page).wait_for()
    # The field has the focus already.
    page.keyboard.type(site.newest_code(sent.address, known))
    page.get_by_text(small_file.name).first.wait_for()
    tab_to(page, WORDS["save"])
    assert content(saved(page, lambda: page.keyboard.press("Enter"))) == small_file.read_bytes()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the element with these words has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if words in page.evaluate("() => document.activeElement?.textContent ?? ''"):
            return
    raise AssertionError(f"no way by Tab to {words}")
