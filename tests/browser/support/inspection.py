"""What every state of every screen has to hold, measured in the browser: axe-core, width, targets, text, focus, headings.

Both programs come into each document before its own scripts (Page.addScriptToEvaluateOnNewDocument), which no content policy forbids.
"""

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.support.built_page import WEB

_AXE = WEB / "node_modules/axe-core/axe.min.js"
_OWN = Path(__file__).with_name("inspection.js")
# WCAG 2.2 A and AA, and what axe-core's makers call best practice.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BASE_TEXT = 16
LEAST_TEXT = 13
TARGET = 44
_MOST_STOPS = 80


def prepare(context: BrowserContext) -> None:
    """Before the context's first page is opened."""
    assert _AXE.exists(), "axe-core is missing: make web"
    context.add_init_script(path=_AXE)
    context.add_init_script(path=_OWN)


def axe_violations(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """One sentence for each violation. ``only``: ids of the rules to run, else all of _RULES."""
    how = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": _RULES}
    script = "how => axe.run(document, { runOnly: how, resultTypes: ['violations'] }).then(found => found.violations)"
    found: list[dict[str, Any]] = page.evaluate(script, how)
    return [f"axe {one['id']}: {one['help']}: {_nodes(one)}" for one in found]


def _nodes(violation: dict[str, Any]) -> str:
    shown = [f"{node['html'][:160]} ({_reason(node)})" for node in violation["nodes"][:3]]
    more = len(violation["nodes"]) - len(shown)
    return "; ".join(shown) + (f" and {more} more" if more else "")


def _reason(node: dict[str, Any]) -> str:
    checks = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
    return " / ".join(checks)[:200]


def measured(page: Page, language: str) -> list[str]:
    """Width, targets, text, title and heading of what is shown now."""
    script = "([language, target, base, least]) => [...inspection.frame(language), ...inspection.sideways(), ...inspection.targets(target), ...inspection.text(base, least)]"
    found: list[str] = page.evaluate(script, [language, TARGET, BASE_TEXT, LEAST_TEXT])
    return found


def unseen_focus(page: Page) -> list[str]:
    """Walk with the Tab key through all that takes the focus, once around; tell what does not show it."""
    page.evaluate("() => { document.activeElement?.blur(); getSelection()?.removeAllRanges() }")
    found: list[str] = []
    been: list[int] = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        stop: dict[str, Any] | None = page.evaluate("() => inspection.focused()")
        if stop is not None and been and stop["place"] == been[-1]:
            continue  # A field of a date has several stops inside.
        if stop is None or stop["place"] in been:
            break
        been.append(stop["place"])
        if not stop["seen"]:
            found.append(f"the focus on {stop['name']} cannot be seen")
    return found
