"""The page of an evaluation's mails: who may read it, and that nothing of a mail becomes markup."""

import asyncio
import mailbox
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.settings import Settings
from onprem.runtime.asgi_messages import Message
from onprem.runtime.host import Host
from onprem.runtime.mail_reader import MailReader, reads_mail


def asked(folder: Path, *, source: str = "127.0.0.1", host: str = "127.0.0.1:8080", language: str = "en") -> str:
    settings = Settings(mode="evaluation", mail="maildir", data_dir=folder)
    reader = MailReader(cast("Host", SimpleNamespace(settings=settings)))
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()), (b"accept-language", language.encode())]
    scope: dict[str, Any] = {"type": "http", "path": "/mail", "method": "GET", "headers": headers}
    asyncio.run(reader.handle(scope, send, source_ip=source))
    assert b"script" not in dict(sent[0]["headers"])[b"content-security-policy"]
    return bytes(sent[1]["body"]).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    box = mailbox.Maildir(tmp_path / "mail")
    for number, text in enumerate(("the older one", "<script>alert(1)</script> http://127.0.0.1:8080/l#acme.token&x")):
        mail = EmailMessage()
        mail["To"], mail["Subject"] = "guest@partner.example", f"<b>Mail {number}</b>"
        mail["Date"] = f"Sat, 21 Nov 2026 10:0{number}:00 +0000"
        mail.set_content(text)
        box.add(mail.as_bytes())
    return tmp_path


def test_the_newest_mail_comes_first_and_its_link_can_be_followed(folder: Path) -> None:
    page = asked(folder)
    assert page.index("Mail 1") < page.index("Mail 0")
    assert '<a href="http://127.0.0.1:8080/l#acme.token&amp;x">' in page


def test_nothing_of_a_mail_becomes_markup(folder: Path) -> None:
    page = asked(folder)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_without_mails_it_says_so_in_the_readers_language(tmp_path: Path) -> None:
    assert "Nothing has arrived yet." in asked(tmp_path)
    assert "まだ届いていません。" in asked(tmp_path, language="ja")


@pytest.mark.parametrize(
    ("source", "host"),
    [
        ("192.0.2.7", "127.0.0.1:8080"),
        ("127.0.0.1", "rebound.example"),
        ("", "127.0.0.1:8080"),
        ("not an address", "127.0.0.1:8080"),
    ],
)
def test_nobody_else_reads_them(folder: Path, source: str, host: str) -> None:
    with pytest.raises(NotFound):
        asked(folder, source=source, host=host)


def test_it_exists_in_evaluation_alone(tmp_path: Path) -> None:
    assert reads_mail(Settings(mode="evaluation", mail="maildir", data_dir=tmp_path))
    assert not reads_mail(Settings(mode="production", mail="maildir", data_dir=tmp_path))
    assert not reads_mail(Settings(mode="evaluation", mail="smtp", data_dir=tmp_path))
