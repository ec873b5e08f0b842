"""A mail sender that keeps what it was given: ``sent`` is the list a test looks at.

``away = True`` makes ``send`` raise StoreAway; an address in ``refused`` raises Refused("mail_refused").
"""

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.mail import Mail


class FakeMail:
    """Implements ``MailSender``."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refused: set[str] = set()
        self.away = False

    def send(self, mail: Mail) -> None:
        if self.away:
            raise StoreAway("The mail system does not answer.")
        fields = (mail.to, mail.sender_name, mail.sender_address, mail.reply_to or "", mail.subject, mail.message_id)
        if any(mark in text for text in (*fields, mail.language) for mark in "\r\n"):
            raise Refused("mail_invalid", "A header field holds a line break.")
        if mail.to in self.refused:
            raise Refused("mail_refused", "The mail system refused the message for good.")
        self.sent.append(mail)

    def to(self, address: str) -> list[Mail]:
        """What was sent to one address, oldest first."""
        return [mail for mail in self.sent if mail.to == address]
