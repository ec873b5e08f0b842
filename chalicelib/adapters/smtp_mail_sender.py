"""Mail by SMTP (RFC 5321) to the customer's relay: STARTTLS, TLS from the start, or plain where the relay is on the host.

With ``starttls`` a relay that does not offer it gets nothing: a mail is never sent in the clear because somebody in between
removed one line. A 5xx answer is a refusal for good, a 4xx or no answer is "away"; what the relay says after it has taken charge
of the message changes nothing any more.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from chalicelib.adapters.host_time import host_ms
from chalicelib.adapters.mime_message import mime_message
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.mail import Mail

Security = Literal["starttls", "tls", "none"]


class SMTPMailSender:
    """One connection per mail; ``timeout`` in seconds for each step. ``now`` gives ms. Building it connects to nothing."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        security: Security = "starttls",
        user: str | None = None,
        password: str | None = None,
        timeout: float = 20.0,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], int] = host_ms,
    ) -> None:
        self._host = host
        self._port = port
        self._now = now
        self._security = security
        self._user = user
        self._password = password
        self._timeout = timeout
        self._tls = tls

    def send(self, mail: Mail) -> None:
        message = mime_message(mail, now=self._now())
        connection = self._connect()
        try:
            self._hand_over(connection, mail, message)
        finally:
            # The relay has the mail or has refused it; a failing QUIT is nobody's concern and must not cause a second copy.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def probe(self) -> None:
        """Connect and sign in as ``send`` does, and leave without a mail. Raises StoreAway."""
        connection = self._connect()
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
        connection.close()

    def _connect(self) -> smtplib.SMTP:
        connection: smtplib.SMTP | None = None
        try:
            tls = self._tls or ssl.create_default_context()
            if self._security == "tls":
                connection = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=tls)
            else:
                connection = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
            if self._security == "starttls":
                connection.starttls(context=tls)
            if self._user is not None:
                connection.login(self._user, self._password or "")
        except (smtplib.SMTPException, OSError) as error:
            if connection is not None:
                connection.close()
            # "from None": an answer to AUTH may repeat what was sent.
            raise StoreAway(f"The mail system can't be used ({type(error).__name__}).") from None
        return connection

    def _hand_over(self, connection: smtplib.SMTP, mail: Mail, message: bytes) -> None:
        try:
            connection.sendmail(mail.sender_address, [mail.to], message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            # The SDK's text names the recipient, so it must not reach a log by way of the chain.
            raise _judged(code) from None
        except smtplib.SMTPResponseException as error:
            raise _judged(error.smtp_code) from None
        except (smtplib.SMTPServerDisconnected, OSError):
            raise StoreAway("The mail system went away.") from None


def _judged(code: int) -> Refused:
    if 500 <= code < 600:
        return Refused("mail_refused", f"The mail system refused the mail for good (SMTP {code}).")
    return StoreAway(f"The mail system did not take the mail yet (SMTP {code}).")
