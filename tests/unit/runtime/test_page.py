"""The built page: its files, and its document for the addresses inside it."""

import asyncio
from pathlib import Path

import httpx
import pytest

from chalicelib.domain.errors import NotFound
from onprem.runtime.asgi_messages import Receive, Scope, Send
from onprem.runtime.page import Page


def got(folder: Path, path: str) -> httpx.Response:
    page = Page(str(folder))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await page.handle(scope, receive, send)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html>the page")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/app-1a2b.js").write_text("code")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/l", "/transfers/open"])
def test_addresses_inside_the_page_get_its_document(folder: Path, path: str) -> None:
    answer = got(folder, path)
    assert answer.text == "<!doctype html>the page"
    assert answer.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_built_files_may_be_kept(folder: Path) -> None:
    answer = got(folder, "/assets/app-1a2b.js")
    assert (answer.text, "immutable" in answer.headers["cache-control"]) == ("code", True)


@pytest.mark.parametrize("path", ["/absent.js", "/..%2f..%2fetc/passwd.txt"])
def test_a_file_that_is_not_there_is_not_found(folder: Path, path: str) -> None:
    with pytest.raises(NotFound):
        got(folder, path)
