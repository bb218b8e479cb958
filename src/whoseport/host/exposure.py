"""From how far can an address be reached, as far as the address alone tells?

What a firewall lets through, and where a route leads, is another question.
"""

from __future__ import annotations

import _socket

from whoseport.model import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Exposure

_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96, RFC 4291 section 2.5.5.2


def exposure(address: str) -> Exposure:
    """The exposure of a numeric IPv4 or IPv6 address, a zone (`%eth0`) allowed; raises Misuse for anything else.

    An IPv4 address inside an IPv6 one counts as itself. Shared address space (RFC 6598, 100.64.0.0/10: carriers' NAT,
    overlay networks) is private: like RFC 1918's it is not routed globally. So are site-local addresses (RFC 3879).

    >>> exposure("127.0.0.53"), exposure("::"), exposure("fe80::1%eth0"), exposure("100.64.0.1")
    ('loopback', 'all', 'link-local', 'private')
    """
    text = address.partition("%")[0]
    try:
        if ":" not in text:
            return _of_ipv4(_socket.inet_pton(_socket.AF_INET, text))
        packed = _socket.inet_pton(_socket.AF_INET6, text)
    except (OSError, ValueError):
        raise Misuse("not-an-address", text=address) from None
    return _of_ipv4(packed[12:]) if packed[:12] == _MAPPED else _of_ipv6(packed)


def _of_ipv4(packed: bytes) -> Exposure:
    first, second = packed[0], packed[1]
    if packed == b"\0\0\0\0":  # INADDR_ANY
        return "all"
    if first == 127:  # RFC 1122 section 3.2.1.3
        return "loopback"
    if first == 169 and second == 254:  # RFC 3927
        return "link-local"
    if packed == b"\xff\xff\xff\xff":  # RFC 919: limited broadcast, never forwarded
        return "link-local"
    if first & 0xF0 == 224:  # RFC 5771
        return "multicast"
    if first == 10 or (first == 172 and second & 0xF0 == 16) or (first == 192 and second == 168):  # RFC 1918
        return "private"
    if first == 100 and second & 0xC0 == 64:  # RFC 6598
        return "private"
    return "public"


def _of_ipv6(packed: bytes) -> Exposure:
    first, second = packed[0], packed[1]
    if not any(packed):
        return "all"
    if packed == bytes(15) + b"\1":  # RFC 4291 section 2.5.3
        return "loopback"
    if first == 0xFF:  # RFC 4291 section 2.7
        return "multicast"
    if first == 0xFE and second & 0xC0 == 0x80:  # RFC 4291 section 2.5.6
        return "link-local"
    if first & 0xFE == 0xFC or (first == 0xFE and second & 0xC0 == 0xC0):  # RFC 4193; RFC 3879
        return "private"
    return "public"
