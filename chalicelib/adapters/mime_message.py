"""The one function that turns a ``Mail`` into the bytes of a message (RFC 5322, MIME, RFC 2047).

Both bodies are base64: a relay without 8BITMIME passes them on unchanged. ``Auto-Submitted`` (RFC 3834) keeps out-of-office
robots quiet. ``Message-ID`` is the caller's; an id without a domain gets the sender's.
"""

import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from chalicelib.domain.errors import Refused
from chalicelib.ports.mail import Mail

CRLF = "\r\n"

_ENCODED = "=?"
# Line breaks would begin a new header; the other control characters have no business in one.
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._+-]+(@[A-Za-z0-9.-]+)?\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


def mime_message(mail: Mail, *, now: int) -> bytes:
    """The message with CRLF line ends, dated ``now`` (ms). Raises Refused("mail_invalid") and names no field's content."""
    message = EmailMessage(policy=SMTP)
    sender = _address(mail.sender_address, mail.sender_name)
    message["From"] = sender
    message["To"] = _address(mail.to)
    if mail.reply_to is not None:
        message["Reply-To"] = _address(mail.reply_to)
    if _ENCODED not in _clean(mail.subject):
        message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now // 1000, UTC))
    message["Message-ID"] = _message_id(mail.message_id, sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    # Last, because add_alternative moves every Content- header into the first part.
    message["Content-Language"] = _language(mail.language)
    return _literal_subject(mail.subject) + message.as_bytes()


def _literal_subject(subject: str) -> bytes:
    """The header of a subject that looks encoded already: EmailMessage would decode it, and show what nobody wrote."""
    if _ENCODED not in subject:
        return b""
    return f"Subject: {Header(subject, 'utf-8', header_name='Subject').encode(linesep=CRLF)}{CRLF}".encode("ascii")


def _clean(text: str) -> str:
    if _CONTROL.search(text):
        raise Refused("mail_invalid", "A header field of the mail holds a line break or another control character.")
    return text


def _address(text: str, name: str = "") -> Address:
    try:
        address = Address(_clean(name), addr_spec=_clean(text))
    except (MessageError, ValueError, IndexError) as error:
        raise _invalid_address() from error
    if not address.username or not address.domain or not text.isascii():
        raise _invalid_address()
    return address


def _invalid_address() -> Refused:
    return Refused("mail_invalid", "An address of the mail is not a mail address in ASCII.")


def _message_id(text: str, domain: str) -> str:
    bare = _clean(text).removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.match(bare):
        raise Refused("mail_invalid", "The message id of the mail is malformed.")
    return f"<{bare}>" if "@" in bare else f"<{bare}@{domain}>"


def _language(text: str) -> str:
    if not _LANGUAGE.match(text):
        raise Refused("mail_invalid", "The language of the mail is not a language tag (RFC 5646).")
    return text
