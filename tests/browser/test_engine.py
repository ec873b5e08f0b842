"""The page's engine and edges in a real Chromium against a real runtime: up, down, the ways of saving, and what may go wrong in a browser."""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.browser.chromium import Chromium
from bench.content import make_file
from tests.browser.support.engine_site import (
    MIB,
    EngineSite,
    browsing,
    harness_page,
    recipient,
    sending,
    wait_until_moved,
)
from tests.e2e.support.waiting import wait_for, wait_until

__all__ = ["harness_page"]
pytestmark = pytest.mark.slow
PATIENCE_OF_WORKERS = 30


@pytest.fixture(scope="module")
def engine_site(harness_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSite]:
    with EngineSite(tmp_path_factory.mktemp("engine"), harness_page) as running:
        running.open()
        yield running


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chromium]:
    with browsing(tmp_path / "profile", downloads=tmp_path / "downloads") as running:
        yield running


class Downloads:
    """What the browser's download list says, by events of DevTools."""

    def __init__(self, browser: Chromium) -> None:
        self.begun: list[dict[str, Any]] = []
        self.states: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        browser.on("Browser.downloadWillBegin", self.begun.append)
        browser.on("Browser.downloadProgress", self._progress)

    def _progress(self, event: dict[str, Any]) -> None:
        with self._lock:
            self.states[event["guid"]] = event

    def all_in(self, state: str, *, count: int = 1) -> bool:
        with self._lock:
            return [one["state"] for one in self.states.values()].count(state) == count


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def link_of(site: EngineSite, how: dict[str, Any], sent: dict[str, Any]) -> str:
    link = site.link_for(recipient(how))
    return f"{link}.{sent['linkKey']}" if sent["linkKey"] else link


@pytest.mark.parametrize("transfer_class", ["managed", "sealed"])
def test_half_a_gibibyte_goes_up_and_comes_down(
    engine_site: EngineSite, browser: Chromium, tmp_path: Path, transfer_class: str
) -> None:
    source = make_file(tmp_path / "film.bin", 512 * MIB, seed=5)
    tab = engine_site.tab(browser)
    how = sending(**{"class": transfer_class})
    sent = tab.send(how, source)
    assert sent["resumed"] is False
    assert tab.ask("unfinished") == []
    guest = engine_site.tab(browser)
    received = guest.receive(link=link_of(engine_site, how, sent), sink="opfs")
    assert [one["sha256"] for one in received["files"]] == [sha256(source)]
    assert guest.ask("stored", timeout=200) == {"film.bin": {"size": 512 * MIB, "sha256": sha256(source)}}


def test_the_browser_s_own_download_list(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    """Several at once, each with its whole length told before it begins, under names that no header may break."""
    names = ["議事録 (1).bin", '100% "quoted" \'n; x=y.bin', "plain.bin"]
    sources = [make_file(tmp_path / name, (20 + at) * MIB + at, seed=at) for at, name in enumerate(names)]
    seen = Downloads(browser)
    tab = engine_site.tab(browser)
    links = []
    for source in sources:
        how = sending()
        links.append(link_of(engine_site, how, tab.send(how, source)))
    tabs = [engine_site.tab(browser) for _ in links]
    for one, link in zip(tabs, links, strict=True):
        one.begin("receive", {"link": link, "sink": "worker"})
    for one, source in zip(tabs, sources, strict=True):
        assert one.result()["files"][0]["sha256"] == sha256(source)
    wait_for(lambda: seen.all_in("completed", count=3), "three downloads are complete")
    totals = sorted(int(one["totalBytes"]) for one in seen.states.values())
    assert totals == [source.stat().st_size for source in sources]
    found = sorted(sha256(path) for path in (tmp_path / "downloads").iterdir())
    assert found == sorted(sha256(source) for source in sources)


def test_a_download_that_is_cancelled_in_the_list_stops(
    engine_site: EngineSite, browser: Chromium, tmp_path: Path
) -> None:
    source = make_file(tmp_path / "film.bin", 200 * MIB, seed=1)
    tab = engine_site.tab(browser)
    how = sending()
    link = link_of(engine_site, how, tab.send(how, source))
    seen = Downloads(browser)
    tab.begin("receive", {"link": link, "sink": "worker"})
    guid = str(wait_for(lambda: seen.begun, "a download begins")[0]["guid"])
    wait_for(lambda: int(seen.states.get(guid, {}).get("receivedBytes", 0)) > MIB, "some of it is there")
    browser.call("Browser.cancelDownload", guid=guid)
    assert tab.result()["failed"] == "save_cancelled"
    assert [path.name for path in (tmp_path / "downloads").iterdir() if path.stat().st_size >= 200 * MIB] == []


def test_a_worker_that_the_browser_ended_is_noticed(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    source = make_file(tmp_path / "film.bin", 400 * MIB, seed=11)
    tab = engine_site.tab(browser)
    how = sending()
    link = link_of(engine_site, how, tab.send(how, source))
    seen = Downloads(browser)
    tab.page.call("ServiceWorker.enable")
    tab.begin("receive", {"link": link, "sink": "worker"})
    guid = str(wait_for(lambda: seen.begun, "a download begins")[0]["guid"])
    wait_for(lambda: int(seen.states.get(guid, {}).get("receivedBytes", 0)) > MIB, "some of it is there")
    tab.page.call("ServiceWorker.stopAllWorkers")
    assert tab.result()["failed"] == "save_failed"
    assert [path.name for path in (tmp_path / "downloads").iterdir() if path.stat().st_size >= 400 * MIB] == []


def test_a_pause_longer_than_a_worker_s_patience(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    """Browsers end a service worker that heard nothing for half a minute."""
    source = make_file(tmp_path / "film.bin", 200 * MIB, seed=12)
    tab = engine_site.tab(browser)
    how = sending()
    link = link_of(engine_site, how, tab.send(how, source))
    seen = Downloads(browser)
    tab.begin("receive", {"link": link, "sink": "worker"})
    guid = str(wait_for(lambda: seen.begun, "a download begins")[0]["guid"])
    wait_for(lambda: int(seen.states.get(guid, {}).get("receivedBytes", 0)) > MIB, "some of it is there")
    tab.ask("pause")
    wait_until(time.time() + PATIENCE_OF_WORKERS + 5)
    tab.ask("go")
    assert tab.result()["files"][0]["sha256"] == sha256(source)
    wait_for(lambda: seen.all_in("completed"), "the download is complete")
    assert sha256(tmp_path / "downloads/film.bin") == sha256(source)


def test_a_damaged_file_is_a_failed_download(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    source = make_file(tmp_path / "damaged.bin", 40 * MIB, seed=2)
    tab = engine_site.tab(browser)
    how = sending()
    known = set((engine_site.data / "blobs").rglob("*"))
    link = link_of(engine_site, how, tab.send(how, source))
    parts = [one for one in (engine_site.data / "blobs").rglob("*") if one not in known and one.is_file()]
    with max(parts, key=lambda one: one.stat().st_size).open("r+b") as part:
        part.seek(10 * MIB)
        [byte] = part.read(1)
        part.seek(10 * MIB)
        part.write(bytes([byte ^ 1]))
    seen = Downloads(browser)
    assert tab.receive(link=link, sink="worker")["failed"] == "integrity_failed"
    wait_for(lambda: seen.all_in("canceled"), "the browser says that it failed")
    assert not (tmp_path / "downloads/damaged.bin").exists()
    for sink in ("folder", "memory", "opfs"):
        assert tab.receive(link=link, sink=sink)["failed"] == "integrity_failed"
    # A file that was picked is there before it is written; it must stay as it was.
    assert {one["size"] for one in tab.ask("stored").values()} <= {0}


def test_a_folder_keeps_what_came_and_goes_on_there(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    source = make_file(tmp_path / "film.bin", 160 * MIB, seed=3)
    tab = engine_site.tab(browser)
    how = sending()
    link = link_of(engine_site, how, tab.send(how, source))
    tab.page.open(engine_site.url + "/")
    tab.begin("receive", {"link": link, "sink": "folder"})
    wait_until_moved(tab, 60 * MIB)
    tab.ask("stop")
    assert tab.result()["failed"] == "stopped"
    [(name, kept)] = tab.ask("stored").items()
    assert name == "film.bin.fumibako-part"
    assert 0 < kept["size"] < 160 * MIB
    received = tab.receive(link=link, sink="folder")
    assert received["files"][0]["sha256"] == sha256(source)
    assert tab.ask("stored") == {"film.bin": {"size": 160 * MIB, "sha256": sha256(source)}}
    # What is there already is never written over.
    tab.receive(link=link, sink="folder")
    assert sorted(tab.ask("stored")) == ["film (2).bin", "film.bin"]


def test_two_tabs_do_not_send_one_file_twice(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    source = make_file(tmp_path / "film.bin", 256 * MIB, seed=4)
    first, second = engine_site.tab(browser), engine_site.tab(browser)
    how = sending()
    first.page.choose("#files", source)
    first.begin("send", how)
    # The record is held once a byte has left; the machine may be faster than the second tab.
    wait_until_moved(first, 1)
    first.ask("pause")
    assert second.send(how, source)["failed"] == "upload_running"
    first.ask("go")
    assert "transfer" in first.result()


def test_a_lock_is_gone_with_its_tab(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    source = make_file(tmp_path / "film.bin", 256 * MIB, seed=6)
    first, second = engine_site.tab(browser), engine_site.tab(browser)
    how = sending()
    first.page.choose("#files", source)
    first.begin("send", how)
    wait_until_moved(first, 40 * MIB)
    first.page.close()
    [left] = wait_for(lambda: second.ask("unfinished"), "the record is free")
    assert second.send({**how, "journal": left["journal"]}, source)["resumed"] is True


def test_a_browser_without_room_says_so(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    source = make_file(tmp_path / "film.bin", 40 * MIB, seed=7)
    _, link = engine_site.sent(engine_site.staff(tmp_path), str(source))
    tab = engine_site.tab(browser)
    # Before anything is stored: Chromium asks for the room that is left only now and then.
    tab.page.call("Storage.overrideQuotaForOrigin", origin=engine_site.url, quotaSize=1)
    assert tab.send(sending(), source)["failed"] == "browser_full"
    assert tab.receive(link=link, sink="folder")["failed"] == "disk_full"
    tab.page.call("Storage.overrideQuotaForOrigin", origin=engine_site.url, quotaSize=20 * MIB)
    assert tab.receive(link=link, sink="opfs")["failed"] == "disk_full"
    tab.page.call("Storage.overrideQuotaForOrigin", origin=engine_site.url)
    assert tab.receive(link=link, sink="opfs")["files"][0]["sha256"] == sha256(source)


def test_chosen_files_are_kept_beside_their_record(engine_site: EngineSite, browser: Chromium) -> None:
    tab = engine_site.tab(browser)
    assert tab.ask("kept") == "none"
    assert tab.ask("restored")["failed"] == "upload_unknown"
    tab.ask("keep", "dear all")
    tab.page.open(engine_site.url + "/")
    assert tab.ask("kept") == "granted"
    assert tab.ask("restored") == [["picked/letter.txt", "dear all"], ["letter.txt", "dear all"]]


def test_the_service_worker_controls_no_page(engine_site: EngineSite, browser: Chromium) -> None:
    tab = engine_site.tab(browser)
    tab.ask("saveWay", {"class": "managed", "size": 1, "compatible": True})
    scopes = "navigator.serviceWorker.getRegistrations().then((all) => all.map((one) => new URL(one.scope).pathname))"
    assert tab.page.evaluate(scopes) == ["/save/"]
    tab.page.open(engine_site.url + "/")
    assert tab.page.evaluate("navigator.serviceWorker.controller") is None
    # Whoever was not announced gets nothing from it.
    assert (
        tab.page.evaluate("fetch('/save/guessed').then((answer) => answer.headers.get('content-disposition'))") is None
    )


def test_no_other_script_can_be_started(engine_site: EngineSite, browser: Chromium) -> None:
    tab = engine_site.tab(browser)
    start = "(() => { try { new Worker(%s); return 'started'; } catch (error) { return error.name; } })()"
    for address in ("'/sw.js'", "'data:text/javascript,1'", "URL.createObjectURL(new Blob(['1']))"):
        assert tab.page.evaluate(start % address) == "TypeError"


def test_what_this_browser_can_do(engine_site: EngineSite, browser: Chromium) -> None:
    tab = engine_site.tab(browser)
    wanted = {"class": "managed", "size": 10 * MIB, "compatible": True}
    assert tab.ask("saveWay", wanted) == {"kind": "worker", "because": "usual"}


def test_a_line_that_is_lost_in_the_middle(engine_site: EngineSite, browser: Chromium, tmp_path: Path) -> None:
    """The browser says that it is offline: what is under way breaks, waits without using up its tries, and goes on by itself."""
    source = make_file(tmp_path / "film.bin", 256 * MIB, seed=8)
    tab = engine_site.tab(browser)
    tab.page.call("Network.enable")
    line = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    how = sending()
    tab.page.choose("#files", source)
    tab.begin("send", how)
    wait_until_moved(tab, 30 * MIB)
    tab.page.call("Network.emulateNetworkConditions", offline=True, **line)
    before = tab.ask("progress")["done"]
    assert tab.page.evaluate("navigator.onLine") is False
    assert before < 256 * MIB
    tab.page.call("Network.emulateNetworkConditions", offline=False, **line)
    sent = tab.result()
    assert "transfer" in sent
    [file] = engine_site.outsider(tmp_path).json("get", link_of(engine_site, how, sent), "-o", str(tmp_path / "in"))[
        "files"
    ]
    assert file["sha256"] == sha256(source)
