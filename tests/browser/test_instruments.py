"""The instruments themselves: a fault that is planted in a page is found, and a page without it is clean."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.support.guard import Guard
from tests.browser.support.inspection import axe_violations, measured, prepare, unseen_focus

pytestmark = pytest.mark.slow
SOUND = """<!doctype html><html lang="en"><head><title>Files - Fumibako</title><style>
  body { font: 16px sans-serif; margin: 1rem; color: #111; background: #fff }
  button, input { font: inherit; min-block-size: 44px; min-inline-size: 44px }
  :focus-visible { outline: 3px solid #05c }
</style></head><body><main><h1>Files</h1><p>Some words and <a href="/x">a link</a> in them.</p>
<label for="name">Name</label> <input id="name"> <button>Save</button>%s</main></body></html>"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 320, "height": 600})
    prepare(context)
    yield context.new_page()
    context.close()


def found(page: Page, planted: str = "") -> list[str]:
    """A new document, since the instruments come before its first script."""
    page.route("**/document", lambda route: route.fulfill(content_type="text/html", body=SOUND % planted))
    page.goto("http://127.0.0.1:9/document")
    return [*measured(page, "en"), *axe_violations(page), *unseen_focus(page)]


def test_a_sound_page_is_clean(page: Page) -> None:
    assert found(page) == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('<button style="min-block-size: 0; block-size: 30px">Small</button>', "smaller than 44"),
        ('<input type="checkbox" aria-label="tick" style="min-block-size: 0; min-inline-size: 0">', "smaller than 44"),
        ('<p style="inline-size: 400px; background: #eee">wide</p>', "px wide in 320"),
        ('<p style="font-size: 10px">tiny</p>', "10 px text"),
        ('<input aria-label="a" style="font-size: 14px">', "14 px text"),
        ('<p style="color: #ccc">pale</p>', "color-contrast"),
        ("<h1>Another</h1>", "2 h1"),
        ("<p>transfers.empty_title</p>", "a key instead of words"),
        ('<button style="outline: none">Unseen</button>', "cannot be seen"),
        ('<img src="data:,">', "image-alt"),
    ],
)
def test_a_planted_fault_is_found(page: Page, planted: str, said: str) -> None:
    assert [one for one in found(page, planted) if said in one]


@pytest.mark.parametrize(
    "planted",
    [
        '<label style="display: inline-block; padding: 12px"><input type="checkbox" style="min-block-size: 0; min-inline-size: 0"> Tick</label>',
        '<div style="overflow-x: auto" tabindex="0" role="region" aria-label="Table"><div style="inline-size: 900px; block-size: 44px">x</div></div>',
        "<button hidden>Hidden</button>",
        "<button disabled style='min-block-size: 0; block-size: 20px'>Off</button>",
    ],
)
def test_what_is_right_is_left_alone(page: Page, planted: str) -> None:
    assert found(page, planted) == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("console.error('broken')", "console error: broken"),
        ("setTimeout(() => { throw new Error('thrown') })", "page error"),
        ("fetch('http://127.0.0.2:9/x').catch(() => 0)", "third-party request"),
        (
            "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))",
            "Content Security Policy",
        ),
    ],
)
def test_the_guard_sees_what_no_page_may_do(chromium: Browser, script: str, said: str) -> None:
    context = chromium.new_context()
    guard = Guard(context, {"http://127.0.0.1:9"})
    page = context.new_page()
    policy = {"Content-Security-Policy": "script-src 'unsafe-eval'"}
    page.route("**/document", lambda route: route.fulfill(content_type="text/html", headers=policy, body="<p>x</p>"))
    page.goto("http://127.0.0.1:9/document")
    assert guard.offences == []
    page.evaluate(f"() => {{ {script} }}")
    for _ in range(50):
        if guard.offences:
            break
        page.evaluate("() => new Promise(done => setTimeout(done, 20))")
    context.close()
    assert [one for one in guard.offences if said in one]
    guard.allow(".")
    guard.verdict()
