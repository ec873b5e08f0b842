"""Looking at files before saving them: in a frame without an origin, where hostile ones can do nothing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.support import specimens
from tests.browser.support.built_page import BuiltPage
from tests.browser.support.hands import words
from tests.browser.support.site import Sent, Site
from tests.browser.support.visitors import Visitor, Visitors

pytestmark = pytest.mark.slow
WORDS = words("guest")
TEXT = "お見積り\t1,200,000円\r\n<b>太字ではない</b>\r\n"
FILES = {
    "shift_jis.csv": TEXT.encode("cp932"),
    "photo.png": specimens.png(),
    "drawing.svg": specimens.svg(),
    "page.html": specimens.html(),
    "plan.pdf": specimens.pdf(),
    "broken.pdf": b"%PDF-1.7\nnothing of it\n",
    "broken.png": specimens.png()[:8] + b"nothing of it",
    "program.exe": b"MZ",
}


@pytest.fixture(scope="module")
def sent(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """One of each kind, opened by a press."""
    folder = tmp_path_factory.mktemp("kinds")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return site.send(*(folder / name for name in FILES), proof="link")


@pytest.fixture
def reader(visitors: Visitors, sent: Sent) -> Visitor:
    """Somebody in front of the list."""
    visitor = visitors.guest(sent.link)
    visitor.page.get_by_role("button", name=WORDS["show_files"]).click()
    visitor.page.get_by_role("heading", name=WORDS["files"], exact=True).wait_for()
    return visitor


def look(page: Page, name: str) -> Frame:
    """The preview's frame, once it is shown."""
    page.get_by_role("button", name=f"Look at {name}").click()
    page.locator("iframe.preview.shown").wait_for(timeout=30_000)
    [frame] = [one for one in page.frames if one.url.endswith("/preview.html")]
    return frame


def unharmed(page: Page) -> None:
    assert page.evaluate("() => globalThis.hit") is None
    assert page.url.endswith("/l")


def test_text_of_old_windows_is_text(reader: Visitor) -> None:
    frame = look(reader.page, "shift_jis.csv")
    assert frame.locator("pre").inner_text().splitlines()[:2] == ["お見積り\t1,200,000円", "<b>太字ではない</b>"]


def test_an_image_is_shown_with_its_name(reader: Visitor) -> None:
    frame = look(reader.page, "photo.png")
    image = frame.get_by_role("img", name="photo.png")
    assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [40, 30]


def test_a_hostile_svg_is_a_picture(reader: Visitor) -> None:
    frame = look(reader.page, "drawing.svg")
    assert frame.locator("img").evaluate("image => image.naturalWidth") == 120
    assert frame.locator("svg, a, script:not([src], [type=importmap])").count() == 0
    unharmed(reader.page)


def test_a_hostile_page_is_its_own_source(reader: Visitor) -> None:
    frame = look(reader.page, "page.html")
    assert frame.locator("pre").inner_text() == specimens.html().decode()
    unharmed(reader.page)


def test_a_pdf_is_drawn_in_both_scripts_and_does_nothing(reader: Visitor) -> None:
    frame = look(reader.page, "plan.pdf")
    canvas = frame.locator("canvas")
    assert canvas.get_attribute("aria-label") == "Page 1 of 1"
    said = canvas.text_content() or ""
    assert "Drawing 42" in said
    assert "文箱" in said
    inked = canvas.evaluate(
        "canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        " let dark = 0; for (let at = 0; at < data.length; at += 4) if (data[at] < 128) dark += 1; return dark }"
    )
    assert inked > 500
    assert frame.locator("a, input, script:not([src], [type=importmap])").count() == 0
    unharmed(reader.page)


@pytest.mark.parametrize("name", ["broken.pdf", "broken.png"])
def test_what_can_not_be_shown_says_to_save_it(reader: Visitor, name: str) -> None:
    page = reader.page
    page.get_by_role("button", name=f"Look at {name}").click()
    expect(page.get_by_text(words("preview")["failed"])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_program_can_only_be_saved(reader: Visitor) -> None:
    assert reader.page.get_by_role("button", name="Save program.exe").count() == 1
    assert reader.page.get_by_role("button", name="Look at program.exe").count() == 0


def test_whatever_ran_in_the_frame_could_reach_nothing(reader: Visitor, site: Site) -> None:
    # Chromium writes each refusal into the console.
    reader.guard.allow(r"Content Security Policy|preview\.html|sandboxed|Blocked|SecurityError|Failed to")
    frame = look(reader.page, "photo.png")
    assert frame.evaluate("() => origin") == "null"
    for reach in (
        "() => localStorage.length",
        "() => sessionStorage.length",
        "() => document.cookie",
        "() => parent.document.title",
        "() => top.location.href",
        "() => { top.location = 'about:blank' }",
    ):
        with pytest.raises(Exception, match=r"SecurityError|Blocked|sandbox|denied"):
            frame.evaluate(reach)
    fetched = "url => fetch(url).then(() => 'came', () => 'refused')"
    assert frame.evaluate(fetched, f"{site.url}/auth/v1/me") == "refused"
    assert frame.evaluate(fetched, specimens.EVIL) == "refused"
    assert frame.evaluate("() => { const made = open('about:blank'); return made === null }") is True
    unharmed(reader.page)


def test_the_frame_loads_nothing_of_the_page(built_page: BuiltPage) -> None:
    text = (built_page.folder / "preview.html").read_text("utf-8")
    named = set(re.findall(r'(?:src|href)="/assets/([a-z_]+)-', text))
    assert named == {"loading", "preview"}


def test_looking_and_then_saving_counts_once(visitors: Visitors, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "once.txt"
    path.write_text("once\n")
    sent = site.send(path, proof="link", more=("--max-downloads", "1"))
    page = visitors.guest(sent.link).page
    page.get_by_role("button", name=WORDS["show_files"]).click()
    expect(page.get_by_text("can be saved 1 more time")).to_be_visible()
    look(page, "once.txt")
    page.keyboard.press("Escape")
    with page.expect_download() as waiting:
        page.locator("main button.main").click()
    assert Path(waiting.value.path()).read_text() == "once\n"
    expect(page.locator("main button.main")).to_have_count(0)
