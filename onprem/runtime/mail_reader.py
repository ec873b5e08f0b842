"""The mails of an evaluation, on a page at ``/mail``: whoever tries Fumibako on one machine needs no mail server to read what guests would get.

It shows one-time codes, so it exists only where mail goes into a maildir in evaluation mode (production refuses both), and answers only to the
same machine under the install's own name: another site's page that had its name changed to this address (DNS rebinding) is refused.
"""

import ipaddress
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalicelib.api.plain_html import HEADERS, document, paragraph
from chalicelib.api.problems import language_of
from chalicelib.domain.errors import NotFound
from chalicelib.settings import Settings
from onprem.runtime.asgi_messages import Scope, Send, header, send_answer
from onprem.runtime.host import Host

MOST_MAILS: Final = 50
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")
_WORDS: Final = {
    "ja": ("届いたメール", "評価用の画面です。メールは外に送られず、ここに届きます。", "まだ届いていません。"),
    "en": ("Mail", "For evaluation: no mail leaves this machine, it arrives here.", "Nothing has arrived yet."),
}


def reads_mail(settings: Settings) -> bool:
    """Whether there are mails to show here."""
    return settings.mode == "evaluation" and settings.mail == "maildir"


class MailReader:
    """The newest mails as one page of plain HTML."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._folder = host.settings.data_dir / "mail"

    async def handle(self, scope: Scope, send: Send, *, source_ip: str) -> None:
        """Raises NotFound for anybody who is not on this machine."""
        own = urlsplit(self._host.settings.base_url).netloc.lower()
        if not _is_loopback(source_ip) or header(scope, b"host").lower() != own:
            raise NotFound("There is no such page.")
        language = language_of(header(scope, b"accept-language"))
        text = _page(language, _newest(self._folder))
        await send_answer(send, 200, tuple(HEADERS.items()), text.encode())


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _newest(folder: Path) -> list[EmailMessage]:
    # Nothing but what was delivered: another process may be making the other folders of a maildir at this moment.
    delivered = folder / "new"
    raw = [one.read_bytes() for one in delivered.iterdir()] if delivered.is_dir() else []
    messages = [message_from_bytes(one, policy=policy.default) for one in raw]
    return sorted(messages, key=_sent_at, reverse=True)[:MOST_MAILS]


def _sent_at(message: EmailMessage) -> float:
    return parsedate_to_datetime(str(message["Date"])).timestamp()


def _page(language: str, messages: list[EmailMessage]) -> str:
    title, lead, nothing = _WORDS[language]
    blocks = [paragraph(lead), *(_article(one) for one in messages)]
    return document(language, title, blocks if messages else [*blocks, paragraph(nothing)])


def _article(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    head = f"<h2>{escape(str(message['Subject']))}</h2><p><small>{escape(str(message['To']))}, {escape(str(message['Date']))}</small></p>"
    return f"<article>{head}<blockquote>{_linked(text)}</blockquote></article>"


def _linked(text: str) -> str:
    """The text with its addresses as links; everything else is escaped."""
    parts, at = [], 0
    for found in _LINK.finditer(text):
        address = escape(found[0])
        parts += [escape(text[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    return "".join([*parts, escape(text[at:])])
