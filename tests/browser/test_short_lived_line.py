"""A proxy on the way that ends every connection after a few seconds: smaller pieces get through, up and down, and nobody has to do anything."""

import secrets
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.support.hands import words
from tests.browser.support.sending import MIB, Sending
from tests.browser.support.slow_site import SlowSite
from tests.browser.support.visitors import Visitors
from tests.e2e.support.company import someone

pytestmark = pytest.mark.slow
WORDS = words("guest")
SIZE = 48 * MIB
# Three parts of 16 MiB at once take longer than a connection lives, one by itself does not.
RATE, LIFE = 6 * MIB, 6.0


def test_it_goes_up_and_comes_down_through_short_lived_connections(
    visitors: Visitors, slow_site: SlowSite, tmp_path: Path
) -> None:
    film = tmp_path / "film.bin"
    film.write_bytes(secrets.token_bytes(SIZE))
    member = visitors.member(site=slow_site)
    guest = visitors.guest(site=slow_site)
    for visitor in (member, guest):
        visitor.guard.allow(r"net::ERR_")
    page = member.page
    page.goto("/send")
    sending = Sending(page)
    sending.choose(film)
    address = someone()
    sending.people(address)
    sending.at_once(proof="link")
    sending.check()
    with slow_site.at(RATE, life=LIFE):
        sending.confirm()
        sending.sent(seconds=120)
    page = guest.page
    page.goto(slow_site.link_for(address))
    page.get_by_role("button", name=WORDS["show_files"]).click()
    page.get_by_role("heading", name=WORDS["files"], exact=True).wait_for()
    with slow_site.at(RATE, life=LIFE):
        with page.expect_download() as waiting:
            page.locator("main button.main").click()
        expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible(timeout=120_000)
    assert Path(waiting.value.path()).read_bytes() == film.read_bytes()
