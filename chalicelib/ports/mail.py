"""Outgoing mail.

Contract
- ``send`` hands one message to the mail system and returns when that system has taken charge of it.
- Many threads may send at once, the first mails too: each arrives.
- The ``message_id`` is the caller's: sending the same one again may deliver a second copy, so callers keep their own record first.
- A header can't be injected: a line break in any header field raises ``Refused("mail_invalid")`` and nothing is sent.
- Japanese subjects, names and bodies arrive unchanged (RFC 2047, UTF-8).
- A refusal for good (unknown mailbox, message refused) raises ``Refused("mail_refused")``; a system that is away raises ``StoreAway``.
- Neither body nor address appears in a log or in an error's text.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Mail:
    """One message to one address; ``text`` always, ``html`` beside it. ``sender_name`` is shown, the address is the tenant's."""

    to: str
    sender_name: str
    sender_address: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    message_id: str
    language: str


class MailSender(Protocol):
    """Hand over one mail."""

    def send(self, mail: Mail) -> None: ...
