"""Signing in, joining, and letting a device in."""

from tests.browser.support.stages import Theatre, stage
from tests.e2e.support.company import someone


def _heading(theatre: Theatre) -> None:
    theatre.page.locator("main h1").wait_for()


def _two(theatre: Theatre, ja: str, en: str) -> str:
    return ja if theatre.language == "ja" else en


@stage("sign_in", "empty", roles=())
def nothing_entered(theatre: Theatre) -> None:
    theatre.go("/sign-in")
    theatre.page.locator("input[name=password]").wait_for()


@stage("sign_in", "full", roles=())
def just_joined(theatre: Theatre) -> None:
    theatre.go("/sign-in?joined=1")
    theatre.page.get_by_role("status").first.wait_for()
    theatre.page.locator("input[name=email]").fill("hanako@acme.example")
    theatre.page.locator("input[name=password]").fill("a long way to the harbour")


@stage("sign_in", "error", roles=())
def wrong_password(theatre: Theatre) -> None:
    theatre.go("/sign-in?wrong=1")
    theatre.page.locator("input[name=email]").fill(someone("acme.example"))
    theatre.page.locator("input[name=password]").fill("not the right one")
    theatre.page.locator("form button[type=submit]").click()
    theatre.page.get_by_role("alert").wait_for()


@stage("sign_in", "error", variant="wait", roles=())
def too_many_tries(theatre: Theatre) -> None:
    theatre.page.route(
        "**/auth/v1/login",
        lambda route: route.fulfill(
            status=429,
            content_type="application/problem+json",
            headers={"Retry-After": "90"},
            body='{"code": "too_many_attempts", "title": "Too many tries", "hint": "Wait."}',
        ),
    )
    theatre.go("/sign-in?wait=1")
    theatre.page.locator("input[name=email]").fill("hanako@acme.example")
    theatre.page.locator("input[name=password]").fill("a long way to the harbour")
    theatre.page.locator("form button[type=submit]").click()
    theatre.page.locator(".notice.warning").wait_for()
    theatre.page.unroute("**/auth/v1/login")


@stage("join", "empty", roles=())
def without_an_invitation(theatre: Theatre) -> None:
    theatre.go("/join")
    _heading(theatre)


@stage("join", "full", roles=())
def choosing_a_password(theatre: Theatre) -> None:
    theatre.open(f"{theatre.site.url}/join#an-invitation-that-nobody-looks-at-yet")
    theatre.page.locator("input[type=password]").fill("a long way to the harbour")


@stage("join", "error", roles=())
def a_spent_invitation(theatre: Theatre) -> None:
    theatre.open(f"{theatre.site.url}/join#an-invitation-that-is-no-longer-good")
    theatre.page.locator("input[type=password]").fill("a long way to the harbour")
    theatre.page.locator("form button[type=submit]").click()
    theatre.page.get_by_role("alert").wait_for()


@stage("device", "empty")
def no_code_entered(theatre: Theatre) -> None:
    theatre.go("/device")
    theatre.page.locator("main form input").wait_for()


@stage("device", "full")
def a_device_was_let_in(theatre: Theatre) -> None:
    begun = theatre.site.http().post(f"{theatre.site.url}/auth/v1/device", json={"device_name": "laptop"}).json()
    theatre.open(begun["verification_uri_complete"])
    theatre.page.locator("main form button[type=submit]").click()
    theatre.page.locator(".notice.good").wait_for()


@stage("device", "error")
def an_unknown_code(theatre: Theatre) -> None:
    theatre.go("/device?other=1")
    theatre.page.locator("main form input").fill("BCDF-GHJK")
    theatre.page.locator("main form button[type=submit]").click()
    theatre.page.get_by_role("alert").wait_for()
