"""The browser killed, and the browser asleep, in the middle of half a gibibyte: what had arrived is not sent again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.content import make_file, sha256
from fumibako_format.streaming import ciphertext_size
from tests.browser.support.engine_site import (
    MIB,
    CountedSite,
    EngineSite,
    browsing,
    harness_page,
    recipient,
    sending,
    wait_until_moved,
)
from tests.e2e.support.waiting import wait_until

__all__ = ["harness_page"]
pytestmark = pytest.mark.slow
SIZE = 512 * MIB
# As many parts, and as large, as the engine has on their way at once (web/src/engine/upload/part_sender.ts).
AT_ONCE, PART = 5, 16 * MIB
LIFE_SECONDS = 10


@pytest.fixture
def counted_site(harness_page: Path, tmp_path: Path) -> Iterator[CountedSite]:
    with CountedSite(tmp_path / "site", harness_page) as site, site.line:
        site.open()
        yield site


@pytest.mark.parametrize("transfer_class", ["managed", "sealed"])
def test_a_killed_browser_goes_on_where_it_stopped(
    counted_site: CountedSite, tmp_path: Path, transfer_class: str
) -> None:
    source = make_file(tmp_path / "film.bin", SIZE, seed=9)
    how = sending(**{"class": transfer_class})
    with browsing(tmp_path / "profile") as browser:
        tab = counted_site.tab(browser)
        before = counted_site.line.sent
        tab.page.choose("#files", source)
        tab.begin("send", how)
        wait_until_moved(tab, SIZE // 2)
        browser.kill()
    with browsing(tmp_path / "profile") as browser:
        tab = counted_site.tab(browser)
        [left] = tab.ask("unfinished")
        sent = tab.send({**how, "journal": left["journal"]}, source)
        assert sent["resumed"] is True
        assert tab.ask("unfinished") == []
    travelled = counted_site.line.sent - before
    # A hundredth more for headers, records and the calls between.
    assert travelled <= (ciphertext_size(SIZE) + AT_ONCE * PART) * 1.01
    assert sent["sentBytes"] <= SIZE // 2 + AT_ONCE * PART
    link = counted_site.link_for(recipient(how)) + (f".{sent['linkKey']}" if sent["linkKey"] else "")
    [file] = counted_site.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"), seconds=200)["files"]
    assert file["sha256"] == sha256(source)


def test_a_browser_that_slept_goes_on(harness_page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP as sleep, for longer than tokens and signed addresses live; both ways."""
    source = make_file(tmp_path / "film.bin", 256 * MIB, seed=10)
    monkeypatch.setenv("TOKEN_SECONDS", str(LIFE_SECONDS))
    monkeypatch.setenv("URL_SECONDS", str(LIFE_SECONDS))
    with EngineSite(tmp_path / "site", harness_page) as site, browsing(tmp_path / "profile") as browser:
        site.init()
        site.serve(module="tests.faults.line.short_lives")
        tab = site.tab(browser)
        how = sending()
        for way in ("send", "receive"):
            if way == "send":
                tab.page.choose("#files", source)
                tab.begin("send", how)
            else:
                tab = site.tab(browser)
                tab.begin("receive", {"link": site.link_for(recipient(how)), "sink": "opfs"})
            wait_until_moved(tab, 50 * MIB)
            browser.pause()
            wait_until(time.time() + LIFE_SECONDS + 2)
            browser.go()
            done = tab.result()
            assert "failed" not in done, done
        assert done["files"][0]["sha256"] == sha256(source)
