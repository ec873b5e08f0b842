"""What a guest is told when it does not end well: damaged bytes, everything used up, a line too slow for the time that is left."""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.hands import words
from tests.browser.support.line_speed import Line, throttled
from tests.browser.support.site import Sent, Site
from tests.browser.support.visitors import Visitors

pytestmark = pytest.mark.slow
WORDS = words("guest")
MIB = 2**20
# Some megabytes a second: 20 MiB last long enough for something to happen meanwhile.
UNHURRIED = Line(latency=5, down=24_000_000, up=24_000_000, slowdown=1)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several ranges."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(secrets.token_bytes(20 * MIB))
    return path


def inside(page: Page) -> None:
    """From a link that asks no more than a press to the list of files."""
    page.get_by_role("button", name=WORDS["show_files"]).click()
    page.get_by_role("heading", name=WORDS["files"], exact=True).wait_for()


def save(page: Page) -> None:
    page.locator("main button.main").click()


def flip(site: Site, sent: Sent, part: int, at: int) -> None:
    """One bit of the bytes at rest; 20 MiB lie in two parts."""
    blobs = (site.data / "blobs").rglob("*")
    parts = sorted(one for one in blobs if sent.id in str(one) and one.is_file() and one.stat().st_size > MIB)
    assert len(parts) == 2
    with parts[part].open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 4]))


@pytest.mark.parametrize(("part", "at"), [(0, 5 * MIB + 99), (1, 3 * MIB)])
def test_damaged_bytes_are_never_shown_as_saved(
    visitors: Visitors, site: Site, large: Path, part: int, at: int
) -> None:
    sent = site.send(large, proof="link")
    flip(site, sent, part, at)
    visitor = visitors.guest(sent.link)
    # The browser writes a failed download into its console.
    visitor.guard.allow(r"net::ERR_|Failed to load")
    page = visitor.page
    inside(page)
    with page.expect_download() as waiting:
        save(page)
    expect(page.get_by_role("alert").first).to_contain_text("damaged")
    expect(page.get_by_text(WORDS["nothing_saved"])).to_be_visible()
    assert page.get_by_text(WORDS["saved"], exact=True).count() == 0
    assert waiting.value.failure() is not None


def test_what_is_used_up_says_so(guest_page: Callable[..., Page], site: Site, small_file: Path) -> None:
    sent = site.send(small_file, proof="link", more=("--max-downloads", "1"))
    page = guest_page(sent.link)
    inside(page)
    with page.expect_download() as waiting:
        save(page)
    assert waiting.value.failure() is None
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text(WORDS["ended_exhausted"])).to_be_visible()
    expect(page.get_by_text(WORDS["ended_exhausted_next"])).to_be_visible()
    expect(page.locator("main button.main")).to_have_count(0)


def test_pause_go_on_and_stop(guest_page: Callable[..., Page], site: Site, large: Path) -> None:
    sent = site.send(large, proof="link")
    page = guest_page(sent.link)
    inside(page)
    with throttled(page, UNHURRIED):
        with page.expect_download() as waiting:
            save(page)
        page.get_by_role("button", name=WORDS["save_pause"]).click()
        expect(page.get_by_text(WORDS["save_paused"])).to_be_visible()
        page.get_by_role("button", name=WORDS["save_go"]).click()
        expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible(timeout=60_000)
    assert Path(waiting.value.path()).read_bytes() == large.read_bytes()
    with throttled(page, UNHURRIED):
        save(page)
        page.get_by_role("button", name=WORDS["save_stop"]).click()
        expect(page.locator("main button.main")).to_be_enabled()
        assert page.get_by_role("alert").count() == 0


def test_without_a_line_it_waits_and_goes_on_by_itself(visitors: Visitors, site: Site, large: Path) -> None:
    visitor = visitors.guest(site.send(large, proof="link").link)
    visitor.guard.allow(r"net::ERR_")
    page = visitor.page
    inside(page)
    with throttled(page, UNHURRIED):
        with page.expect_download() as waiting:
            save(page)
        expect(page.get_by_text(re.compile(r"[1-9]\d*(\.\d)? MB of"))).to_be_visible()
        visitor.context.set_offline(True)
        expect(page.get_by_text(WORDS["save_waiting"])).to_be_visible()
        visitor.context.set_offline(False)
        expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text(WORDS["save_waiting"])).to_have_count(0)
    assert Path(waiting.value.path()).read_bytes() == large.read_bytes()


def test_a_line_too_slow_for_the_time_that_is_left_is_told_beforehand(
    visitors: Visitors, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("slow") / "slow.bin"
    path.write_bytes(secrets.token_bytes(64 * MIB))
    sent = site.send(path, proof="link", more=("--expires", "6m"))
    page = visitors.guest(sent.link).page
    # 64 MiB at 100 KB/s take eleven minutes.
    with throttled(page, Line(latency=20, down=800_000, up=800_000, slowdown=1)):
        # Whoever presses at once is told as well: the page measures first.
        inside(page)
        save(page)
        expect(page.get_by_text(WORDS["slow_title"])).to_be_visible(timeout=20_000)
        page.get_by_role("button", name=WORDS["more_time"]).click()
        expect(page.get_by_text(WORDS["more_time_asked"])).to_be_visible()
        expect(page.get_by_role("button", name=WORDS["slow_start"])).to_be_visible()


def test_the_sender_is_asked_to_add_an_address(guest_page: Callable[..., Page], site: Site, small_file: Path) -> None:
    sent = site.send(small_file)
    page = guest_page(sent.link)
    page.get_by_text(WORDS["add_me"]).click()
    page.get_by_label(WORDS["address"]).fill("colleague@partner.example")
    page.get_by_role("button", name=WORDS["add_me_ask"]).click()
    expect(page.get_by_text(WORDS["add_me_asked"])).to_be_visible()
