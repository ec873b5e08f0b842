"""The address of the client, behind proxies that are trusted by setting and no others."""

import ipaddress
from collections.abc import Sequence

from onprem.runtime.asgi_messages import Scope, header


class ClientAddress:
    """``trusted`` are addresses or networks whose X-Forwarded-For is believed."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = [ipaddress.ip_network(text, strict=False) for text in trusted]

    def of(self, scope: Scope) -> str:
        """The peer; where it is a trusted proxy, the last address in X-Forwarded-For that is not one. The header's left end is anybody's text."""
        peer: str = (scope.get("client") or ("", 0))[0]
        if not self._trusts(peer):
            return peer
        for text in reversed(header(scope, b"x-forwarded-for").split(",")):
            address = text.strip()
            try:
                ipaddress.ip_address(address)
            except ValueError:
                return peer
            if not self._trusts(address):
                return address
        return peer

    def _trusts(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)
