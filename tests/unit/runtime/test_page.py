"""The built page: its files, its headers, and its documents for the addresses inside it."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from chalicelib.domain.errors import NotFound
from onprem.runtime.asgi_messages import Message, Receive, Scope, Send
from onprem.runtime.page import Page, PageOrigins

BUILT = {
    "routes": {"/": "/index.html", "/l": "/guest.html", "/l/": "/guest.html", "*": "/index.html"},
    "rules": [
        {"match": "/assets/*_worker-*", "headers": {"Content-Security-Policy": "worker"}},
        {"match": "/assets/*", "headers": {"Cache-Control": "public, immutable"}},
        {
            "match": "/*.html",
            "headers": {
                "Cache-Control": "no-cache",
                "Content-Security-Policy": "connect-src 'self'{blobs}",
                "Strict-Transport-Security": "max-age=1",
            },
        },
    ],
}


def got(folder: Path, path: str, *, is_https: bool = True, method: str = "GET", **headers: str) -> httpx.Response:
    async def origins(host: str) -> PageOrigins:
        return PageOrigins((f"https://bytes.{host}",), is_https=is_https)

    page = Page(str(folder), origins)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await page.handle(scope, receive, send)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
            return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asyncio.run(ask())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "headers.json").write_text(json.dumps(BUILT))
    (tmp_path / "index.html").write_text("<!doctype html>members")
    (tmp_path / "guest.html").write_text("<!doctype html>guests")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/app-1a2b.js").write_text("code")
    (tmp_path / "assets/app-1a2b.js.br").write_bytes(b"brotli")
    (tmp_path / "assets/app-1a2b.js.gz").write_bytes(b"gzip")
    (tmp_path / "assets/crypto_worker-1.js").write_text("worker")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/transfers/open", "/transfers/tr_1/certificate", "/no/such/screen"])
def test_addresses_inside_the_page_get_the_members_document(folder: Path, path: str) -> None:
    answer = got(folder, path)
    assert (answer.text, answer.headers["content-type"]) == ("<!doctype html>members", "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/l", "/l/"])
def test_links_get_the_guests_document(folder: Path, path: str) -> None:
    assert got(folder, path).text == "<!doctype html>guests"


def test_the_policy_names_where_the_tenants_bytes_are(folder: Path) -> None:
    assert got(folder, "/").headers["content-security-policy"] == "connect-src 'self' https://bytes.x"
    assert got(folder, "/assets/crypto_worker-1.js").headers["content-security-policy"] == "worker"


def test_https_is_demanded_only_where_it_is_spoken(folder: Path) -> None:
    assert "strict-transport-security" in got(folder, "/").headers
    assert "strict-transport-security" not in got(folder, "/", is_https=False).headers


def test_built_files_may_be_kept(folder: Path) -> None:
    answer = got(folder, "/assets/app-1a2b.js", accept_encoding="identity")
    assert (answer.text, answer.headers["content-type"]) == ("code", "text/javascript; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("identity", ""),
        ("zstd", ""),
    ],
)
def test_the_smallest_form_that_the_client_takes_is_sent(folder: Path, accepted: str, expected: str) -> None:
    async def raw() -> tuple[str, bytes, str]:
        async def origins(_host: str) -> PageOrigins:
            return PageOrigins((), is_https=False)

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        scope = {"path": "/assets/app-1a2b.js", "method": "GET", "headers": [(b"accept-encoding", accepted.encode())]}
        await Page(str(folder), origins).handle(scope, receive, send)
        start, body = sent
        headers = dict(start["headers"])
        return headers.get(b"content-encoding", b"").decode(), body["body"], headers[b"vary"].decode()

    content = {"br": b"brotli", "gzip": b"gzip", "": b"code"}[expected]
    assert asyncio.run(raw()) == (expected, content, "Accept-Encoding")


def test_a_document_that_did_not_change_is_not_sent_again(folder: Path) -> None:
    tag = got(folder, "/").headers["etag"]
    again = got(folder, "/", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["/absent.js", "/..%2f..%2fetc/passwd.txt", "/assets/../headers.json", "/headers.json", "/assets/app-1a2b.js.br"],
)
def test_what_the_build_does_not_offer_is_not_found(folder: Path, path: str) -> None:
    with pytest.raises(NotFound):
        got(folder, path)
