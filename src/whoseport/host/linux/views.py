"""What does /proc/net show of the sockets that sock_diag told of? A second view, which something hidden may not be in.

The lines are those of proc_pid_net(5). Both views are read while sockets come and go: a difference counts only where
both show it again, each time they are read anew.
"""

from __future__ import annotations

import os

from whoseport.model import LAST_PORT, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whoseport.host.linux.socket_table import RawSocket, SocketTable
    from whoseport.model import Transport

ROUNDS = 3
"""How often both views must show a difference."""

SOURCE = "/proc/net"
_FILES: dict[Transport, tuple[str, ...]] = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
_LARGEST = 64 << 20
_CHUNK = 1 << 16
_SHORT = 4096 - 512
"""Bytes. The kernel fills a page with whole lines (seq_file); fewer are the last, and to ask for more would make it
walk the whole table of connections once again."""

_LISTEN = b"0A"


def read_views(
    sockets: Iterable[RawSocket],
    again: Callable[[], SocketTable],
    *,
    port: int | None,
    proc: str = "/proc",
) -> tuple[View, ...]:
    """The views of tcp and of udp: the inodes of the sockets on the port, or of all, ascending; see `View`.

    `sockets` are those of this namespace that the first view told, all on `port` if there is one; `again` reads the
    first view anew. Of tcp only listening sockets count, since /proc/net leaves out those that are only bound. A
    transport whose files could not be read has no view.
    """
    found = []
    first = _first(sockets)
    for transport in _FILES:
        shown = read_inodes(transport, port=port, net=f"{proc}/thread-self/net")
        if shown is None:
            continue
        seen = first.get(transport, set())
        differing = shown.keys() ^ seen
        for _ in range(ROUNDS):
            if not differing:
                break
            table = again()
            once_more = read_inodes(transport, port=port, net=f"{proc}/thread-self/net")
            if once_more is None or any(_TRANSPORTS.get(protocol) == transport for protocol in table.unread):
                differing = set()
                break
            differing &= once_more.keys() ^ _first(table.sockets).get(transport, set())
        result = seen ^ differing
        found.append(View(source=SOURCE, transport=transport, sockets=tuple(sorted(result)), port=port))
        if port is None:
            for number in sorted({shown[inode] for inode in differing - seen}):
                alike = sorted(inode for inode in result if shown.get(inode) == number)
                found.append(View(source=SOURCE, transport=transport, sockets=tuple(alike), port=number))
    return tuple(found)


_TRANSPORTS = {"tcp": "tcp", "mptcp": "tcp", "udp": "udp"}
"""By protocol; udplite has files of its own."""


def _first(sockets: Iterable[RawSocket]) -> dict[str, set[int]]:
    """The inodes that the first view tells, of what the second one can show."""
    found: dict[str, set[int]] = {}
    for one in sockets:
        transport = _TRANSPORTS.get(one.protocol)
        if transport is not None and (transport == "udp" or one.state == "listen") and one.inode:
            found.setdefault(transport, set()).add(one.inode)
    return found


def read_inodes(transport: Transport, *, port: int | None, net: str) -> dict[int, int] | None:
    """The ports by inode in both files of a transport; None if one cannot be read. Without IPv6 there is only one."""
    found: dict[int, int] = {}
    for name in _FILES[transport]:
        try:
            found |= inodes_in(
                read_listed(f"{net}/{name}", listening=transport == "tcp"), port=port, listening=transport == "tcp"
            )
        except FileNotFoundError:
            if name == transport:
                return None
        except OSError:
            return None
    return found


def read_listed(path: str, *, listening: bool) -> bytes:
    """The content of the file; with `listening` as far as the first connection, since listening sockets come first."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        left = _LARGEST
        while left > 0 and (piece := os.read(descriptor, min(left, _CHUNK))):
            pieces.append(piece)
            left -= len(piece)
            if len(piece) < _SHORT:
                break
            if listening:
                # the kernel gives whole lines
                words = piece[piece.rfind(b"\n", 0, -1) + 1 :].split(None, 4)
                if len(words) > 3 and words[3] not in (_LISTEN, b"st"):
                    break
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def inodes_in(text: bytes, *, port: int | None, listening: bool) -> dict[int, int]:
    """The ports of sockets by inode, on one port or on all, in the lines of a file.

    A line that makes no sense is left out, and so is a socket without an inode (TIME-WAIT).

    >>> line = b" 0: 0100007F:03CB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 29094955 2 0 100 0"
    >>> inodes_in(line, port=971, listening=True)
    {29094955: 971}
    """
    ending = b":" if port is None else b":%04X " % port
    found = {}
    for line in text.split(b"\n"):
        if ending not in line:
            continue
        words = line.split(None, 10)
        if len(words) < 10 or not words[9].isdigit() or len(words[9]) > 20:
            continue
        try:
            number = int(words[1].rpartition(b":")[2], 16)
        except ValueError:
            continue
        if port in (None, number) and 0 <= number <= LAST_PORT and (not listening or words[3] == _LISTEN):
            found[int(words[9])] = number
    found.pop(0, None)
    return found
