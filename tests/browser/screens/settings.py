"""One's own settings, and the members of a company."""

from tests.browser.support.stages import Theatre, stage


@stage("settings", "empty")
def nothing_made_yet(theatre: Theatre) -> None:
    theatre.go("/settings")
    theatre.page.locator(".lines .badge").wait_for()


@stage("settings", "full")
def tokens_and_a_second_factor_begun(theatre: Theatre) -> None:
    theatre.once("token", lambda: _make_token(theatre))
    theatre.go("/settings?full=1")
    cards = theatre.page.locator("main .card")
    cards.nth(4).locator(".lines").wait_for()
    cards.nth(4).locator(".actions button").last.click()
    cards.nth(4).locator("form").wait_for()
    cards.nth(2).locator(".actions button").first.click()
    theatre.page.locator("svg.qr").wait_for()


def _make_token(theatre: Theatre) -> bool:
    token = theatre.site.bearer(theatre.account)
    body = {
        "name": "夜間の送信" if theatre.language == "ja" else "Nightly run",
        "scopes": ["transfers:read", "transfers:write"],
    }
    answer = theatre.site.http().post(
        f"{theatre.site.url}/auth/v1/keys", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    answer.raise_for_status()
    return True


@stage("settings", "error")
def lists_that_do_not_come(theatre: Theatre) -> None:
    theatre.cut("/auth/v1/keys")
    theatre.go("/settings?error=1")
    theatre.page.get_by_role("alert").wait_for(timeout=30_000)


@stage("members", "empty", roles=("admin",))
def nobody_found(theatre: Theatre) -> None:
    theatre.go("/members")
    theatre.page.locator("table").wait_for()
    theatre.page.locator("input[type=search]").fill("nobody of this name")
    theatre.page.locator(".empty").wait_for()


@stage("members", "full", roles=("admin",))
def everybody(theatre: Theatre) -> None:
    theatre.site.account("approver", "auditor", language=theatre.language)
    theatre.go("/members?full=1")
    theatre.page.locator("tbody tr").nth(1).wait_for()


@stage("members", "full", variant="invite", roles=("admin",))
def an_invitation(theatre: Theatre) -> None:
    theatre.go("/members?invite=1")
    theatre.page.locator(".screen-head .button.main").click()
    theatre.page.locator("dialog[open]").wait_for()


@stage("members", "error", roles=("admin",))
def the_list_does_not_come(theatre: Theatre) -> None:
    theatre.cut("/auth/v1/members")
    theatre.go("/members?error=1")
    theatre.page.get_by_role("alert").wait_for(timeout=30_000)
