"""Which addresses lie on the internet, also behind the forms in which IPv6 carries an IPv4 address.

``ipaddress.is_global`` alone is not enough: it takes ``64:ff9b::a9fe:a9fe`` for the internet's, and in a network with NAT64 (RFC 6052), as AWS
offers it, that is 169.254.169.254. So of IPv6 only what IANA gave out counts (2000::/3), without what tunnels (6to4 RFC 3056, Teredo RFC 4380) or is
set apart there; a translated or mapped address is judged as the IPv4 address that it stands for.
https://www.iana.org/assignments/iana-ipv6-special-registry, .../iana-ipv4-special-registry
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")
# Protocols with Teredo and ORCHID, documentation twice, 6to4.
_SET_APART: Final = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Protocols, and the relays of 6to4: single addresses there are global, but no server of anybody.
_NOT_SERVERS: Final = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))


def networks_of(texts: Sequence[str]) -> list[Network]:
    """Networks of their CIDR forms. Raises ValueError."""
    return [ipaddress.ip_network(text, strict=False) for text in texts]


def opened(text: str, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks, itself or by the IPv4 address that it stands for. Raises ValueError."""
    address = _meant(ipaddress.ip_address(text))
    return any(address.version == network.version and address in network for network in networks)


def is_internet(text: str) -> bool:
    """Whether an address is somebody's on the internet. Raises ValueError."""
    address = _meant(ipaddress.ip_address(text))
    if isinstance(address, ipaddress.IPv6Address):
        return address in _GIVEN_OUT and not any(address in network for network in _SET_APART)
    return address.is_global and not address.is_multicast and not any(address in network for network in _NOT_SERVERS)


def _meant(address: Address) -> Address:
    """The IPv4 address within an IPv4-mapped (RFC 4291 2.5.5.2) or translated one (RFC 6052 2.1), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
