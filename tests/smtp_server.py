"""A mail server that listens: aiosmtpd on a free port, which keeps what it took.

The local part of a recipient decides: ``refused-550@`` is answered 550 and ``later-451@`` 451, at RCPT; ``data-554@`` is answered
554 after the message.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "fumibako", "the password of the tests"


@dataclass(frozen=True)
class Received:
    """One message with its envelope."""

    sender: str
    to: str
    content: bytes
    encrypted: bool


@dataclass
class SMTPServer:
    """aiosmtpd's handler, and what a test looks at."""

    port: int = 0
    messages: list[Received] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        match = re.match(r"(refused|later)-(\d{3})@", address)
        if match:
            return f"{match[2]} <{address}> is not welcome"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        to = envelope.rcpt_tos[0]
        match = re.match(r"data-(\d{3})@", to)
        if match:
            return f"{match[1]} the message for {to} is refused"
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.messages.append(Received(envelope.mail_from, to, envelope.content, encrypted))
        return "250 taken"


class _FreePort(Controller):
    """A controller on port 0: its trial connection goes to the port that it got."""

    @property
    def bound_port(self) -> int:
        """The port that the system gave."""
        assert isinstance(self.server, asyncio.Server)
        return int(self.server.sockets[0].getsockname()[1])

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.bound_port), 5) as trial:
            if self.SMTP_kwargs.get("tls_context") is None and self.ssl_context is None:
                trial.recv(64)


@contextmanager
def smtp_server(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, auth: bool = False
) -> Iterator[SMTPServer]:
    """The server while the block runs; ``tls`` from the start or ``starttls``, ``auth`` demands USER and PASSWORD."""
    handler = SMTPServer()

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    controller = _FreePort(
        handler,
        hostname="127.0.0.1",
        port=0,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=authenticator,
        auth_required=auth,
        auth_require_tls=False,
    )
    controller.start()
    handler.port = controller.bound_port
    try:
        yield handler
    finally:
        controller.stop()


def closed_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
