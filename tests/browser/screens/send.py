"""Sending: the form, its confirmation, on its way, done; and what was begun and left."""

import os
from pathlib import Path

from tests.browser.support.sending import MIB, Sending
from tests.browser.support.stages import Theatre, stage
from tests.e2e.support.company import someone

PARTS = "/blobs/"


@stage("send", "empty")
def blank_form(theatre: Theatre) -> None:
    theatre.go("/send")
    _sending(theatre).button("check").wait_for()


@stage("send", "full")
def filled_form(theatre: Theatre) -> None:
    sending = _form(theatre, *_files(theatre))
    sending.options()
    theatre.page.get_by_label(sending.said("proof"), exact=True).select_option("passphrase")
    theatre.page.get_by_label(sending.said("expiry"), exact=True).select_option("date")


@stage("send", "full", variant="confirm")
def confirmation(theatre: Theatre) -> None:
    _form(theatre, *_files(theatre)).check()


@stage("send", "full", variant="sending")
def on_its_way(theatre: Theatre) -> None:
    _stopped_midway(theatre)
    theatre.page.locator("[data-progress]").wait_for()


@stage("send", "full", variant="done")
def all_is_in(theatre: Theatre) -> None:
    sending = _form(theatre, _files(theatre)[0])
    sending.at_once(proof="link")
    sending.sealed()
    sending.send()
    sending.sent()
    sending.link()
    theatre.page.get_by_role("button", name=sending.said("qr_show")).first.click()
    theatre.page.get_by_text(sending.said("sums")).click()


@stage("send", "error")
def wrong_form(theatre: Theatre) -> None:
    theatre.go("/send")
    sending = _sending(theatre)
    sending.button("check").click()
    theatre.page.get_by_text(sending.said("files_needed")).wait_for()


@stage("send_resume", "empty")
def nothing_begun(theatre: Theatre) -> None:
    theatre.go(f"/send/{'0' * 32}")
    theatre.page.get_by_text(_sending(theatre).said("resume_absent"), exact=True).wait_for()


@stage("send_resume", "full")
def begun(theatre: Theatre) -> None:
    sending = _stopped_midway(theatre)
    journal = sending.later()
    theatre.go(f"/send/{journal}")
    theatre.page.get_by_role("heading", level=1, name=sending.said("resume_title")).wait_for()
    theatre.page.locator("[data-journal] .actions").wait_for()


@stage("send_resume", "error")
def another_file(theatre: Theatre) -> None:
    begun(theatre)
    [_, other] = _files(theatre)
    theatre.page.set_input_files("[data-journal] input[type=file]:not([webkitdirectory])", other)
    theatre.page.locator("[data-journal] .field-error").wait_for()


def _sending(theatre: Theatre) -> Sending:
    return Sending(theatre.page, theatre.language)


def _form(theatre: Theatre, *files: Path) -> Sending:
    """Filled in; what was filled in would be asked for when the next stage begins, so the page is left for good."""
    theatre.after(lambda: theatre.page.goto("about:blank"))
    theatre.go("/send")
    sending = _sending(theatre)
    sending.choose(*files)
    sending.people(someone(), someone("supplier.example"))
    return sending


def _stopped_midway(theatre: Theatre) -> Sending:
    """On its way to a store that can't be reached."""
    sending = _form(theatre, _files(theatre)[0])
    theatre.cut(PARTS)
    # Once a part was tried there is a record that can be gone on with.
    with theatre.page.expect_event("requestfailed", lambda request: PARTS in request.url):
        sending.send()
    theatre.page.locator("[data-progress]").wait_for()
    return sending


def _files(theatre: Theatre) -> tuple[Path, Path]:
    def made() -> tuple[Path, Path]:
        folder = theatre.site.folder / f"to-send-{theatre.language}"
        folder.mkdir(exist_ok=True)
        film, plan = folder / "施工記録 2026-11.mov", folder / "見積書.pdf"
        film.write_bytes(os.urandom(2 * MIB))
        plan.write_bytes(os.urandom(3000))
        return film, plan

    return theatre.once("files to send", made)
