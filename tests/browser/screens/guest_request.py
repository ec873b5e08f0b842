"""A guest on the link of a file request: who asks, the place for files, what is said when they arrived."""

from pathlib import Path

from tests.browser.support.file_requests import Asked, ask, fill
from tests.browser.support.hands import words
from tests.browser.support.stages import Theatre, stage


@stage("guest", "full", variant="request", roles=())
def asked_for_files(theatre: Theatre) -> None:
    theatre.open(_asked(theatre).link)
    theatre.page.get_by_role("button", name=_words(theatre)["begin"]).wait_for()


@stage("guest", "full", variant="request-chosen", roles=())
def files_chosen(theatre: Theatre) -> None:
    _choose(theatre, _asked(theatre), _file(theatre))
    theatre.page.get_by_role("button", name=_words(theatre)["send"], exact=True).wait_for()


@stage("guest", "full", variant="request-sent", roles=())
def files_sent(theatre: Theatre) -> None:
    said = _words(theatre)
    _choose(theatre, _asked(theatre), _file(theatre))
    theatre.page.get_by_role("button", name=said["send"], exact=True).click()
    theatre.page.get_by_role("button", name=said["receipt_save"]).wait_for(timeout=60_000)


@stage("guest", "empty", variant="request-full", roles=())
def nothing_more_is_taken(theatre: Theatre) -> None:
    theatre.open(theatre.once("full request", lambda: _full(theatre)).link)
    theatre.page.get_by_text(_words(theatre)["full_title"]).wait_for()


@stage("guest", "error", variant="request-too-large", roles=())
def too_large(theatre: Theatre) -> None:
    asked = theatre.once("tight request", lambda: _ask(theatre, "短い文書", max_bytes=3))
    _choose(theatre, asked, _file(theatre))
    theatre.page.get_by_role("alert").wait_for()


def _words(theatre: Theatre) -> dict[str, str]:
    return words("guest_request", theatre.language)


def _ask(theatre: Theatre, title: str, **more: int | str) -> Asked:
    return ask(theatre.site, theatre.site.account("member", language=theatre.language), title, **more)


def _asked(theatre: Theatre) -> Asked:
    message = "PDF または TIFF でお願いします。\n締め切りは今週末です。"
    limits = {"max_files": 200, "max_bytes": 2_000_000_000}
    return theatre.once("request", lambda: _ask(theatre, "入札書類のご提出（2026年度）", message=message, **limits))


def _full(theatre: Theatre) -> Asked:
    asked = _ask(theatre, "一つだけ", max_files=1)
    fill(theatre.site, asked, _file(theatre))
    return asked


def _file(theatre: Theatre) -> Path:
    path = theatre.site.folder / "入札書（最終版）.txt"
    path.write_text("入札金額 1,200,000 円\n", "utf-8")
    return path


def _choose(theatre: Theatre, asked: Asked, path: Path) -> None:
    theatre.open(asked.link)
    theatre.page.get_by_role("button", name=_words(theatre)["begin"]).click()
    theatre.page.locator("input[type=file]:not([webkitdirectory])").set_input_files(path)
