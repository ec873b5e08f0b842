"""A guest on the link of a transfer: what came, the proof, the list, saving it, and every way it can end."""

from pathlib import Path

from tests.browser.support import specimens
from tests.browser.support.guest_steps import ask_for_code, code_field
from tests.browser.support.hands import words
from tests.browser.support.site import Sent
from tests.browser.support.stages import Theatre, stage

MIB = 2**20
MESSAGE = {
    "ja": "いつもお世話になっております。\n第二工場の図面一式をお送りします。ご査収ください。",
    "en": "Dear Ms Tanaka,\nhere are the drawings of the second plant, as promised.",
}
TITLE = {"ja": "第二工場の図面一式", "en": "Drawings of the second plant"}


def _words(theatre: Theatre) -> dict[str, str]:
    return words("guest", theatre.language)


def _tree(theatre: Theatre) -> Path:
    folder = theatre.site.folder / f"drawings-{theatre.language}"
    (folder / "図面").mkdir(parents=True)
    (folder / "見積書 2026.txt").write_text("1,200,000\n")
    (folder / "図面" / "平面図.png").write_bytes(specimens.png(400, 300))
    (folder / "図面" / "plan.pdf").write_bytes(specimens.pdf())
    (folder / ("long " * 30 + ".bin")).write_bytes(bytes(3 * MIB))
    return folder


def _sent(theatre: Theatre, proof: str = "link", *more: str) -> Sent:
    how = ("--title", TITLE[theatre.language], "--message", MESSAGE[theatre.language], *more)
    return theatre.once(
        f"guest {proof} {more}",
        lambda: theatre.site.send(theatre.once("tree", lambda: _tree(theatre)), proof=proof, more=how),
    )


def _inside(theatre: Theatre) -> None:
    theatre.open(_sent(theatre).link)
    theatre.page.get_by_role("button", name=_words(theatre)["show_files"]).click()
    theatre.page.get_by_role("heading", name=_words(theatre)["files"], exact=True).wait_for()


@stage("guest", "empty", roles=())
def no_link(theatre: Theatre) -> None:
    theatre.page.goto(theatre.site.url + "/l")
    theatre.page.evaluate("() => sessionStorage.clear()")
    theatre.page.goto(theatre.site.url + "/l")
    theatre.page.get_by_label(_words(theatre)["paste"], exact=True).wait_for()


@stage("guest", "full", roles=())
def first_screen(theatre: Theatre) -> None:
    theatre.open(_sent(theatre, "code").link)
    theatre.page.get_by_role("button", name=_words(theatre)["code_ask"]).wait_for()


@stage("guest", "full", variant="code", roles=())
def code_asked(theatre: Theatre) -> None:
    theatre.open(theatre.once("asked", lambda: _sent(theatre, "code", "--max-downloads", "9").link))
    if code_field(theatre.page).count() == 0:
        ask_for_code(theatre.page)
    theatre.page.get_by_text(_words(theatre)["code_help"]).click()


@stage("guest", "full", variant="passphrase", roles=())
def passphrase(theatre: Theatre) -> None:
    kept = theatre.site.folder / "passphrase"
    kept.write_text("桜の咲く頃に\n")
    theatre.open(_sent(theatre, "passphrase", "--passphrase-file", str(kept)).link)
    theatre.page.get_by_label(_words(theatre)["pass"], exact=True).wait_for()


@stage("guest", "full", variant="files", roles=())
def list_of_files(theatre: Theatre) -> None:
    _inside(theatre)
    theatre.page.get_by_role("checkbox").nth(1).check()


@stage("guest", "full", variant="saved", roles=())
def saved(theatre: Theatre) -> None:
    _inside(theatre)
    with theatre.page.expect_download():
        theatre.page.get_by_role("button", name=_words(theatre)["save_named"].format(name="plan.pdf")).click()
    theatre.page.get_by_text(_words(theatre)["saved"], exact=True).wait_for()


@stage("guest", "full", variant="preview", roles=())
def preview(theatre: Theatre) -> None:
    _inside(theatre)
    theatre.page.get_by_role("button", name=_words(theatre)["look_at"].format(name="plan.pdf")).click()
    theatre.page.locator("iframe.preview.shown").wait_for(timeout=30_000)


@stage("guest", "full", variant="elsewhere", roles=())
def not_in_this_browser(theatre: Theatre) -> None:
    theatre.open(_sent(theatre, "link", "--seal").link)
    button = theatre.page.get_by_role("button", name=_words(theatre)["show_files"])
    button.wait_for()
    # As in browsers of some years ago.
    theatre.page.evaluate("() => { delete AbortSignal.any; }")
    button.click()
    theatre.page.get_by_role("img", name=_words(theatre)["elsewhere_qr"]).wait_for()


@stage("guest", "error", roles=())
def recalled(theatre: Theatre) -> None:
    theatre.open(theatre.once("recalled", lambda: _recalled(theatre)).link)
    theatre.page.get_by_text(_words(theatre)["ended_revoked"]).wait_for()


@stage("guest", "error", variant="absent", roles=())
def absent(theatre: Theatre) -> None:
    theatre.open(f"{theatre.site.url}/l#acme.{'A' * 27}")
    theatre.page.get_by_text(_words(theatre)["ended_absent"]).wait_for()


@stage("guest", "error", variant="wrong-code", roles=())
def wrong_code(theatre: Theatre) -> None:
    code_asked(theatre)
    code_field(theatre.page).fill("00000000")
    theatre.page.locator(".field-error").wait_for()


@stage("guest", "error", variant="keyless", roles=())
def keyless(theatre: Theatre) -> None:
    whole = _sent(theatre, "link", "--seal").link
    theatre.open(whole.rpartition(".")[0])
    theatre.page.get_by_role("button", name=_words(theatre)["show_files"]).click()
    theatre.page.get_by_label(_words(theatre)["paste"], exact=True).wait_for()


def _recalled(theatre: Theatre) -> Sent:
    sent = theatre.site.send(theatre.once("tree", lambda: _tree(theatre)), proof="link")
    theatre.site.admin.delete(f"/transfers/v1/transfers/{sent.id}")
    return sent
