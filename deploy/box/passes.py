"""Two guests with a browser: one with the page, one whose browser runs no script and is served by the container of compatible downloads."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from demo.letters import link_in, wait_for_mail
from demo.settings import Failed
from demo.story import VISITOR
from deploy.box.browser import fetch_in_browser, fetch_without_script
from deploy.box.front import Front
from deploy.box.story import BoxStory

_PLAIN: Final = "old-browser@partner.example"


def browser_passes(story: BoxStory, front: Front, link: str, folder: Path) -> str:
    """``link`` leads to welcome.txt in ``folder``. Gives the name of the saved file. Raises Failed where it differs."""
    saved = _fetched(fetch_in_browser, story, front, link, VISITOR, folder)
    story.say(f"a browser fetched {saved.name}, byte for byte")
    story.allow_plain()
    story.send(folder / "welcome.txt", _PLAIN, "--class", "plain", "--expires", "1d")
    _fetched(fetch_without_script, story, front, wait_for_mail(story.mails, _PLAIN, link_in), _PLAIN, folder)
    story.say("a browser without script fetched the same from the container")
    return saved.name


def _fetched(fetch: Callable[..., Path], story: BoxStory, front: Front, link: str, address: str, folder: Path) -> Path:
    known = story.letters(address)
    saved = fetch(
        link,
        host=story.url.removeprefix("http://"),
        front=f"127.0.0.1:{front.port}",
        code=lambda: story.new_code(address, known),
        folder=folder,
    )
    if saved.read_bytes() != (folder / "welcome.txt").read_bytes():
        raise Failed(f"{saved.name} as the browser saved it is another file")
    return saved
