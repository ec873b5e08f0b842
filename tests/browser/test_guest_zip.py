"""All files as one zip out of the page, opened by what people have; and browsers that can't open files themselves."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.support.hands import words
from tests.browser.support.site import Sent, Site
from tests.browser.support.visitors import Visitors

pytestmark = pytest.mark.slow
WORDS = words("guest")
UNICODE = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
# The last one is written with a combining mark, as macOS gives names.
FILES = {
    "見積書 2026.txt": b"1,200,000\n",
    "図面/一階/平面図.bin": bytes(range(256)) * 9000,
    "図面/二階.txt": "二階\n".encode(),
    "か\u3099.txt": b"ga\n",
}
LINE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36 Line/14.20.0"
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as people send it."""
    folder = tmp_path_factory.mktemp("tree") / "資料"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def sent(site: Site, tree: Path) -> Sent:
    """By link alone: what is tested begins behind the proof."""
    return site.send(tree, proof="link", more=("--title", "資料一式"))


def inside(page: Page) -> None:
    page.get_by_role("button", name=WORDS["show_files"]).click()
    page.get_by_role("heading", name=WORDS["files"], exact=True).wait_for()


def read(folder: Path) -> dict[str, bytes]:
    """What lies below a folder by relative path, names in NFC."""
    found = [one for one in folder.rglob("*") if one.is_file()]
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in found}


def test_a_zip_of_japanese_names_opens_everywhere(guest_page: Callable[..., Page], sent: Sent, tmp_path: Path) -> None:
    page = guest_page(sent.link)
    inside(page)
    for name in ("見積書 2026.txt", "平面図.bin", "図面/一階"):
        expect(page.get_by_text(name).first).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["save_all"]).click()
    assert waiting.value.failure() is None
    assert waiting.value.suggested_filename == "資料一式.zip"
    archive = tmp_path / "all.zip"
    waiting.value.save_as(archive)
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible()
    wanted = sorted(FILES.values())
    opened = {}
    commands = {
        "unzip": ["unzip", "-q", str(archive), "-d"],
        "7z": ["7z", "x", str(archive), "-o{}"],
        "bsdtar": ["bsdtar", "-xf", str(archive), "-C"],
    }
    for tool, command in commands.items():
        into = tmp_path / tool
        into.mkdir()
        arguments = [one.format(into) for one in command] if "{}" in command[-1] else [*command, str(into)]
        subprocess.run(arguments, env=UNICODE, check=True, timeout=60, capture_output=True)
        opened[tool] = read(into)
        assert sorted(opened[tool].values()) == wanted, tool
    with zipfile.ZipFile(archive) as python:
        assert python.testzip() is None
        opened["python"] = {name: python.read(name) for name in python.namelist()}
    names = {tuple(sorted(found)) for found in opened.values()}
    assert len(names) == 1, names
    assert any(name.endswith("が.txt") for name in opened["python"])


def test_some_of_them_or_one_by_itself(guest_page: Callable[..., Page], sent: Sent, tmp_path: Path) -> None:
    page = guest_page(sent.link)
    inside(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save 見積書 2026.txt").click()
    assert Path(waiting.value.path()).read_bytes() == FILES["見積書 2026.txt"]
    expect(page.get_by_text(WORDS["saved"], exact=True)).to_be_visible()
    for name in ("見積書 2026.txt", "二階.txt"):
        page.get_by_role("checkbox", name=name).check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the 2 selected").click()
    archive = tmp_path / "two.zip"
    waiting.value.save_as(archive)
    with zipfile.ZipFile(archive) as python:
        assert sorted(python.read(name) for name in python.namelist()) == sorted(
            [FILES["見積書 2026.txt"], FILES["図面/二階.txt"]]
        )


def test_a_view_inside_an_app_gets_it_from_the_server(visitors: Visitors, sent: Sent, tmp_path: Path) -> None:
    page = visitors.guest(sent.link, user_agent=LINE).page
    inside(page)
    expect(page.get_by_text(WORDS["in_app"], exact=True)).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save 見積書 2026.txt").click()
    assert waiting.value.failure() is None
    assert Path(waiting.value.path()).read_bytes() == FILES["見積書 2026.txt"]
    expect(page.get_by_text(WORDS["handed"])).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["save_all"]).click()
    archive = tmp_path / "all.zip"
    waiting.value.save_as(archive)
    with zipfile.ZipFile(archive) as python:
        assert sorted(python.read(name) for name in python.namelist()) == sorted(FILES.values())


def test_a_sealed_one_in_a_browser_that_cant_says_how_to_open_it_elsewhere(
    visitors: Visitors, site: Site, small_file: Path
) -> None:
    sealed = site.send(small_file, proof="link", more=("--seal",))

    def old(context: BrowserContext) -> None:
        context.add_init_script("delete AbortSignal.any")

    page = visitors.guest(sealed.link, before=old).page
    inside(page)
    expect(page.get_by_text(WORDS["not_here"])).to_be_visible()
    expect(page.get_by_label(WORDS["elsewhere_link"], exact=True)).to_have_value(sealed.link)
    code = page.get_by_role("img", name=WORDS["elsewhere_qr"])
    expect(code).to_be_visible()
    # Cameras want dark on light, whatever the theme.
    for part, colour in (("rect", "rgb(255, 255, 255)"), ("path", "rgb(0, 0, 0)")):
        expect(code.locator(part)).to_have_css("fill", colour)
