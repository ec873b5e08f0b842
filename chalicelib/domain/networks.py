"""What counts as one network when failures are counted: one IPv4 address, or the 64 bits of IPv6 that a household gets."""

import ipaddress


def network_of(source_ip: str) -> str:
    """``203.0.113.7`` or ``2001:db8:0:1::/64``; anything that is no address counts as one network."""
    try:
        address = ipaddress.ip_address(source_ip.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
