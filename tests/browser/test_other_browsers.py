"""The guest's path in Firefox ESR and WebKitGTK: open, code, download 64 MiB, download a zip, upload to a request. What Chromium does all the other tests show."""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.support.firefox import firefox_running
from tests.browser.support.guest_steps import CODE_FIELD
from tests.browser.support.hands import Hands, words
from tests.browser.support.site import Sent, Site
from tests.browser.support.webkit import webkit_running
from tests.e2e.support.company import someone
from tests.e2e.support.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.root]
MIB = 1 << 20
GUEST, REQUEST = words("guest"), words("guest_request")


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def hands(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    """One browser for all steps of the module."""
    start = {"firefox": firefox_running, "webkit": webkit_running}[request.param]
    with start(tmp_path_factory.mktemp(request.param) / "home") as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A large one, one in a folder with a Japanese name, an empty one."""
    folder = tmp_path_factory.mktemp("files")
    sizes = {"large.bin": 64 * MIB + 5, "図面.txt": 300_000, "empty.txt": 0}
    made = {name: folder / name for name in sizes}
    for name, path in made.items():
        path.write_bytes(os.urandom(sizes[name]))
    return made


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prove(hands: Hands, site: Site, sent: Sent) -> None:
    hands.open("about:blank")
    known = site.known(sent.address)
    hands.open(sent.link)
    hands.press(GUEST["code_ask"])
    hands.wait(CODE_FIELD)
    hands.fill(CODE_FIELD, site.newest_code(sent.address, known))
    wait_for(lambda: GUEST["files"] in hands.read(), "the list of files")


def saved(hands: Hands, suffix: str, whole: Callable[[Path], bool]) -> Path:
    """The one download with this ending, once it is whole: the page is done before the browser has written the last of it."""
    wait_for(lambda: GUEST["saved"] in hands.read(), "the page says that it is saved", seconds=120)

    def found() -> Path | None:
        return next((one for one in hands.downloads.iterdir() if one.name.endswith(suffix) and whole(one)), None)

    return wait_for(found, f"a download {suffix}", seconds=60)


def test_a_large_file_arrives_whole(hands: Hands, site: Site, files: dict[str, Path]) -> None:
    sent = site.once("other browsers: one", lambda: site.send(files["large.bin"]))
    prove(hands, site, sent)
    hands.press(GUEST["save"])
    path = saved(hands, "large.bin", lambda one: one.stat().st_size == 64 * MIB + 5)
    assert sha256(path) == sha256(files["large.bin"])
    assert sha256(path) in hands.run("return [...document.querySelectorAll('input')].map(one => one.value).join(' ')")


def test_all_of_it_arrives_as_a_zip(hands: Hands, site: Site, files: dict[str, Path]) -> None:
    sent = site.once("other browsers: all", lambda: site.send(*files.values(), more=("--seal",)))
    prove(hands, site, sent)
    hands.press(GUEST["save_all"])
    with zipfile.ZipFile(saved(hands, ".zip", zipfile.is_zipfile)) as opened:
        assert opened.testzip() is None
        assert sorted(opened.namelist()) == sorted(files)
        for name, path in files.items():
            assert hashlib.sha256(opened.read(name)).hexdigest() == sha256(path), name


def test_a_guest_sends_to_a_request(hands: Hands, site: Site, files: dict[str, Path], tmp_path: Path) -> None:
    address = someone()
    staff = site.sender()
    asked = staff.json("request", "create", "Drawings", "--to", address)
    hands.open("about:blank")
    hands.open(site.link_to(address, known=set()))
    hands.press(GUEST["code_ask"])
    hands.wait(CODE_FIELD)
    hands.fill(CODE_FIELD, site.newest_code(address))
    hands.choose("input[type='file']:not([webkitdirectory])", files["large.bin"], files["図面.txt"])
    hands.press(REQUEST["send"])
    wait_for(lambda: REQUEST["done_title"] in hands.read(), "the page says that it was sent", seconds=120)
    [came] = wait_for(lambda: _received(site, asked["id"]), "what was sent")
    got = staff.json("get", came, "-o", str(tmp_path / "in"))["files"]
    assert {one["sha256"] for one in got} == {sha256(files["large.bin"]), sha256(files["図面.txt"])}


def _received(site: Site, request: str) -> list[str]:
    items = site.admin.get("/transfers/v1/transfers", box="received", limit=50)["items"]
    return [one["id"] for one in items if one["state"] == "ready" and one.get("request") == request]


def test_the_browser_says_what_it_is(hands: Hands) -> None:
    """So that a run's output shows which engines were run."""
    agent = hands.run("return navigator.userAgent")
    assert "Firefox/" in agent or "AppleWebKit/" in agent
