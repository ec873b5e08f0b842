"""HTTP to addresses that a customer typed in: never into a network that the operator did not open (server-side request forgery).

The name is resolved once, every address of it is judged, and the connection goes to the address that was judged: a name that answers differently
a moment later (DNS rebinding) changes nothing. TLS is verified against the name. Redirects are not followed, and nothing is unpacked. Outside of
the networks that the operator opened the port is 443: an issuer must not have us knock at others.
"""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from chalicelib.adapters.outward_networks import is_internet, networks_of, opened
from chalicelib.domain.errors import Refused, StoreAway

MOST_BYTES: Final = 256 * 1024
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
# All of it: who sends a byte every nine seconds would otherwise hold a thread of ours for a month.
WHOLE_SECONDS: Final = 20.0
HTTPS_PORT: Final = 443
# http.client raises for these, as it does for an answer that is none (RFC 3986 2).
_NEVER_IN_ONE: Final = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True)
class Answered:
    """Status and the first 256 KiB of a body that was no longer than that."""

    status: int
    body: bytes


@dataclass(frozen=True)
class _Place:
    """Where a request goes: ``address`` was judged, ``host`` is what the certificate must be for."""

    address: str
    port: int
    host: str
    secure: bool


class OutwardHTTP:
    """``private_networks``: CIDRs that may be reached besides the internet's addresses. ``whole_seconds``: the longest that one request may take."""

    def __init__(self, private_networks: Sequence[str] = (), *, whole_seconds: float = WHOLE_SECONDS) -> None:
        self._open = networks_of(private_networks)
        self._whole_seconds = whole_seconds

    def get(self, url: str) -> Answered:
        """Raises Refused("issuer_invalid") for an address we don't go to, StoreAway where nobody answers in time."""
        return self._asked("GET", url, None, {"accept": "application/json"})

    def post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answered:
        """An ``application/x-www-form-urlencoded`` body; raises as ``get``."""
        sent = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded", **headers}
        return self._asked("POST", url, urlencode(form).encode(), sent)

    def _asked(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answered:
        parts = _split(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {**headers, "host": parts.netloc.rpartition("@")[2]}
        connection = _Connection(self._judged(parts))
        cut = threading.Timer(self._whole_seconds, connection.cut)
        cut.daemon = True
        cut.start()
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            content = answer.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException):
            raise StoreAway("The sign-in service does not answer.", retry_after=30) from None
        except ValueError:
            raise _invalid("The sign-in service names an address that is none.") from None
        finally:
            cut.cancel()
            connection.close()
        if connection.was_cut:
            raise StoreAway("The sign-in service does not answer in time.", retry_after=30)
        if len(content) > MOST_BYTES:
            raise _invalid("The sign-in service answers with more than it should.")
        return Answered(answer.status, content)

    def _judged(self, parts: SplitResult) -> _Place:
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (HTTPS_PORT if secure else 80)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise StoreAway("The name of the sign-in service does not resolve.", retry_after=30) from None
        except UnicodeError:
            raise _invalid("The sign-in service names an address that is none.") from None
        addresses = [str(one[4][0]).partition("%")[0] for one in found]
        if not all(self._may(address, port, secure=secure) for address in addresses):
            raise _invalid("The sign-in service lies in a network, or at a port, that is not open to us.")
        return _Place(addresses[0], port, host, secure)

    def _may(self, address: str, port: int, *, secure: bool) -> bool:
        if opened(address, self._open):
            return secure or address.startswith("127.") or address == "::1"
        return secure and port == HTTPS_PORT and is_internet(address)


class _Connection(http.client.HTTPConnection):
    """To one judged address. ``cut`` may come from another thread, at any moment; what waits then ends."""

    def __init__(self, place: _Place) -> None:
        super().__init__(place.host, place.port)
        self._place = place
        self.was_cut = False

    def connect(self) -> None:
        raw = socket.create_connection((self._place.address, self._place.port), CONNECT_SECONDS)
        self.sock = raw
        if self._place.secure:
            self.sock = _tls().wrap_socket(raw, server_hostname=self._place.host, do_handshake_on_connect=False)
            self.sock.do_handshake()
        self.sock.settimeout(READ_SECONDS)

    def cut(self) -> None:
        """End what is under way. The socket itself is closed by who made it."""
        self.was_cut = True
        try:
            # Not SSLSocket's own, which takes the TLS away below whoever reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except (OSError, AttributeError, TypeError):
            return  # not connected yet, which has its own limit, or over already


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _split(url: str) -> SplitResult:
    """Raises Refused("issuer_invalid") for what is no address; what a service says of itself is anybody's text."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid("The sign-in service names an address that is none.") from None
    named = parts.netloc + parts.path + parts.query
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or _NEVER_IN_ONE.search(named):
        raise _invalid("The sign-in service names an address that is none.")
    return parts


def _invalid(detail: str) -> Refused:
    return Refused("issuer_invalid", detail)
