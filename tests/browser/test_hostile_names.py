"""Names and words that people outside choose: they are shown as text, whatever they look like."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.browser.support.guest_steps import prove
from tests.browser.support.hands import words
from tests.browser.support.site import Sent, Site
from tests.faults.test_hostile_names import MADE_FIT, REFUSED, forged

pytestmark = pytest.mark.slow
MARKUP = "<img src=x onerror=hit=1>.txt"
SCRIPT = "<script>hit=1<script>.txt"
TEMPLATE = "{{7*7}}${7*7}{name}.txt"
ENTITY = "&lt;b&gt;&amp;.txt"
BIDI = "invoice\u202etxt.exe"
LONG = "長" * 80 + ".txt"
NAMES = (MARKUP, SCRIPT, TEMPLATE, ENTITY, LONG)
TITLE = "</h1><script>hit=1</script><img src=x onerror=hit=1> {count} ${hit}"
# Taken by the file system in one piece, and by the page wherever it stands in a line.
WORD = "w" * 255


@pytest.fixture(scope="module")
def hostile(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """A transfer whose names, title and message are all meant to become something else."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = [folder / name for name in (*NAMES, WORD)]
    for number, path in enumerate(paths):
        path.write_text(str(number))
    return site.send(*paths, more=("--title", TITLE, "--message", f"{MARKUP}\n{WORD * 4}\n{BIDI}"))


def unharmed(page: Page) -> None:
    """Nothing of it ran, and no element came of it."""
    assert page.evaluate("() => globalThis.hit") is None
    assert page.locator("img[src='x'], img[onerror], h1 script, main script").count() == 0
    assert page.evaluate("() => document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [320, 1280])
def test_a_guest_sees_them_as_text(guest_page: Callable[..., Page], site: Site, hostile: Sent, width: int) -> None:
    page = guest_page(hostile.link, width=width)
    page.get_by_role("heading", level=1).wait_for()
    page.get_by_text(MARKUP).first.wait_for()
    unharmed(page)
    prove(page, site, hostile)
    for name in (MARKUP, SCRIPT, TEMPLATE, ENTITY):
        page.get_by_text(name, exact=False).first.wait_for()
    unharmed(page)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_member_sees_them_as_text(member_page: Callable[..., Page], site: Site, hostile: Sent, width: int) -> None:
    admin = site.once("hostile admin", lambda: site.account("admin", "auditor", "member"))
    page = member_page(f"/transfers/{hostile.id}", account=admin, width=width)
    page.get_by_text(MARKUP).first.wait_for()
    unharmed(page)


def test_a_path_of_three_thousand_bytes_harms_nothing(
    guest_page: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    deep = tmp_path
    for letter in "abcdefghijklm":
        deep /= letter * 240
    deep.mkdir(parents=True)
    (deep / "file.txt").write_text("x")
    sent = site.send(tmp_path / ("a" * 240), proof="link", more=("--seal",))
    page = guest_page(sent.link, width=320)
    page.locator("main button").first.click()
    page.get_by_text("file.txt").first.wait_for()
    unharmed(page)


def lying(names: list[str]) -> Callable[[Route], None]:
    """A server that gives the files of a list or a download these names."""

    def answer(route: Route) -> None:
        got = route.fetch()
        body = got.json()
        entries = body.get("items") or body.get("files") or []
        for entry, name in zip(entries, names, strict=False):
            if "key" in entry:
                forged(entry, name, entry["size"])
            else:
                entry["name"] = name
        route.fulfill(response=got, body=json.dumps(body))

    return answer


def many(site: Site, folder: Path, count: int) -> Sent:
    for number in range(count):
        (folder / f"{number}.txt").write_text(str(number))
    return site.send(*(folder / f"{number}.txt" for number in range(count)), proof="link")


def test_a_lying_server_s_names_are_shown_without_harm(
    guest_page: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    names = [*sorted(REFUSED.values()), *sorted(MADE_FIT.values()), *NAMES]
    sent = many(site, tmp_path, len(names))
    page = guest_page("", width=320)
    page.route("**/transfers/v1/transfers/*/files*", lying(names))
    page.goto(sent.link)
    page.locator("main button.main").first.click()
    page.get_by_text(words("guest")["files"], exact=True).first.wait_for()
    page.get_by_text(MARKUP).first.wait_for()
    unharmed(page)
    shown = page.locator("main").inner_text()
    assert not {"\u202e", "\u2066", "\x1b", "\x00"} & set(shown)


@pytest.mark.parametrize("kind", ["parent", "right to left", "line feed", "drive", "5,000 bytes"])
def test_nothing_is_saved_under_a_name_no_writer_may_use(
    guest_page: Callable[..., Page], site: Site, tmp_path: Path, kind: str
) -> None:
    sent = site.once("hostile save", lambda: many(site, tmp_path, 1))
    page = guest_page("")
    begun: list[str] = []
    page.on("download", lambda download: begun.append(download.suggested_filename))
    page.route("**/transfers/v1/transfers/*/downloads", lying([REFUSED[kind]]))
    page.goto(sent.link)
    page.locator("main button.main").first.click()
    page.get_by_role("button", name=words("guest")["save"], exact=True).first.click()
    page.get_by_role("alert").first.wait_for()
    assert not [name for name in begun if REFUSED[kind] in name]
    unharmed(page)
