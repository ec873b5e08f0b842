"""The address of the client, behind proxies that are trusted by setting and no others."""

import ipaddress
from collections.abc import Sequence

from chalicelib.api.front import ADDRESS_HEADER, KEY_HEADER, is_front
from chalicelib.domain.errors import Refused
from onprem.runtime.asgi_messages import Scope, header, header_list


class ClientAddress:
    """``trusted`` are addresses or networks whose X-Forwarded-For is believed; ``front_keys`` by which CloudFront shows who it is."""

    def __init__(self, trusted: Sequence[str], front_keys: Sequence[str] = ()) -> None:
        self._front_keys = front_keys
        self._trusted = [ipaddress.ip_network(text, strict=False) for text in trusted]

    def of(self, scope: Scope) -> str:
        """The peer; where it is a trusted proxy, the last address in X-Forwarded-For that is not one.

        The list's left end is anybody's text, and so is its first line where a proxy adds a line of its own (HAProxy does).
        """
        if self.through_front(scope):
            return header(scope, ADDRESS_HEADER.encode())
        peer: str = (scope.get("client") or ("", 0))[0]
        if not self._trusts(peer):
            return peer
        for address in reversed(header_list(scope, b"x-forwarded-for")):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                return peer
            if not self._trusts(address):
                return address
        return peer

    def require_front(self, scope: Scope) -> None:
        """Raises Refused("host_unknown") where a front door is set and this went around it."""
        if self._front_keys and not self.through_front(scope):
            raise Refused("host_unknown", "Requests come through the address of the page, not to this one.")

    def through_front(self, scope: Scope) -> bool:
        """Whether the front door sent this; what it says of host and address is then true."""
        return bool(self._front_keys) and is_front(header(scope, KEY_HEADER.encode()), self._front_keys)

    def _trusts(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)
