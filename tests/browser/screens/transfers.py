"""What was sent and what came: lists, one transfer, its certificate."""

from pathlib import Path

from tests.browser.support.file_requests import ask, fill, refuse, wait_certificate, wait_received
from tests.browser.support.hands import words
from tests.browser.support.site import Account
from tests.browser.support.stages import Theatre, stage

ABSENT = "tr_" + "0" * 26
API = "/transfers/v1/transfers"


@stage("transfers", "empty")
def nothing_sent(theatre: Theatre) -> None:
    theatre.go("/transfers")
    theatre.page.get_by_text(_words(theatre)["empty_title"]).wait_for()


@stage("transfers", "empty", variant="nothing-fits")
def nothing_fits(theatre: Theatre) -> None:
    theatre.go("/transfers?q=zzzz&state=ready&from=2026-01-01")
    theatre.page.get_by_text(_words(theatre)["none_title"]).wait_for()


@stage("transfers", "full")
def several_sent(theatre: Theatre) -> None:
    theatre.once("sent", lambda: _sent(theatre))
    theatre.go("/transfers")
    theatre.page.locator(".line").nth(1).wait_for()


@stage("transfers", "full", variant="overseer", roles=("auditor",))
def all_of_the_company(theatre: Theatre) -> None:
    theatre.once("seen", lambda: theatre.site.send(_file(theatre)))
    theatre.go("/transfers")
    theatre.page.locator(".line").first.wait_for()


@stage("transfers", "error")
def list_away(theatre: Theatre) -> None:
    refuse(theatre.page, API)
    theatre.go("/transfers?q=away")
    theatre.page.get_by_role("alert").wait_for()


# Who stands on an empty stage has sent nothing: these two show what somebody else sent.
@stage("transfer", "empty", roles=("admin",))
def erased(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('gone', lambda: _gone(theatre, theatre.site.account('member')))}")
    theatre.page.get_by_text(_words(theatre)["files_gone"]).wait_for()


@stage("transfer", "full")
def one_on_its_way(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('sent', lambda: _sent(theatre))}")
    theatre.page.get_by_role("table").first.wait_for()
    theatre.page.get_by_text("見積書.txt").first.wait_for()


@stage("transfer", "full", variant="received")
def one_that_came(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('came', lambda: _came(theatre))}")
    theatre.page.get_by_role("button", name=_words(theatre)["fetch"], exact=True).wait_for()


@stage("transfer", "full", variant="link")
def a_link_to_copy(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('sent', lambda: _sent(theatre))}")
    theatre.page.get_by_role("table").get_by_role("button").first.click()
    theatre.page.get_by_role("dialog").get_by_role("img", name=_words(theatre)["qr_label"]).wait_for()


@stage("transfer", "full", variant="extend")
def another_expiry(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('sent', lambda: _sent(theatre))}")
    theatre.page.get_by_role("button", name=_words(theatre)["extend"]).click()
    theatre.page.get_by_role("dialog").get_by_label(_words(theatre)["extend_label"]).wait_for()


@stage("transfer", "full", variant="add")
def another_recipient(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('sent', lambda: _sent(theatre))}")
    theatre.page.get_by_role("button", name=_words(theatre)["add"]).click()
    dialog = theatre.page.get_by_role("dialog")
    dialog.get_by_role("combobox").fill("someone@never-met.example")
    dialog.get_by_role("button", name=_words(theatre)["add_check"]).click()
    dialog.get_by_role("checkbox").wait_for()


@stage("transfer", "error")
def not_there(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{ABSENT}")
    theatre.page.get_by_role("alert").wait_for()


@stage("certificate", "empty", roles=("admin",))
def not_erased_yet(theatre: Theatre) -> None:
    sent = theatre.once("held", lambda: _held(theatre))
    theatre.go(f"/transfers/{sent}/certificate")
    theatre.page.get_by_text(_words(theatre)["cert_not_yet"]).wait_for()


@stage("certificate", "full")
def certified(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{theatre.once('gone', lambda: _gone(theatre, theatre.account))}/certificate")
    theatre.page.get_by_text(_words(theatre)["cert_verify_title"]).wait_for()
    theatre.page.get_by_text(_words(theatre)["cert_root_same"]).wait_for()


@stage("certificate", "error")
def nothing_to_certify(theatre: Theatre) -> None:
    theatre.go(f"/transfers/{ABSENT}/certificate")
    theatre.page.get_by_role("alert").wait_for()


@stage("received", "empty")
def nothing_came(theatre: Theatre) -> None:
    theatre.go("/received")
    theatre.page.get_by_text(_words(theatre)["empty_received_title"]).wait_for()


@stage("received", "full")
def something_came(theatre: Theatre) -> None:
    theatre.once("came", lambda: _came(theatre))
    theatre.go("/received")
    theatre.page.locator(".line").first.wait_for()


@stage("received", "error")
def received_away(theatre: Theatre) -> None:
    refuse(theatre.page, API)
    theatre.go("/received?q=away")
    theatre.page.get_by_role("alert").wait_for()


def _words(theatre: Theatre) -> dict[str, str]:
    return words("transfers", theatre.language)


def _file(theatre: Theatre) -> Path:
    path = theatre.site.folder / "見積書.txt"
    path.write_text("お見積り 1,200,000 円\n", "utf-8")
    return path


def _sent(theatre: Theatre) -> str:
    """Three transfers; gives the one that is on its way, with a title as long as titles get in practice."""
    by, path = theatre.account, _file(theatre)
    theatre.site.send(path, by=by, more=("--title", "契約書の控え"))
    theatre.site.send(path, by=by, proof="link", more=("--seal",))
    title = "御見積書および添付資料一式（2026年度 第2四半期 更新分）"
    return theatre.site.send(
        path, by=by, more=("--title", title, "--message", "ご確認ください。\n佐藤", "--max-downloads", "3")
    ).id


def _held(theatre: Theatre) -> str:
    sent = theatre.site.sender().json("send", str(_file(theatre)), "--to", "held@partner.example", "--hold", "60")
    return str(sent["id"])


def _gone(theatre: Theatre, by: Account) -> str:
    transfer = theatre.site.send(_file(theatre), by=by).id
    theatre.site.sender(by).run("recall", transfer)
    wait_certificate(theatre.site, by, transfer)
    return transfer


def _came(theatre: Theatre) -> str:
    asked = ask(theatre.site, theatre.account, "入札書類のご提出")
    transfer = fill(theatre.site, asked, _file(theatre))
    wait_received(theatre.site, theatre.account, transfer)
    return transfer
