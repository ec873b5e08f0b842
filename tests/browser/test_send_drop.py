"""Files and whole folders dropped on the page by a real drag, and what the recipient gets of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.dropping import drop
from tests.browser.support.sending import Sending
from tests.browser.support.site import Site
from tests.browser.support.visitors import Visitors
from tests.e2e.support.company import someone

MemberPage = Callable[..., Page]
PLACE = ".drop"


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """A folder as people have them: folders in folders, an empty one, what the system left there, a name with a combining mark."""
    folder = tmp_path / "out" / "図面一式"
    for name in (
        "一階/平面図.pdf",
        "一階/詳細/断面 (2).pdf",
        "二階/平面図.pdf",
        "か\u3099.txt",
        "一階/.DS_Store",
        "空.txt",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if name == "空.txt" else os.urandom(4000 + len(name)))
    (folder / "未使用").mkdir()
    return folder


def got(site: Site, tmp_path: Path, link: str) -> dict[str, bytes]:
    """What an outsider finds: relative path -> content."""
    into = tmp_path / "in"
    site.outsider(tmp_path).json("get", link, "-o", str(into))
    return {path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()}


def test_a_dropped_folder_arrives_in_its_shape(
    site: Site, member_page: MemberPage, tmp_path: Path, drawings: Path
) -> None:
    letter = tmp_path / "out" / "送付状.txt"
    letter.write_text("よろしくお願いします。\n", "utf-8")
    page = member_page("/send")
    sending = Sending(page)
    sending.button("check").wait_for()
    drop(page, PLACE, drawings, letter)
    expect(page.get_by_text(sending.said("files_count_other", count=6)).first).to_be_visible()
    expect(page.get_by_text(sending.said("left_out_system_file"))).to_be_visible()
    page.get_by_text(sending.said("show_inside", name="図面一式")).click()
    for name in ("一階/詳細/断面 (2).pdf", "二階/平面図.pdf", "が.txt", "空.txt"):
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    sending.people(someone())
    sending.at_once(proof="link")
    sending.send()
    sending.sent()
    wanted = {path.relative_to(drawings.parent).as_posix(): path.read_bytes() for path in drawings.rglob("*.[pt]*")}
    # Names travel in NFC, whatever the sender's disk has.
    wanted = {name.replace("か\u3099", "が"): content for name, content in wanted.items()}
    assert got(site, tmp_path, sending.link()) == {**wanted, letter.name: letter.read_bytes()}


def test_dropped_twice_it_is_there_once(member_page: MemberPage, drawings: Path) -> None:
    page = member_page("/send")
    sending = Sending(page)
    sending.button("check").wait_for()
    for _ in range(2):
        drop(page, PLACE, drawings)
        expect(page.get_by_text(sending.said("files_count_other", count=5)).first).to_be_visible()
    # Another folder of the same name is another matter: what differs is told, and nothing is exchanged in silence.
    (drawings / "か\u3099.txt").write_bytes(b"changed")
    drop(page, PLACE, drawings)
    expect(page.get_by_text(sending.said("left_out_duplicate_name"))).to_be_visible()


def test_an_empty_folder_is_told(member_page: MemberPage, tmp_path: Path) -> None:
    (tmp_path / "空のフォルダー" / "中").mkdir(parents=True)
    page = member_page("/send")
    sending = Sending(page)
    sending.button("check").wait_for()
    drop(page, PLACE, tmp_path / "空のフォルダー")
    expect(page.get_by_text(sending.said("left_out_nothing_inside"))).to_be_visible()
    expect(page.locator(".total")).to_have_count(0)


def test_a_drop_goes_to_the_upload_that_was_begun(visitors: Visitors, tmp_path: Path) -> None:
    """On the card of something unfinished a drop goes on with it; beside it, it begins something new."""
    visitor = visitors.member(path="/send")
    visitor.guard.allow(r"net::ERR_CONNECTION_RESET")
    page = visitor.page
    sending = Sending(page)
    sending.button("check").wait_for()
    film = tmp_path / "film.bin"
    film.write_bytes(os.urandom(1000))
    page.route("**/blobs/**", lambda route: route.abort("connectionreset"))
    sending.choose(film)
    sending.people(someone())
    sending.at_once(proof="link")
    with page.expect_event("requestfailed", lambda request: "/blobs/" in request.url):
        sending.send()
    sending.later()
    page.unroute("**/blobs/**")
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    drop(page, "[data-journal]", other)
    expect(page.get_by_text(sending.said("missing_one", count=1, names="film.bin"))).to_be_visible()
    expect(page.locator(".total")).to_have_count(0)
    drop(page, "[data-journal]", film)
    sending.sent()
