"""Every sentence of ``chalicelib.ports.mail`` over every mail sender."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.domain.errors import Refused, StoreAway
from tests.contract.adapters_mail import MAIL, MailSubject

PORT = "mail"
FIELDS = ("to", "sender_name", "sender_address", "reply_to", "subject", "message_id", "language")


def test_send_returns_when_the_mail_system_has_taken_charge(subject: MailSubject) -> None:
    subject.sender.send(MAIL)
    assert [mail.to for mail in subject.received()] == [MAIL.to]


def test_japanese_subjects_names_and_bodies_arrive_unchanged(subject: MailSubject) -> None:
    subject.sender.send(MAIL)
    assert subject.received() == [MAIL]


@pytest.mark.parametrize(
    "changes",
    [
        {"sender_name": '"Quoted", (comment) <x@y>; Ltd.', "reply_to": None},
        {"sender_name": "", "subject": "", "text": "x\n", "html": "<p>x</p>"},
        {"subject": "長" * 300, "sender_name": "名" * 100},
        {"subject": "x" * 900, "language": "en"},
        {"subject": "emoji 🔑 and = ? _ =?utf-8?b?aGk=?= inside"},
        {"text": "長い行" * 2000 + "\n"},
    ],
    ids=["punctuation", "empty", "long japanese", "long ascii", "looks encoded", "long line"],
)
def test_unusual_texts_arrive_unchanged_too(subject: MailSubject, changes: dict[str, str | None]) -> None:
    mail = replace(MAIL, **changes)  # type: ignore[arg-type]
    subject.sender.send(mail)
    assert subject.received() == [mail]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("mark", ["\r\n", "\n", "\r"])
def test_a_header_can_not_be_injected(subject: MailSubject, name: str, mark: str) -> None:
    for text in (f"{getattr(MAIL, name)}{mark}Bcc: victim@example.com", f"a{mark} b", mark):
        with pytest.raises(Refused) as refused:
            subject.sender.send(replace(MAIL, **{name: text}))
        assert refused.value.code == "mail_invalid"
    assert subject.received() == []


def test_a_second_send_of_a_message_id_is_taken_again(subject: MailSubject) -> None:
    subject.sender.send(MAIL)
    subject.sender.send(MAIL)
    assert len(subject.received()) == 2


def test_many_threads_send_at_once_and_each_mail_arrives(subject: MailSubject) -> None:
    mails = [
        replace(MAIL, to=f"guest-{number}@example.com", message_id=f"<{number}@x.example>") for number in range(24)
    ]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(subject.sender.send, mails))
    assert sorted(mail.to for mail in subject.received()) == sorted(mail.to for mail in mails)


def test_a_refusal_for_good_says_so_without_address_or_body(subject: MailSubject) -> None:
    mail = subject.refused(MAIL)
    with pytest.raises(Refused) as refused:
        subject.sender.send(mail)
    assert refused.value.code == "mail_refused"
    assert mail.to not in str(refused.value)
    assert mail.sender_address not in str(refused.value)
    assert subject.received() == []


def test_a_system_that_is_away_says_so(subject: MailSubject) -> None:
    with pytest.raises(StoreAway) as away:
        subject.away.send(MAIL)
    assert MAIL.to not in str(away.value)
