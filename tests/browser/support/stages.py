"""Stages: how a screen of the router comes to each of its states, so that the matrix can look at it in every language, theme and width."""

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from playwright.sync_api import Page, Route

from tests.browser import screens
from tests.browser.support.site import Account, Site
from tests.browser.support.visitors import Language, Visitor

Kind = Literal["empty", "full", "error"]
KINDS: tuple[Kind, ...] = ("empty", "full", "error")
T = TypeVar("T")


class Theatre:
    """What an act gets: a page in one language, who sits in front of it, and the install behind it.

    ``account`` is the signed-in member: one without any transfers on ``empty`` stages, another on the rest; None where a stage asks for nobody.
    """

    def __init__(self, site: Site, visitor: Visitor, language: Language, account: Account | None) -> None:
        self.site = site
        self.language = language
        self._visitor = visitor
        self._account = account
        self._cut: list[str] = []
        self._after: list[Callable[[], Any]] = []

    @property
    def page(self) -> Page:
        """The page; its guard fails the stage as in every test."""
        return self._visitor.page

    @property
    def account(self) -> Account:
        """Who is signed in."""
        assert self._account is not None, "this stage has nobody signed in"
        return self._account

    def go(self, path: str) -> None:
        """To a screen inside the page, without loading it anew where it is there already."""
        # Guests have a document of their own, without the router.
        own = _entry(self.page.url.removeprefix(self.site.url)) == _entry(path) == "app"
        if not own or not self.page.locator("h1").count():
            self.page.goto(self.site.url + path)
            return
        # The router shows the old screen until the new one is there; its heading is marked, so that an act never sees the old one.
        self.page.evaluate(
            """path => {
              document.querySelector("h1").setAttribute("data-before", "");
              history.pushState(null, "", path);
              dispatchEvent(new PopStateEvent("popstate"));
            }""",
            path,
        )
        self.page.locator("h1[data-before]").wait_for(state="detached")

    def open(self, link: str) -> None:
        """A guest's link, as if it were clicked in a mail: always a new document."""
        self.page.goto("about:blank")
        self.page.goto(link)

    def cut(self, path: str) -> None:
        """From now on the line breaks for each request whose path begins so, until the stage is over."""
        pattern = f"**{path}**"
        self._cut.append(pattern)
        self._visitor.guard.allow(r"net::ERR_")
        self.page.route(pattern, _abort)

    def allow(self, pattern: str) -> None:
        """What this stage brings about on purpose and the guard is not to mind."""
        self._visitor.guard.allow(pattern)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is made once for all stages of a run with this name, language and account: transfers take a second each."""
        return self.site.once(f"{name} {self.language} {self._account.id if self._account else ''}", make)

    def after(self, work: Callable[[], Any]) -> None:
        """What has to be done once the stage is over: to leave a page that asks before it is left, for one."""
        self._after.append(work)

    def over(self) -> None:
        """Give back what the stage broke."""
        for work in self._after:
            work()
        self._after = []
        for pattern in self._cut:
            self.page.unroute(pattern)
        self._cut = []


@dataclass(frozen=True)
class Stage:
    """``roles`` is empty where nobody is signed in. ``variant`` tells several states of one kind apart."""

    screen: str
    kind: Kind
    variant: str
    roles: tuple[str, ...]
    act: Callable[[Theatre], Any]

    @property
    def name(self) -> str:
        """``transfers-full`` or ``guest-error-expired``."""
        return "-".join(part for part in (self.screen, self.kind, self.variant) if part)


_stages: dict[str, Stage] = {}


def stage(
    screen: str, kind: Kind, *, variant: str = "", roles: tuple[str, ...] = ("member",)
) -> Callable[[Callable[[Theatre], Any]], Callable[[Theatre], Any]]:
    """Register an act: it brings ``theatre.page`` to the state, and returns once that can be seen."""

    def register(act: Callable[[Theatre], Any]) -> Callable[[Theatre], Any]:
        made = Stage(screen, kind, variant, roles, act)
        assert made.name not in _stages, f"two stages are called {made.name}"
        _stages[made.name] = made
        return act

    return register


def all_stages() -> list[Stage]:
    """Those of every module in tests/browser/screens, sorted by name."""
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{module.name}")
    return [_stages[name] for name in sorted(_stages)]


def _entry(path: str) -> str:
    """Whose document an address loads; that of a strange page is nobody's."""
    if not path.startswith("/"):
        return ""
    return "guest" if re.match(r"/l/?(?:$|[?#])", path) else "app"


def _abort(route: Route) -> None:
    route.abort("connectionreset")
