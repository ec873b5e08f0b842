"""People in front of the page: each has a browser context of their own, watched by a guard."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.support.guard import Guard
from tests.browser.support.site import PASSWORD, Account, Site
from tests.e2e.support.people import ROOT

Language = Literal["ja", "en"]
_LOCALES = {"ja": "ja-JP", "en": "en-GB"}
FAILURES = ROOT / "build/browser-failures"


@dataclass(frozen=True)
class Visitor:
    """A context, its first page, and the guard over both."""

    context: BrowserContext
    page: Page
    guard: Guard


class Visitors:
    """Opens contexts; ``close`` ends them and asks each guard for its verdict."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self._all: list[Visitor] = []

    def visitor(
        self,
        *,
        language: Language = "en",
        dark: bool = False,
        width: int = 1280,
        height: int = 800,
        site: Site | None = None,
        before: Callable[[BrowserContext], None] | None = None,
        **options: Any,
    ) -> Visitor:
        """A context nobody has used. ``before`` sees it first; ``options`` go to Playwright's new_context (``offline``, ...)."""
        origin = (site or self._site).url
        context = self._browser.new_context(
            base_url=origin,
            locale=_LOCALES[language],
            timezone_id="Asia/Tokyo",
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(30_000)
        if before is not None:
            before(context)
        guard = Guard(context, {origin})
        visitor = Visitor(context, context.new_page(), guard)
        self._all.append(visitor)
        return visitor

    def member(
        self,
        account: Account | None = None,
        *,
        roles: tuple[str, ...] = ("member",),
        site: Site | None = None,
        path: str = "",
        **how: Any,
    ) -> Visitor:
        """Somebody who is signed in, by the cookie that the API itself sets. ``path``: where to go at once."""
        where = site or self._site
        language = how.pop("language", account.language if account else "en")
        person = account or where.account(*roles, language=language)
        visitor = self.visitor(language=language, site=where, **how)
        sign_in(visitor.context, where, person)
        if path:
            visitor.page.goto(path)
        return visitor

    def guest(self, link: str = "", **how: Any) -> Visitor:
        """Somebody outside, on the link's first screen."""
        visitor = self.visitor(**how)
        if link:
            visitor.page.goto(link)
        return visitor

    def keep_pictures(self, name: str, *, only: Visitor | None = None) -> None:
        """Where a test failed: what each page showed, in build/browser-failures."""
        FAILURES.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"[^\w.-]+", "_", name)[-120:]
        pages = [page for one in self._all if only in (None, one) for page in one.context.pages]
        for number, page in enumerate(pages):
            _picture(page, FAILURES / f"{stem}-{number}.png")

    def close(self, *, judge: bool) -> None:
        """End them all; with ``judge`` raise what the guards saw."""
        for one in self._all:
            one.context.close()
        guards = [one.guard for one in self._all]
        self._all = []
        if judge:
            for guard in guards:
                guard.verdict()


# What the page writes down beside the cookie it can't see. Once for a context, so that signing out stays signed out.
_NOTE = """
try {
  if (localStorage.getItem("test.note") === null) localStorage.setItem("fumibako.signed_in", "1");
  localStorage.setItem("test.note", "1");
} catch {}
"""


def sign_in(context: BrowserContext, site: Site, account: Account) -> None:
    """The page's own sign-in call; the context then holds its HttpOnly cookie."""
    context.add_init_script(_NOTE)
    body = {"email": account.email, "password": PASSWORD, "client": "page", "device_name": "test"}
    answer = context.request.post(f"{site.url}/auth/v1/login", data=body)
    assert answer.ok, (answer.status, answer.text())


def _picture(page: Page, path: Path) -> None:
    if not page.is_closed():
        page.screenshot(path=path, full_page=True, timeout=5_000)
