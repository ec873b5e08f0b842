"""File requests: the member's list, form and one request. What the guest sees of them stands with the guest's stages."""

from pathlib import Path

from tests.browser.support.file_requests import Asked, ask, fill, refuse, wait_received
from tests.browser.support.hands import words
from tests.browser.support.stages import Theatre, stage

ABSENT = "rq_" + "0" * 26
API = "/transfers/v1/requests"


@stage("requests", "empty")
def nothing_asked(theatre: Theatre) -> None:
    theatre.go("/requests")
    theatre.page.get_by_text(_words(theatre)["empty_title"]).wait_for()


@stage("requests", "full")
def several_asked(theatre: Theatre) -> None:
    theatre.once("filled", lambda: _filled(theatre))
    theatre.go("/requests")
    theatre.page.locator(".line").nth(1).wait_for()


@stage("requests", "error")
def list_away(theatre: Theatre) -> None:
    refuse(theatre.page, API)
    theatre.go("/requests?state=open")
    theatre.page.get_by_role("alert").wait_for()


@stage("request_new", "empty")
def blank_form(theatre: Theatre) -> None:
    theatre.go("/requests/new")
    theatre.page.get_by_role("button", name=_words(theatre)["make"]).wait_for()


@stage("request_new", "full")
def filled_form(theatre: Theatre) -> None:
    # Without a title: a form with one asks before it is left.
    said = _words(theatre)
    theatre.go("/requests/new")
    theatre.page.get_by_label(said["audience_domains"]).check()
    theatre.page.get_by_label(said["field_domains"]).fill("partner.example, supplier.example")
    theatre.page.get_by_label(said["field_max_files"]).fill("20")
    theatre.page.get_by_label(said["field_max_size"]).fill("2.5")


@stage("request_new", "error")
def wrong_form(theatre: Theatre) -> None:
    said = _words(theatre)
    theatre.go("/requests/new")
    theatre.page.get_by_label(said["field_max_files"]).fill("many")
    theatre.page.get_by_role("button", name=said["make"]).click()
    theatre.page.get_by_text(said["title_missing"]).wait_for()


# Who stands on an empty stage has asked for nothing: this shows what somebody else asked for.
@stage("request", "empty", roles=("admin",))
def nothing_came(theatre: Theatre) -> None:
    asked = theatre.once("blank", lambda: ask(theatre.site, theatre.site.account("member"), "請求書の送付"))
    theatre.go(f"/requests/{asked.id}")
    theatre.page.get_by_text(_words(theatre)["arrived_empty"]).wait_for()


@stage("request", "full")
def something_came(theatre: Theatre) -> None:
    asked = theatre.once("filled", lambda: _filled(theatre))
    theatre.go(f"/requests/{asked.id}")
    theatre.page.locator(".line").first.wait_for()
    theatre.page.get_by_role("button", name=_words(theatre)["share_qr_show"]).click()
    theatre.page.get_by_role("img", name=_words(theatre)["share_qr"]).wait_for()


@stage("request", "error")
def not_there(theatre: Theatre) -> None:
    theatre.go(f"/requests/{ABSENT}")
    theatre.page.get_by_role("alert").wait_for()


def _words(theatre: Theatre) -> dict[str, str]:
    return words("requests", theatre.language)


def _filled(theatre: Theatre) -> Asked:
    """Two requests; gives the one for which something came."""
    site, by = theatre.site, theatre.account
    ask(site, by, "議事録の送付", recipients=[{"email": "someone@partner.example"}], proof="code")
    more = {"max_files": 20, "max_bytes": 10_000_000, "message": "PDF でお願いします。"}
    asked = ask(site, by, "入札書類のご提出（2026年度）", **more)
    path = Path(site.folder / "入札書.txt")
    path.write_text("入札金額 1,200,000 円\n", "utf-8")
    wait_received(site, by, fill(site, asked, path))
    return asked
