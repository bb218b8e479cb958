"""How is the kernel asked by netlink for a list of anything? Messages and attributes, built and read, and the client.

The wire format is that of netlink(7) and linux/netlink.h: messages and attributes in the machine's byte order, each
aligned to four bytes. The readers are total: what is not well-formed ends the reading, and nothing is raised.
"""

from __future__ import annotations

import _socket
import errno
from struct import Struct, pack

from whoseport.host.linux.sock_diag import NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NETLINK_GENERIC",
    "NETLINK_NETFILTER",
    "NETLINK_ROUTE",
    "Client",
    "Refused",
    "attribute",
    "attributes",
    "each_attribute",
]

NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_GENERIC = 0, 12, 16

RECEIVE_BYTES = 65536
ATTEMPTS = 3
LARGEST = 64 << 20
"""Bytes of one answer; a hundred thousand firewall rules take about half of it."""

_HEADER = Struct("=IHHII")
_ATTRIBUTE = Struct("=HH")
_INT = Struct("=i")
_TYPE = 0x3FFF  # the two upper bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute as it travels, padded.

    >>> attribute(3, b"abcde").hex(" ", 4)
    '09000300 61626364 65000000'
    """
    return pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def each_attribute(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in `data`, in order, up to the first that is not well-formed."""
    at, end = 0, len(data)
    while at + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < 4 or at + length > end:
            return
        yield kind & _TYPE, data[at + 4 : at + length]
        at += (length + 3) & ~3


def attributes(data: bytes) -> dict[int, bytes]:
    """The same by kind; of several of one kind, the last."""
    return dict(each_attribute(data))


def read_messages(data: bytes, into: list[tuple[int, bytes]], *, sequence: int) -> tuple[bool, bool, int]:
    """Adds the kind and content of each message of one received buffer; whether it was the end, all whole, and errno.

    Whole is False where the kernel says that what it lists was changed meanwhile, or where something made no sense.
    """
    at, size = 0, len(data)
    whole = True
    while at + 16 <= size:
        length, kind, flags, number, _port = _HEADER.unpack_from(data, at)
        if not 16 <= length <= size - at:
            return True, False, 0
        if flags & NLM_F_DUMP_INTR:
            whole = False
        if number == sequence:
            if kind in (NLMSG_DONE, NLMSG_ERROR):
                problem = -_INT.unpack_from(data, at + 16)[0] if length >= 20 else 0
                return True, whole, max(0, problem)
            into.append((kind, data[at + 16 : at + length]))
        at += (length + 3) & ~3
    return at < size or not data, whole and at >= size, 0


class Client:
    """An open netlink socket of one protocol. It belongs to the network namespace in which it was made.

    Raises OSError where the system denies such sockets or has none of this protocol.
    """

    def __init__(self, protocol: int) -> None:
        self._socket = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, protocol)
        self._sequence = 0
        try:
            self._socket.settimeout(10.0)
            # a connected netlink socket takes nothing from anyone but the kernel
            self._socket.connect((0, 0))
        except OSError:
            self._socket.close()
            raise

    def dump(self, kind: int, payload: bytes, *, largest: int = LARGEST) -> tuple[list[tuple[int, bytes]], bool]:
        """Every message that answers, as kind and content, and whether these are all, told at one moment.

        Raises `Refused` with the kernel's errno, or OSError if it falls silent. An answer of more than `largest`
        bytes is cut, and the rest thrown away.
        """
        messages: list[tuple[int, bytes]] = []
        for _ in range(ATTEMPTS):
            messages, whole = self._ask(kind, payload, NLM_F_REQUEST | NLM_F_DUMP, largest)
            if whole:
                return messages, True
        return messages, False

    def ask(self, kind: int, payload: bytes) -> list[tuple[int, bytes]]:
        """The messages that answer a question for a single thing; raises as `dump` does."""
        flags = NLM_F_REQUEST | 0x04  # NLM_F_ACK: the answer ends with an acknowledgement
        return self._ask(kind, payload, flags, LARGEST)[0]

    def _ask(self, kind: int, payload: bytes, flags: int, largest: int) -> tuple[list[tuple[int, bytes]], bool]:
        self._sequence += 1
        messages: list[tuple[int, bytes]] = []
        whole = True
        size = 0
        try:
            self._socket.send(_HEADER.pack(16 + len(payload), kind, flags, self._sequence, 0) + payload)
            while True:
                data = self._socket.recv(RECEIVE_BYTES)
                size += len(data)
                done, intact, problem = read_messages(
                    data, messages if size <= largest else [], sequence=self._sequence
                )
                whole = whole and intact and size <= largest
                if problem:
                    raise Refused(problem)
                if done:
                    return messages, whole
        except OSError as problem:
            if problem.errno == errno.ENOBUFS:
                return messages, False
            raise

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
