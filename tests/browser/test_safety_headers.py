"""What the runtime says about each document and asset of the page: policy, integrity, types, caching. No browser is needed to see that."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tests.browser.support.built_page import BuiltPage
from tests.browser.support.site import Site

pytestmark = pytest.mark.slow
DOCUMENTS = ("/", "/l", "/l/", "/send", "/sign-in", "/transfers/tr_0")
# Hosts that stand in built code without ever being asked: names of XML namespaces, and where an error's explanation can be read.
NAMED_ONLY = re.compile(
    r"^https?://(?:www\.w3\.org/|svelte\.dev/e/|ns\.adobe\.com/|www\.xfa\.(?:org|com)/|purl\.org/|www\.[a-z]+\.com/package/hash-wasm$)"
)
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


class Elements(HTMLParser):
    """Each start tag with its attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self.inline: list[tuple[dict[str, str], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.all and self.all[-1][0] in ("script", "style") and data.strip():
            self.inline.append((self.all[-1][1], data))


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    """Directives and their sources."""
    [text] = answer.headers.get_list("content-security-policy")
    parts = [part.split() for part in text.split(";") if part.strip()]
    names = [name for name, *_ in parts]
    assert len(names) == len(set(names)), "a directive that stands twice counts once"
    return {name: sources for name, *sources in parts}


def assets(page: BuiltPage) -> Iterator[tuple[str, Path]]:
    for path in sorted(page.folder.rglob("*")):
        if path.suffix in TYPES and path.parent.name == "assets":
            yield "/" + path.relative_to(page.folder).as_posix(), path


@pytest.fixture(scope="module")
def http(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=10) as client:
        yield client


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_policy_of_a_document_trusts_nothing_but_its_own_files(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert set(policy["form-action"]) <= {"'self'", "'none'"}
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert "'allow-duplicates'" not in policy["trusted-types"]
    assert "*" not in policy["trusted-types"]
    sources = {source for name, given in policy.items() if name.endswith("-src") for source in given}
    assert not sources & {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "https:", "http:"}
    assert {s for s in policy["script-src"] if not s.startswith("'sha")} <= {"'self'", "'wasm-unsafe-eval'"}
    assert policy["style-src"] == ["'self'"]
    assert "data:" not in policy["script-src"] + policy.get("worker-src", []) + policy.get("frame-src", [])


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_keeps_to_itself(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in headers["permissions-policy"]


def test_the_frame_of_previews_has_an_origin_of_its_own_and_no_way_out(http: httpx.Client) -> None:
    answer = http.get("/preview.html")
    policy = policy_of(answer)
    # Without allow-same-origin whatever runs in it can reach neither storage nor cookies, nor the page around it.
    assert policy["sandbox"] == ["allow-scripts"]
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert "connect-src" not in policy
    assert set(policy["img-src"]) <= {"blob:", "data:"}
    assert {s for s in policy["script-src"] if not s.startswith("'sha256-")} <= {"'self'", "'wasm-unsafe-eval'"}
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_workers_have_policies_of_their_own(built_page: BuiltPage, http: httpx.Client) -> None:
    """A worker inherits nothing: without a header of its own its script could fetch from anywhere (CSP 3, section 4.2)."""
    workers = [f"/assets/{path.name}" for path in (built_page.folder / "assets").glob("*_worker-*.js")]
    assert workers
    for address in [*workers, "/sw.js"]:
        policy = policy_of(http.get(address))
        assert policy["default-src"] == ["'none'"], address
        assert set(policy.get("script-src", [])) <= {"'self'", "'wasm-unsafe-eval'"}, address
        assert "connect-src" not in policy, address


def test_the_service_worker_is_asked_for_each_time_and_minds_its_own_addresses(http: httpx.Client) -> None:
    answer = http.get("/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    # With this header it could claim more of the host than the folder it lies in.
    assert "service-worker-allowed" not in answer.headers


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_program_and_style_of_a_document_has_its_hash(
    built_page: BuiltPage, http: httpx.Client, path: str
) -> None:
    elements = Elements(http.get(path).text)
    loaded = [(tag, a) for tag, a in elements.all if a.get("src") or a.get("rel") in ("stylesheet", "modulepreload")]
    assert loaded
    for tag, attributes in loaded:
        address = attributes.get("src") or attributes["href"]
        assert holds(attributes["integrity"], built_page.folder / address.lstrip("/")), (tag, address)


def holds(integrity: str, path: Path) -> bool:
    """Whether one of the hashes that SRI knows (W3C, section 3.2) is that of the file."""
    name, _, given = integrity.partition("-")
    assert name in ("sha256", "sha384", "sha512"), integrity
    return given == base64.b64encode(hashlib.new(name, path.read_bytes()).digest()).decode()


@pytest.mark.parametrize("path", ["/", "/l"])
def test_later_chunks_have_their_hashes_in_the_import_map(built_page: BuiltPage, http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    elements = Elements(answer.text)
    [text] = [text for attributes, text in elements.inline if attributes.get("type") == "importmap"]
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy_of(answer)["script-src"]
    integrity: dict[str, str] = json.loads(text)["integrity"]
    assert integrity
    for address, expected in integrity.items():
        assert holds(expected, built_page.folder / address.lstrip("/")), address


@pytest.mark.parametrize("path", DOCUMENTS)
def test_no_document_holds_inline_programs_styles_or_handlers(http: httpx.Client, path: str) -> None:
    elements = Elements(http.get(path).text)
    assert [a.get("type") for a, _ in elements.inline if a.get("type") != "importmap"] == []
    for tag, attributes in elements.all:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")], (tag, attributes)


def test_each_asset_is_what_it_says_and_never_changes(built_page: BuiltPage, http: httpx.Client) -> None:
    found = list(assets(built_page))
    assert len(found) > 5
    for address, path in found:
        answer = http.get(address)
        assert answer.content == path.read_bytes(), address
        assert answer.headers["content-type"].partition(";")[0] == TYPES[path.suffix], address
        assert answer.headers["x-content-type-options"] == "nosniff", address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", address


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_assets_travel_compressed_and_caches_are_told(built_page: BuiltPage, http: httpx.Client, coding: str) -> None:
    for address, path in assets(built_page):
        if path.suffix in (".js", ".css") and path.stat().st_size > 2_000:
            with http.stream("GET", address, headers={"accept-encoding": coding}) as answer:
                assert answer.headers["content-encoding"] == coding, address
                assert "accept-encoding" in answer.headers["vary"].lower(), address
                assert len(b"".join(answer.iter_raw())) < path.stat().st_size, address


def test_no_document_or_asset_names_another_host(built_page: BuiltPage) -> None:
    found: list[str] = []
    for path in sorted(built_page.folder.rglob("*")):
        if path.suffix in (".html", ".js", ".css", ".json", ".svg") and "pdf" not in path.name:
            hosts = re.findall(r"https?://[\w.-]+\.[a-z]{2,}[^\s\"'`)<>\\]*", path.read_text("utf-8"))
            found += [f"{path.name}: {one}" for one in hosts if not NAMED_ONLY.match(one)]
    assert not found


def test_what_is_not_there_is_no_document(http: httpx.Client) -> None:
    for path in ("/assets/none.js", "/../pyproject.toml", "/assets/..%2f..%2fdata.json", "/.env", "/headers.json.x"):
        answer = http.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json", path


def test_the_page_takes_no_other_verbs(http: httpx.Client) -> None:
    for verb in ("POST", "PUT", "DELETE", "PATCH"):
        assert http.request(verb, "/").status_code in (404, 405), verb
