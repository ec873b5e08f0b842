"""The headers that every mail carries, and what is refused."""

from dataclasses import replace
from email import message_from_bytes

import pytest

from chalicelib.adapters.mime_message import mime_message
from chalicelib.domain.errors import Refused
from tests.contract.adapters_mail import MAIL, NOW


def test_headers_of_every_mail() -> None:
    message = message_from_bytes(mime_message(MAIL, now=NOW))
    assert message["Date"] == "Sun, 21 Jun 2026 00:02:03 +0000"
    assert message["Message-ID"] == "<ml_0aaaaaaaaaaaaaaaaaaaaaaaaa@example.co.jp>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "ja"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_message_is_seven_bit_with_short_lines_ended_by_crlf() -> None:
    raw = mime_message(replace(MAIL, subject="長" * 300, text="長" * 5000), now=NOW)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_an_id_with_a_domain_is_kept() -> None:
    message = message_from_bytes(mime_message(replace(MAIL, message_id="<a.b@example.org>"), now=NOW))
    assert message["Message-ID"] == "<a.b@example.org>"


@pytest.mark.parametrize(
    "changes",
    [
        {"to": ""},
        {"to": "nobody"},
        {"to": "a@"},
        {"to": "@b.example"},
        {"to": "a@b.example, c@d.example"},
        {"to": "Name <a@b.example>"},
        {"to": "文@b.example"},
        {"sender_address": "x y@b.example"},
        {"reply_to": "a@b@c"},
        {"subject": "nul\0"},
        {"sender_name": "line\u2028separator"},
        {"message_id": "a b"},
        {"message_id": ""},
        {"language": "ja; x"},
    ],
)
def test_fields_that_are_no_header_are_refused_without_their_content(changes: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        mime_message(replace(MAIL, **changes), now=NOW)
    assert refused.value.code == "mail_invalid"
    for value in changes.values():
        assert not value or value not in str(refused.value)
