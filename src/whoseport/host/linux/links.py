"""Which links and addresses has this network namespace? Asked for by rtnetlink(7), which tells them to anyone."""

from __future__ import annotations

from sys import byteorder

from whoseport.host.linux.netlink import NETLINK_ROUTE, Client, attribute, attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    Link: TypeAlias = tuple[str, str, dict[int, bytes]]
    """Name, kind (`vxlan`), and the attributes of its own that a kind has, by number."""

_NEW_LINK, _GET_LINK, _NEW_ADDRESS, _GET_ADDRESS = 16, 18, 20, 22
_NAME, _LINKINFO, _MASK = 3, 18, 29  # IFLA_IFNAME, _LINKINFO, _EXT_MASK (linux/if_link.h)
_KIND, _DATA = 1, 2  # IFLA_INFO_KIND, _DATA
_SKIP_STATISTICS = 1 << 3  # RTEXT_FILTER_SKIP_STATS
_LINK_HEADER, _ADDRESS_HEADER = 16, 8


def read_links() -> list[Link]:
    """The links that are of a kind: all but hardware and lo. Raises OSError where there is no rtnetlink."""
    wanted = bytes(_LINK_HEADER) + attribute(_MASK, _SKIP_STATISTICS.to_bytes(4, byteorder))
    with Client(NETLINK_ROUTE) as client:
        return parse_links(client.dump(_GET_LINK, wanted)[0])


def parse_links(messages: Iterable[tuple[int, bytes]]) -> list[Link]:
    """The links that RTM_NEWLINK messages tell of, as far as they are of a kind."""
    found = []
    for message, content in messages:
        if message != _NEW_LINK:
            continue
        told = attributes(content[_LINK_HEADER:])
        own = attributes(told.get(_LINKINFO, b""))
        if _KIND in own:
            found.append((_text(told.get(_NAME, b"")), _text(own[_KIND]), attributes(own.get(_DATA, b""))))
    return found


def read_addresses() -> list[bytes]:
    """The packed addresses of all links. Raises OSError where there is no rtnetlink."""
    with Client(NETLINK_ROUTE) as client:
        return parse_addresses(client.dump(_GET_ADDRESS, bytes(_ADDRESS_HEADER))[0])


def parse_addresses(messages: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """IFA_LOCAL is the address of this end; of a link with two ends, IFA_ADDRESS is the other one's."""
    found = []
    for message, content in messages:
        if message == _NEW_ADDRESS:
            told = attributes(content[_ADDRESS_HEADER:])
            address = told.get(2, told.get(1, b""))
            if len(address) in (4, 16):
                found.append(address)
    return found


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
