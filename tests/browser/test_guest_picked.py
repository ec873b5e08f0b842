"""Saving to a file or a folder that the guest picked, by the File System Access API: bytes compared, no room, refused, closed, gone on."""

import io
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.hands import words
from tests.browser.support.pickers import answer, asked, stored, with_pickers, with_pickers_and_worker
from tests.browser.support.site import Sent, Site
from tests.browser.support.visitors import Visitors

pytestmark = pytest.mark.slow
WORDS = words("guest")
MIB = 2**20
FULL = "There is not enough room where the file is saved."
REFUSED = "Saving was not allowed."


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is sent: relative path -> content; one of them in several ranges."""
    return {
        "資料/見積書 2026.txt": b"1,200,000\n",
        "資料/図面/一階/平面図.bin": secrets.token_bytes(19 * MIB + 7),
        "資料/図面/空.txt": b"",
    }


@pytest.fixture(scope="module")
def sent(site: Site, tree: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Sent:
    folder = tmp_path_factory.mktemp("tree")
    for name, content in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return site.send(folder / "資料", proof="link", more=("--title", "資料一式"))


def inside(visitors: Visitors, sent: Sent) -> Page:
    """The list of files in front of a guest whose dialogs are answered."""
    page = visitors.guest(sent.link, before=with_pickers).page
    show_files(page)
    return page


def show_files(page: Page) -> None:
    page.get_by_role("button", name=WORDS["show_files"]).click()
    page.get_by_role("heading", name=WORDS["files"], exact=True).wait_for()


def all_saved(page: Page) -> None:
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible(timeout=30_000)


@contextmanager
def room(page: Page, site: Site, size: int) -> Iterator[None]:
    """A disk with so many bytes left for the page's files, until the end of the block."""
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": site.url, "quotaSize": size})
    try:
        yield
    finally:
        session.send("Storage.overrideQuotaForOrigin", {"origin": site.url})
        session.detach()


def test_one_file_goes_where_it_was_picked(visitors: Visitors, sent: Sent, tree: dict[str, bytes]) -> None:
    page = inside(visitors, sent)
    page.get_by_role("button", name="Save 平面図.bin").click()
    all_saved(page)
    assert asked(page) == ["平面図.bin"]
    assert stored(page) == {"平面図.bin": tree["資料/図面/一階/平面図.bin"]}
    # Nobody else's file is meant when another name is saved beside it.
    page.get_by_role("button", name="Save 空.txt").click()
    expect(page.get_by_text("空.txt").nth(1)).to_be_visible()
    all_saved(page)
    assert stored(page)["空.txt"] == b""


def test_all_go_as_one_zip_where_it_was_picked(visitors: Visitors, sent: Sent, tree: dict[str, bytes]) -> None:
    page = inside(visitors, sent)
    page.get_by_role("button", name=WORDS["save_all"]).click()
    all_saved(page)
    [(name, content)] = stored(page).items()
    assert name == "資料一式.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {one: archive.read(one) for one in archive.namelist()} == tree


def test_all_go_into_a_folder_each_under_its_own_name(visitors: Visitors, sent: Sent, tree: dict[str, bytes]) -> None:
    page = inside(visitors, sent)
    page.get_by_role("button", name=WORDS["save_folder"]).click()
    all_saved(page)
    assert asked(page) == ["readwrite"]
    assert stored(page) == tree
    # What is there already is never written over.
    page.get_by_role("button", name=WORDS["save_folder"]).click()
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_have_count(0)
    all_saved(page)
    again = {name.replace(".", " (2)."): content for name, content in tree.items()}
    assert stored(page) == {**tree, **again}


def test_a_closed_dialog_saves_and_counts_nothing(visitors: Visitors, site: Site, small_file: Path) -> None:
    once = site.send(small_file, proof="link", more=("--max-downloads", "1"))
    page = inside(visitors, once)
    answer(page, "close")
    save = page.locator("main button.main")
    save.click()
    page.wait_for_function("() => testPickers.asked.length === 1")
    expect(save).to_be_enabled()
    assert page.get_by_role("alert").count() == 0
    assert stored(page) == {}
    answer(page, "pick")
    save.click()
    all_saved(page)
    assert stored(page) == {small_file.name: small_file.read_bytes()}


def test_what_may_not_be_written_says_so_and_another_place_helps(
    visitors: Visitors, site: Site, small_file: Path
) -> None:
    once = site.send(small_file, proof="link", more=("--max-downloads", "1"))
    page = inside(visitors, once)
    answer(page, "refuse")
    page.locator("main button.main").click()
    expect(page.get_by_role("alert")).to_contain_text(REFUSED)
    assert stored(page) == {}
    answer(page, "pick")
    page.get_by_role("button", name=words("frame")["try_again"]).click()
    all_saved(page)
    assert stored(page) == {small_file.name: small_file.read_bytes()}


def test_a_folder_that_may_not_be_written(visitors: Visitors, sent: Sent, tree: dict[str, bytes]) -> None:
    page = inside(visitors, sent)
    answer(page, "refuse")
    page.get_by_role("button", name=WORDS["save_folder"]).click()
    expect(page.get_by_role("alert")).to_contain_text(REFUSED)
    answer(page, "pick")
    # As where the permission is taken back between picking and writing.
    page.evaluate(
        """() => {
          const { createWritable } = FileSystemFileHandle.prototype;
          FileSystemFileHandle.prototype.createWritable = async function () {
            FileSystemFileHandle.prototype.createWritable = createWritable;
            throw new DOMException("taken back", "NotAllowedError");
          };
        }"""
    )
    page.get_by_role("button", name=WORDS["save_folder"]).click()
    expect(page.get_by_role("alert")).to_contain_text(REFUSED)
    page.get_by_role("button", name=words("frame")["try_again"]).click()
    all_saved(page)
    assert stored(page) == tree


def test_without_room_it_says_so_and_goes_on_where_there_is(
    visitors: Visitors, site: Site, sent: Sent, tree: dict[str, bytes]
) -> None:
    page = inside(visitors, sent)
    with room(page, site, 12 * MIB):
        page.get_by_role("button", name=WORDS["save_folder"]).click()
        expect(page.get_by_role("alert")).to_contain_text(FULL, timeout=30_000)
        assert "資料/図面/一階/平面図.bin" not in stored(page)
    page.get_by_role("button", name=words("frame")["try_again"]).click()
    all_saved(page)
    # What had been saved before the disk was full is not saved once more.
    assert stored(page) == tree


def test_no_room_for_a_single_file_leaves_none_of_its_name(
    visitors: Visitors, site: Site, sent: Sent, tree: dict[str, bytes]
) -> None:
    page = inside(visitors, sent)
    with room(page, site, 12 * MIB):
        page.get_by_role("button", name="Save 平面図.bin").click()
        expect(page.get_by_role("alert")).to_contain_text(FULL, timeout=30_000)
        assert stored(page) == {}
    page.get_by_role("button", name=words("frame")["try_again"]).click()
    all_saved(page)
    assert stored(page) == {"平面図.bin": tree["資料/図面/一階/平面図.bin"]}


def test_a_small_file_needs_no_dialog_where_the_browser_has_its_own_list(
    visitors: Visitors, site: Site, small_file: Path
) -> None:
    page = visitors.guest(site.send(small_file, proof="link").link, before=with_pickers_and_worker).page
    show_files(page)
    with page.expect_download() as waiting:
        page.locator("main button.main").click()
    assert Path(waiting.value.path()).read_bytes() == small_file.read_bytes()
    assert asked(page) == []
