"""Which ports do configuration files set that have a syntax of their own?"""

from __future__ import annotations

from whoseport.host.linux.named_ports import address_and_port, address_of, numbered, port_number, shown
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.model import Transport

_MASTER_NAMES = {b"smtp": 25, b"submission": 587, b"submissions": 465, b"smtps": 465, b"qmqp": 628}
_MOST_ADDRESSES = 8


class Setting(Record):
    """A line that sets a port. `section` is the part of the file that it stands in, None at its top."""

    line: int
    port: int
    transport: Transport | None
    address: str | None
    section: str | None
    text: str


def master(data: bytes) -> list[Setting]:
    """Services of postfix, `127.0.0.1:10025 inet n ...` (master(5)), by number or by the usual names."""
    found = []
    for number, line in numbered(data):
        words = line.split(None, 2)
        if len(words) < 3 or words[1] != b"inet" or line[:1] in (b" ", b"\t", b"#"):
            continue
        before, colon, name = words[0].rpartition(b":")
        place = address_and_port(words[0])
        if place is None and name in _MASTER_NAMES:
            place = (address_of(before) if colon else None, _MASTER_NAMES[name])
        if place is not None:
            found.append(
                Setting(line=number, port=place[1], transport="tcp", address=place[0], section=None, text=shown(line))
            )
    return found


def memcached(data: bytes) -> list[Setting]:
    """Options of memcached(1), one a line: -p for tcp, -U for udp, -l for the addresses of both."""
    transports: dict[bytes, Transport] = {b"-p": "tcp", b"-U": "udp"}
    options = [(number, line, line.split()) for number, line in numbered(data)]
    addresses: list[str | None] = []
    for _, _, words in options:
        if len(words) == 2 and words[0] == b"-l":
            addresses += [address for word in words[1].split(b",") if (address := address_of(word)) is not None]
    found = []
    for number, line, words in options:
        port = port_number(words[1]) if len(words) == 2 and words[0] in transports else None
        if port is not None:
            for address in addresses[:_MOST_ADDRESSES] or [None]:
                found.append(
                    Setting(
                        line=number,
                        port=port,
                        transport=transports[words[0]],
                        address=address,
                        section=None,
                        text=shown(line),
                    )
                )
    return found


def caddy(data: bytes) -> list[Setting]:
    """Addresses of sites of a Caddyfile that name a port, at the beginning of a line before a block."""
    found = []
    for number, line in numbered(data):
        if not line.rstrip().endswith(b"{") or line[:1] in (b" ", b"\t", b"#", b"{"):
            continue
        for word in line.rstrip()[:-1].replace(b",", b" ").split()[:_MOST_ADDRESSES]:
            place = address_and_port(word)
            if place is not None and not word.isdigit():
                address, port = place
                found.append(
                    Setting(line=number, port=port, transport=None, address=address, section=None, text=shown(line))
                )
    return found


READERS: dict[str, Callable[[bytes], list[Setting]]] = {
    "master.cf": master,
    "memcached.conf": memcached,
    "Caddyfile": caddy,
}
"""By the name of the file."""
