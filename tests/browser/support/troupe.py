"""Who acts on the stages: a context for each language and member, kept from stage to stage, since a new document costs more than a move inside the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from playwright.sync_api import Browser

from tests.browser.support.inspection import prepare
from tests.browser.support.site import Account, Site
from tests.browser.support.stages import Stage, Theatre
from tests.browser.support.visitors import Language, Visitor, Visitors


class Troupe:
    """``with Troupe(browser, site) as troupe``: contexts are opened when a stage first asks for them."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._site = site
        self._visitors = Visitors(browser, site)
        self._known: dict[tuple[str, ...], tuple[Visitor, Account | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._visitors.close(judge=False)

    @contextmanager
    def on(self, stage: Stage, language: Language) -> Iterator[Theatre]:
        """A stage's theatre. Raises AssertionError at its end for what the guard saw meanwhile."""
        visitor, account = self._cast(stage, language)
        visitor.page.set_viewport_size({"width": 1280, "height": 800})
        visitor.page.emulate_media(color_scheme="light")
        theatre = Theatre(self._site, visitor, language, account)
        try:
            yield theatre
            visitor.guard.verdict()
        except BaseException:
            self._visitors.keep_pictures(f"{stage.name}-{language}", only=visitor)
            self._known.pop(_who(stage, language), None)
            raise
        finally:
            theatre.over()
            visitor.guard.forget()

    def _cast(self, stage: Stage, language: Language) -> tuple[Visitor, Account | None]:
        who = _who(stage, language)
        if who not in self._known:
            self._known[who] = self._new(stage, language)
        return self._known[who]

    def _new(self, stage: Stage, language: Language) -> tuple[Visitor, Account | None]:
        if not stage.roles:
            return self._visitors.visitor(language=language, before=prepare), None
        # Whoever stands on an empty stage has sent nothing and asked for nothing, ever.
        state = "empty" if stage.kind == "empty" else "full"
        name = {"ja": f"佐藤 花子（{state}）", "en": f"Hanako Sato ({state})"}[language]
        account = self._site.account(*stage.roles, language=language, name=name)
        return self._visitors.member(account, before=prepare), account


def _who(stage: Stage, language: Language) -> tuple[str, ...]:
    state = "empty" if stage.kind == "empty" else "full"
    return (language, *stage.roles, state if stage.roles else "")
