"""Where a link's secrets go: the token into bodies of HTTPS alone, the key nowhere. Seen on the wire, in the address bar and in the server's log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fumibako.links import parse_link
from playwright.sync_api import Browser

from tests.browser.support.built_page import BuiltPage
from tests.browser.support.guest_steps import prove
from tests.browser.support.site import Sent, Site
from tests.browser.support.tap import Tap
from tests.browser.support.visitors import Visitors
from tests.e2e.support.ports import reserved_port

pytestmark = pytest.mark.slow


class TappedSite(Site):
    """Its address is the tap's; the runtime listens behind it."""

    def __init__(self, folder: Path, page: BuiltPage) -> None:
        self.behind = reserved_port()
        super().__init__(folder, page, LISTEN_PORT=str(self.behind))


@pytest.fixture(scope="module")
def tapped(built_page: BuiltPage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TappedSite, Tap]]:
    with (
        TappedSite(tmp_path_factory.mktemp("tapped"), built_page) as site,
        Tap(site.port, site.behind) as tap,
    ):
        site.open()
        yield site, tap


@pytest.fixture(scope="module", params=["managed", "sealed"])
def walked(
    request: pytest.FixtureRequest,
    tapped: tuple[TappedSite, Tap],
    chromium: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> "Walked":
    """A guest went from the link to the list of files, then loaded the page anew."""
    site, tap = tapped
    path = tmp_path_factory.mktemp("files") / "図面.txt"
    path.write_text("secret content\n")
    sent = site.send(path, more=("--seal",) if request.param == "sealed" else ())
    tap.forget()
    people = Visitors(chromium, site)
    visitor = people.guest(sent.link)
    prove(visitor.page, site, sent)
    addresses = [visitor.page.url, visitor.page.evaluate("() => document.referrer")]
    visitor.page.reload()
    visitor.page.get_by_role("heading", level=1).wait_for()
    addresses.append(visitor.page.url)
    storage = visitor.page.evaluate("() => JSON.stringify([{ ...localStorage }, document.cookie])")
    people.close(judge=True)
    return Walked(sent, tap.heard, tap.heads, addresses, storage, site)


class Walked:
    """What was left behind by one visit."""

    def __init__(
        self, sent: Sent, heard: bytes, heads: list[str], addresses: list[str], storage: str, site: Site
    ) -> None:
        link = parse_link(sent.link)
        self.sent, self.token, self.key = sent, link.token, link.key
        self.heard, self.heads, self.addresses, self.storage = heard, heads, addresses, storage
        self.log = (site.folder / "runtime.log").read_text("utf-8", "replace")
        self.codes = [site.newest_code(sent.address)]


def test_the_address_bar_holds_no_secret_after_opening(walked: Walked) -> None:
    for address in walked.addresses:
        assert walked.token not in address
        assert "#" not in address


def test_no_address_or_header_of_a_request_holds_token_or_key(walked: Walked) -> None:
    assert len(walked.heads) > 5
    for head in walked.heads:
        assert walked.token not in head
        assert "referer:" not in head.lower()


def test_the_key_is_never_sent(walked: Walked) -> None:
    assert walked.token.encode() in walked.heard, "the tap hears nothing"
    if walked.key is None:
        return
    text = walked.key if isinstance(walked.key, str) else ""
    assert walked.sent.link.rsplit(".", 1)[-1].encode() not in walked.heard
    assert not text or text.encode() not in walked.heard


def test_the_server_s_log_holds_no_secret(walked: Walked) -> None:
    assert '"service"' in walked.log, "the log says nothing"
    for secret in (walked.token, walked.sent.address, *walked.codes, "図面"):
        assert secret not in walked.log
    assert "eyJ" not in walked.log


def test_nothing_secret_outlives_the_tab(walked: Walked) -> None:
    assert walked.token not in walked.storage
    assert walked.sent.link.rsplit(".", 1)[-1] not in walked.storage
