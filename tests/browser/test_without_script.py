"""Plain transfers in a real browser whose JavaScript is off, and a compatible download by plain navigation: both end in a file on the disk."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.waiting import wait_for
from tests.e2e.test_compatible_download import Taker, ids, sent

__all__ = ["company"]


@pytest.fixture
def bare(chromium: Browser) -> Iterator[BrowserContext]:
    """No script, a narrow phone, Japanese."""
    context = chromium.new_context(
        java_script_enabled=False, locale="ja-JP", viewport={"width": 320, "height": 640}, accept_downloads=True
    )
    yield context
    context.close()


def wide(page: Page) -> bool:
    """Whether anything sticks out of the window: the page then is wider than it, and its picture too."""
    box = page.locator("main").bounding_box()
    return box is None or box["width"] > 320


def test_a_guest_without_script_has_the_file_after_one_code(
    company: Company, bare: BrowserContext, tmp_path: Path
) -> None:
    source = tmp_path / f"見積書-{'長い名前' * 12}.csv"
    source.write_bytes("品名,数\n".encode())
    to = someone()
    company.staff(tmp_path).json("send", str(source), "--to", to, "--class", "plain", "--hold", "0", "--proof", "code")
    page = bare.new_page()
    page.goto(company.link_for(to))
    assert page.locator("html").get_attribute("lang") == "ja"
    assert "Acme Admin" in page.inner_text("h1")
    known = {one.id for one in company.letters(to)}
    page.get_by_role("button", name="確認番号をメールで受け取る").click()
    code = wait_for(lambda: company._code(to, known), "a code")
    page.get_by_label("メールに届いた確認番号").fill(code)
    page.get_by_role("button", name="次へ進む").click()
    link = page.get_by_role("link", name=re.compile("をダウンロード"))
    assert link.bounding_box()["height"] >= 44  # type: ignore[index]
    assert not wide(page)
    with page.expect_download() as coming:
        link.click()
    assert coming.value.suggested_filename == source.name
    coming.value.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == source.read_bytes()


def test_a_navigation_to_an_address_is_a_download(company: Company, chromium: Browser, tmp_path: Path) -> None:
    """The sandboxing policy of the answer must not keep the browser from storing it."""
    contents = {"図面.bin": b"\x00\x01" * 3_000_000, "b.txt": b"b"}
    _, taker = sent(company, tmp_path, contents)
    assert isinstance(taker, Taker)
    files = ids(taker)
    context = chromium.new_context(accept_downloads=True)
    try:
        page = context.new_page()
        page.goto(company.url + "/healthz")
        for named, length in ((files[:1], len(contents["図面.bin"])), (files, None)):
            told = taker.address(named)
            with page.expect_download() as coming:
                page.evaluate("url => { location.href = url; }", told["url"])
            coming.value.save_as(tmp_path / "got")
            assert coming.value.suggested_filename == told["name"]
            assert (tmp_path / "got").stat().st_size == told["length"]
            assert length in (None, told["length"])
        assert page.url.endswith("/healthz")
    finally:
        context.close()
