"""The mail senders under contract: the fake, SMTP to a listening aiosmtpd, SES under moto, and the maildir."""

import mailbox
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from functools import cache
from typing import Any

from chalicelib.ports.mail import Mail, MailSender
from tests.contract.harness import Registry, Scene

NOW = 1_782_000_123_456
MAIL = Mail(
    to="guest@example.com",
    sender_name="文箱 株式会社さくら商事（法務部）",
    sender_address="no-reply@example.co.jp",
    reply_to="sato@example.co.jp",
    subject="【文箱】佐藤さんからファイルが届いています。受け取り期限は7日後です（3件、12.5 MB）",
    text="佐藤さんからファイルが届いています。\n\nhttps://files.example.jp/l\n.\nfrom\n",
    html="<p>佐藤さんからファイルが<b>届いています</b>。</p>",
    message_id="ml_0aaaaaaaaaaaaaaaaaaaaaaaaa",
    language="ja",
)


@dataclass
class MailSubject:
    """``received`` gives what the mail system has; ``refused`` turns a mail into one that it refuses for good."""

    sender: MailSender
    away: MailSender
    received: Callable[[], list[Mail]]
    refused: Callable[[Mail], Mail]


def as_mail(raw: bytes, to: str) -> Mail:
    """A received message read by the standard library, so that the suite compares what a reader would see."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=default)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    # The modern parser puts a space between two encoded words of a name (RFC 2047 6.2 says none), the older one does not.
    headers = message_from_bytes(raw)
    name, address = parseaddr(headers["From"])
    return Mail(
        to=to,
        sender_name=_decoded(name),
        sender_address=address,
        reply_to=headers["Reply-To"],
        subject=_decoded(headers["Subject"]),
        text=text.get_content().replace("\r\n", "\n"),
        html=html.get_content().replace("\r\n", "\n").rstrip("\n"),
        message_id=headers["Message-ID"].strip("<>").partition("@")[0],
        language=headers["Content-Language"],
    )


def _decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


@contextmanager
def fake_mail(scene: Scene) -> Iterator[MailSubject]:
    from tests.fakes.mail import FakeMail

    fake, away = FakeMail(), FakeMail()
    away.away = True
    fake.refused.add("nobody@example.com")
    yield MailSubject(fake, away, lambda: fake.sent, lambda mail: replace(mail, to="nobody@example.com"))


@contextmanager
def smtp_mail(scene: Scene) -> Iterator[MailSubject]:
    from chalicelib.adapters.smtp_mail_sender import SMTPMailSender
    from tests.smtp_server import closed_port, smtp_server

    with smtp_server() as server:
        yield MailSubject(
            SMTPMailSender("127.0.0.1", server.port, security="none", now=lambda: NOW, timeout=5),
            SMTPMailSender("127.0.0.1", closed_port(), security="none", now=lambda: NOW, timeout=5),
            lambda: [as_mail(one.content, one.to) for one in server.messages],
            lambda mail: replace(mail, to="refused-550@example.com"),
        )


@contextmanager
def ses_mail(scene: Scene) -> Iterator[MailSubject]:
    from moto import mock_aws

    from chalicelib.adapters.ses_mail_sender import SESMailSender

    with mock_aws():
        client = _ses_client(None)
        client.create_email_identity(EmailIdentity=MAIL.sender_address)
        yield MailSubject(
            SESMailSender(client, now=lambda: NOW),
            SESMailSender(_ses_client(_closed()), now=lambda: NOW),
            lambda: [as_mail(_bytes(one.raw_data), one.destinations[0]) for one in _ses_messages()],
            lambda mail: replace(mail, sender_address="unverified@example.org"),
        )


@cache
def _closed() -> int:
    from tests.smtp_server import closed_port

    return closed_port()


@cache
def _ses_client(port: int | None) -> Any:
    """A client whose calls moto answers; with a port one that goes to the loopback, where moto does not stand between."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "sesv2",
        region_name="ap-northeast-1",
        endpoint_url=f"http://127.0.0.1:{port}" if port else None,
        config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
    )


def _ses_messages() -> list[Any]:
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.ses.models import ses_backends

    return list(ses_backends[DEFAULT_ACCOUNT_ID]["ap-northeast-1"].sent_messages)


def _bytes(raw: str | bytes) -> bytes:
    return raw.encode() if isinstance(raw, str) else raw


@contextmanager
def maildir_mail(scene: Scene) -> Iterator[MailSubject]:
    from chalicelib.adapters.maildir_mail_sender import MaildirMailSender

    path = scene.tmp_path / "mail"

    def received() -> list[Mail]:
        folder = mailbox.Maildir(path, create=True)
        found = [folder.get_bytes(key) for key in sorted(folder.keys())]
        return [as_mail(raw, message_from_bytes(raw)["To"]) for raw in found]

    yield MailSubject(
        MaildirMailSender(str(path), now=lambda: NOW),
        MaildirMailSender(str(scene.tmp_path / "absent" / "mail"), now=lambda: NOW),
        received,
        lambda mail: replace(mail, to="nobody@example.invalid"),
    )


def register(registry: Registry) -> None:
    registry.add("mail", "fake", fake_mail)
    registry.add("mail", "smtp", smtp_mail)
    registry.add("mail", "ses", ses_mail, group="moto")
    registry.add("mail", "maildir", maildir_mail)
