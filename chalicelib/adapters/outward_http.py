"""HTTP to addresses that a customer typed in: never into a network that the operator did not open (server-side request forgery).

The name is resolved once, every address of it is judged, and the connection goes to the address that was judged: a name that answers differently
a moment later (DNS rebinding) changes nothing. TLS is verified against the name. Redirects are not followed.
"""

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from chalicelib.domain.errors import Refused, StoreAway

MOST_BYTES = 256 * 1024
_TIMEOUT = urllib3.Timeout(connect=5.0, read=10.0)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answered:
    """Status and the first 256 KiB of a body that was no longer than that."""

    status: int
    body: bytes


class OutwardHTTP:
    """``private_networks``: CIDRs that may be reached besides the internet's addresses."""

    def __init__(self, private_networks: Sequence[str] = ()) -> None:
        self._open = [ipaddress.ip_network(text, strict=False) for text in private_networks]

    def get(self, url: str) -> Answered:
        """Raises Refused("issuer_invalid") for an address we don't go to, StoreAway where nobody answers in time."""
        return self._asked("GET", url, None, {"accept": "application/json"})

    def post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answered:
        """An ``application/x-www-form-urlencoded`` body; raises as ``get``."""
        sent = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded", **headers}
        return self._asked("POST", url, urlencode(form).encode(), sent)

    def _asked(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answered:
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        address = self._judged(host, port, secure=secure)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {**headers, "host": parts.netloc.rpartition("@")[2]}
        pool = _pool(address, port, host, secure=secure)
        try:
            answer = pool.request(
                method,
                path,
                body=body,
                headers=sent,
                redirect=False,
                retries=False,
                timeout=_TIMEOUT,
                preload_content=False,
            )
            content = answer.read(MOST_BYTES + 1)
            answer.close()
        except HTTPError:
            raise StoreAway("The sign-in service does not answer.", retry_after=30) from None
        finally:
            pool.close()
        if len(content) > MOST_BYTES:
            raise Refused("issuer_invalid", "The sign-in service answers with more than it should.")
        return Answered(answer.status, content)

    def _judged(self, host: str, port: int, *, secure: bool) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise StoreAway("The name of the sign-in service does not resolve.", retry_after=30) from None
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        for address in addresses:
            allowed = self._may(address) and (secure or address.is_loopback)
            if not allowed:
                raise Refused("issuer_invalid", "The sign-in service lies in a network that is not open to us.")
        return str(addresses[0])

    def _may(self, address: _Address) -> bool:
        seen = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        judged = seen or address
        if any(judged.version == network.version and judged in network for network in self._open):
            return True
        return judged.is_global and not judged.is_multicast


def _pool(address: str, port: int, host: str, *, secure: bool) -> urllib3.HTTPConnectionPool:
    if not secure:
        return urllib3.HTTPConnectionPool(address, port, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address, port, maxsize=1, cert_reqs="CERT_REQUIRED", server_hostname=host, assert_hostname=host
    )
