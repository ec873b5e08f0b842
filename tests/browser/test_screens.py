"""The matrix: every screen of the router, empty, full and broken, in both languages and themes, wide and narrow."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.support.built_page import BuiltPage
from tests.browser.support.inspection import axe_violations, measured, unseen_focus
from tests.browser.support.photographs import Photographs
from tests.browser.support.site import Site
from tests.browser.support.stages import KINDS, Stage, all_stages
from tests.browser.support.troupe import Troupe
from tests.browser.support.visitors import Language

pytestmark = pytest.mark.slow
WIDE, NARROW, HUGE = 1280, 320, 3840
LANGUAGES: tuple[Language, ...] = ("en", "ja")
STAGES = all_stages()


@pytest.fixture(scope="module")
def troupe(chromium: Browser, site: Site) -> Iterator[Troupe]:
    """The people who act on all stages: their contexts live as long as the module, so that most moves are inside the page."""
    with Troupe(chromium, site) as acting:
        yield acting


def test_every_screen_has_its_stages(built_page: BuiltPage) -> None:
    routed = {(route.name, kind) for route in built_page.routes for kind in KINDS}
    staged = {(stage.screen, stage.kind) for stage in STAGES}
    assert not sorted(routed - staged), "screens of the router without a stage: see tests/browser/README.md"
    assert not sorted(staged - routed), "stages of screens that the router does not have"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_screen_holds_in_every_look(stage: Stage, language: Language, troupe: Troupe) -> None:
    with troupe.on(stage, language) as theatre:
        stage.act(theatre)
        page = theatre.page
        found: list[str] = []
        for width in (WIDE, NARROW):
            found += _in_both_themes(page, Photographs(stage.screen, stage.name, language), width)
        if stage.kind == "full":
            found += unseen_focus(page)
        if stage.kind == "full" and language == "en":
            found += _on_a_huge_screen(page, language)
        assert not found, "\n".join(dict.fromkeys(found))


def _in_both_themes(page: Page, photographs: Photographs, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=_SCHEMES[theme])
        photographs.take(page, f"{theme}-{width}")
        found += [f"{theme} {width}: {one}" for one in axe_violations(page)]
    return found + [f"{width}: {one}" for one in measured(page, photographs.language)]


def _on_a_huge_screen(page: Page, language: Language) -> list[str]:
    page.set_viewport_size({"width": HUGE, "height": 2160})
    return [f"{HUGE}: {one}" for one in measured(page, language)]


_SCHEMES: dict[str, Any] = {"light": "light", "dark": "dark"}
