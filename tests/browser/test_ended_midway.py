"""A transfer that ends while a guest saves it, by its expiry or by a recall: nothing incomplete is ever called saved, and the guest is told why.

The server asks every ten seconds whether bytes may still go, so each of these takes a little longer than that.
"""

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Download, Page, Route, expect

from tests.browser.support.hands import words
from tests.browser.support.pickers import stored, with_pickers
from tests.browser.support.site import Sent
from tests.browser.support.slow_site import SlowSite
from tests.browser.support.visitors import Visitor, Visitors
from tests.browser.test_guest_zip import LINE
from tests.faults.expiring import expire_soon, stores_of

pytestmark = pytest.mark.slow
WORDS = words("guest")
PLAIN = {"full_page": "Open the full page", "gone": "No longer here"}
MIB = 2**20
# In ranges of 8 MiB, at a rate that leaves time for the server's question.
SIZE = 48 * MIB
RATE = 2 * MIB
UNDER_WAY = re.compile(r"[1-9]\d*(\.\d)? MB of")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(secrets.token_bytes(SIZE))
    return path


def expire(site: SlowSite, sent: Sent) -> None:
    expire_soon(stores_of(site), sent.id, in_ms=500)


def recall(site: SlowSite, sent: Sent) -> None:
    site.admin.delete(f"/transfers/v1/transfers/{sent.id}")


def guest_of(visitors: Visitors, site: SlowSite, sent: Sent, **how: Any) -> Visitor:
    """Somebody with the list of files open. A download that fails stands in the browser's console."""
    visitor = visitors.guest(sent.link, site=site, **how)
    visitor.guard.allow(r"net::ERR_|Failed to load")
    if "/p/" in sent.link:
        # What is sent plain has a page without script first.
        visitor.page.get_by_role("link", name=PLAIN["full_page"]).click()
    visitor.page.get_by_role("button", name=WORDS["show_files"]).click()
    visitor.page.get_by_role("heading", name=WORDS["files"], exact=True).wait_for()
    return visitor


def begun(page: Page) -> Download:
    """Press the main button: what the browser's download list got."""
    with page.expect_download() as waiting:
        page.locator("main button.main").click()
    return waiting.value


@pytest.mark.parametrize("transfer_class", ["managed", "plain"])
@pytest.mark.parametrize(("end", "why"), [(expire, "expired"), (recall, "revoked")], ids=["expired", "recalled"])
def test_what_ends_in_the_middle_says_why(
    visitors: Visitors,
    slow_site: SlowSite,
    large: Path,
    transfer_class: str,
    end: Callable[[SlowSite, Sent], None],
    why: str,
) -> None:
    sent = slow_site.send(large, proof="link", more=("--class", transfer_class))
    page = guest_of(visitors, slow_site, sent).page
    with slow_site.at(RATE):
        download = begun(page)
        expect(page.get_by_text(UNDER_WAY)).to_be_visible()
        end(slow_site, sent)
        expect(page.get_by_text(WORDS[f"ended_{why}"])).to_be_visible(timeout=60_000)
    expect(page.get_by_text(WORDS["nothing_saved"])).to_be_visible()
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_have_count(0)
    assert download.failure() is not None
    page.goto(sent.link)
    # The page without script says it in its own words.
    told = WORDS[f"ended_{why}"] if transfer_class == "managed" else PLAIN["gone"]
    expect(page.get_by_text(told).first).to_be_visible()
    expect(page.get_by_text(WORDS["nothing_saved"])).to_have_count(0)


def test_a_picked_file_is_gone_with_what_was_sent(visitors: Visitors, slow_site: SlowSite, large: Path) -> None:
    """Browsers make an empty file when it is picked: none is left under the name of what did not come."""
    sent = slow_site.send(large, proof="link")
    page = guest_of(visitors, slow_site, sent, before=with_pickers).page
    with slow_site.at(RATE):
        page.locator("main button.main").click()
        expect(page.get_by_text(UNDER_WAY)).to_be_visible()
        assert stored(page)[large.name] == b""
        expire(slow_site, sent)
        expect(page.get_by_text(WORDS["ended_expired"])).to_be_visible(timeout=60_000)
    expect(page.get_by_text(WORDS["nothing_saved"])).to_be_visible()
    assert stored(page) == {}


def test_what_the_browser_saves_by_itself_is_told_its_end(
    visitors: Visitors, slow_site: SlowSite, small_file: Path
) -> None:
    """The page sees nothing of such a download any more, so it says at once until when it has to be finished."""
    sent = slow_site.send(small_file, proof="link")
    page = guest_of(visitors, slow_site, sent, user_agent=LINE).page
    download = begun(page)
    expect(page.get_by_text(WORDS["handed"])).to_be_visible()
    expect(page.get_by_text(WORDS["handed_until"].partition("{time}")[0])).to_be_visible()
    assert download.failure() is None
    recall(slow_site, sent)
    page.locator("main button.main").click()
    expect(page.get_by_text(WORDS["ended_revoked"])).to_be_visible()


def test_the_last_byte_before_the_end_counts(visitors: Visitors, slow_site: SlowSite, small_file: Path) -> None:
    """What arrived whole is saved, although the server, asked a moment later, knows nothing of it any more."""
    sent = slow_site.send(small_file, proof="link")
    page = guest_of(visitors, slow_site, sent).page

    def late(route: Route) -> None:
        recall(slow_site, sent)
        route.continue_()

    page.route("**/complete", late)
    download = begun(page)
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible()
    assert download.failure() is None
    assert Path(download.path()).read_bytes() == small_file.read_bytes()
    page.reload()
    expect(page.get_by_text(WORDS["ended_revoked"])).to_be_visible()
