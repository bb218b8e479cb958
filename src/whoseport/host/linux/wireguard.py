"""On which UDP port does each WireGuard interface take packets? Asked for by generic netlink.

That takes CAP_NET_ADMIN. The messages are those of linux/genetlink.h and linux/wireguard.h. Only asked where a link
of that kind is there: a question for a family that is not loaded would make the kernel load it.
"""

from __future__ import annotations

from sys import byteorder

from whoseport.host.linux.netlink import NETLINK_GENERIC, Client, Refused, attribute, attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTROL = 0x10  # GENL_ID_CTRL
_GET_FAMILY = 3  # CTRL_CMD_GETFAMILY
_FAMILY_ID, _FAMILY_NAME = 1, 2
_GET_DEVICE = 0  # WG_CMD_GET_DEVICE
_NAME, _LISTEN_PORT = 2, 6  # WGDEVICE_A_IFNAME, WGDEVICE_A_LISTEN_PORT, in the machine's byte order


def read_ports(names: Iterable[str]) -> dict[str, int]:
    """The port of each interface that tells one; empty where that is not permitted."""
    found: dict[str, int] = {}
    try:
        with Client(NETLINK_GENERIC) as client:
            family = family_in(client.ask(_CONTROL, _general(_GET_FAMILY) + attribute(_FAMILY_NAME, b"wireguard\0")))
            if family is None:
                return {}
            for name in names:
                try:
                    wanted = _general(_GET_DEVICE) + attribute(_NAME, name.encode() + b"\0")
                    port = port_in(client.dump(family, wanted)[0], family)
                except (Refused, OSError):
                    continue
                if port:
                    found[name] = port
    except (Refused, OSError):
        return found
    return found


def _general(command: int) -> bytes:
    """`struct genlmsghdr`: command, version, reserved."""
    return bytes((command, 1, 0, 0))


def family_in(messages: Iterable[tuple[int, bytes]]) -> int | None:
    """The number of the family that an answer to CTRL_CMD_GETFAMILY tells."""
    for kind, content in messages:
        if kind == _CONTROL:
            raw = attributes(content[4:]).get(_FAMILY_ID, b"")
            if len(raw) == 2:
                return int.from_bytes(raw, byteorder)
    return None


def port_in(messages: Iterable[tuple[int, bytes]], family: int) -> int | None:
    """The port that the answers to WG_CMD_GET_DEVICE tell; the peers come in further messages without it."""
    for kind, content in messages:
        if kind == family:
            raw = attributes(content[4:]).get(_LISTEN_PORT, b"")
            if len(raw) == 2:
                return int.from_bytes(raw, byteorder)
    return None
