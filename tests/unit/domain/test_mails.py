import re
from typing import Any

import pytest

from chalicelib.catalogue import LANGUAGES, catalogue
from chalicelib.domain.mails import KINDS, compose, kind_of, readable_code, readable_size, readable_time

SENDER = {"name": "Aoi Tanaka", "company": "Acme", "address": "aoi@acme.example"}
CONTENT: dict[str, Any] = {
    "to": "guest@partner.example",
    "sender": SENDER,
    "who": "Ben Sato",
    "url": "https://files.acme.example/l#acme.token",
    "certificate_url": "https://files.acme.example/certificate",
    "title": "Drawings",
    "files": 3,
    "bytes": 1536,
    "expires_at": "2026-11-28T00:30:00.000Z",
    "destroyed_at": "2026-11-28T00:31:00.000Z",
    "at": "2026-11-28T00:31:00.000Z",
    "code": "12345678",
    "minutes": 10,
    "proof": "code",
    "scan": "clean",
    "class": "managed",
    "company": "Acme",
}
ALL_KINDS = sorted(catalogue("en")["mails"])
FORBIDDEN = ("token", "class", "decrypt", "ワンタイム", "復号")


def letter(kind: str, language: str = "en", **changes: Any) -> Any:
    return compose(kind, language, catalogue(language), {**CONTENT, **changes}, company="Acme")


def leaves(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value or []
    return [leaf for child in children for leaf in leaves(child)]


def test_both_languages_have_the_same_kinds_and_words() -> None:
    def shape(value: Any) -> Any:
        return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else type(value).__name__

    assert shape(catalogue("en")) == shape(catalogue("ja"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_guests_never_meet_words_of_ours(language: str) -> None:
    for sentence in leaves(catalogue(language)):
        for word in FORBIDDEN:
            assert not re.search(rf"\b{word}\b" if word.isascii() else word, sentence, re.IGNORECASE), sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_mail_is_whole_in_both_languages(kind: str, language: str) -> None:
    made = letter(kind, language, message="Hello\nthere")
    for part in (made.subject, made.text, made.html, made.sender_name):
        assert part.strip()
        assert "{" not in re.sub(r"\{[a-z-]+:", "", part)
    assert "\n" not in made.subject
    assert made.html.startswith(f'<!doctype html><html lang="{language}">')
    assert "<img" not in made.html
    assert "<script" not in made.html


def test_every_event_that_mails_has_a_kind() -> None:
    kinds = {kind_of(event, {"role": role}) for event in KINDS for role in ("sender", "recipient")}
    assert kinds == set(ALL_KINDS)


def test_the_ready_mail_says_who_what_how_large_until_when_and_what_next() -> None:
    made = letter("ready")
    assert made.subject == "Aoi Tanaka has sent you 3 files"
    assert "Aoi Tanaka of Acme has sent you 3 files, 1.5 KiB." in made.text
    assert "Saturday, 28 November 2026, 00:30 UTC" in made.text
    assert "https://files.acme.example/l#acme.token" in made.text
    assert "The files were checked for malware." in made.text
    assert made.sender_name == "Aoi Tanaka (Acme)"
    assert made.reply_to == "aoi@acme.example"


def test_what_was_not_scanned_is_said() -> None:
    assert "were not checked for malware" in letter("ready", scan="not_scanned").text


@pytest.mark.parametrize(("proof", "words"), [("code", "code"), ("passphrase", "passphrase"), ("link", "no account.")])
def test_the_proof_is_announced(proof: str, words: str) -> None:
    assert words in letter("ready", proof=proof).text


def test_a_sealed_transfer_says_that_a_key_is_needed_unless_a_passphrase_is() -> None:
    assert "have the key" in letter("ready", **{"class": "sealed"}).text
    assert "have the key" not in letter("ready", **{"class": "sealed", "proof": "passphrase"}).text
    assert "have the key" not in letter("ready").text


def test_one_file_is_singular() -> None:
    assert letter("ready", files=1).subject == "Aoi Tanaka has sent you 1 file"


def test_a_code_mail_holds_the_code_and_no_link() -> None:
    made = letter("code")
    assert made.subject == "Your code: 1234 5678"
    assert "1234 5678" in made.text
    assert "https://" not in made.text
    assert made.reply_to is None


def test_a_message_is_quoted() -> None:
    assert "Message from Aoi Tanaka:\n> one\n> two\n" in letter("ready", message="one\ntwo").text


def test_markup_in_what_people_wrote_is_text() -> None:
    made = letter("ready", message="<b>&\"'", title="<i>", sender={**SENDER, "name": "<script>alert(1)</script>"})
    assert "<script>" not in made.html
    assert "&lt;b&gt;&amp;&quot;&#x27;" in made.html


def test_line_breaks_in_a_name_do_not_reach_a_header() -> None:
    made = letter("ready", sender={**SENDER, "name": "A\r\nBcc: x@y"})
    assert "\n" not in made.subject + made.sender_name
    assert "\r" not in made.subject + made.sender_name


def test_mails_of_the_company_itself_carry_its_name() -> None:
    content = {"to": "a@b", "url": "https://x", "company": "Acme"}
    made = compose("invitation", "en", catalogue("en"), content, company="Acme")
    assert made.sender_name == "Acme"
    assert made.reply_to is None


def test_no_title_no_line() -> None:
    assert "About:" in letter("destroyed").text
    assert "About:" not in letter("destroyed", title="").text


def test_an_action_without_its_address_is_left_out() -> None:
    assert "Open the files" not in letter("expiring_recipient", url="", certificate_url="").text


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", "2026年11月28日(土) 09:30 日本時間"), ("en", "Saturday, 28 November 2026, 00:30 UTC")],
)
def test_times_name_their_zone(language: str, words: str) -> None:
    assert readable_time("2026-11-28T00:30:00.000Z", language) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (5 << 40, "5.0 TiB"),
        (1 << 50, "1.0 PiB"),
        (1 << 62, "4096.0 PiB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert readable_size(count) == words


def test_codes_stand_in_two_groups() -> None:
    assert readable_code("12345678") == "1234 5678"
    assert readable_code("") == ""
