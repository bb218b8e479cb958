"""How the kernel is asked for its socket tables: NETLINK_SOCK_DIAG, messages built and read, and the client.

The wire format is that of linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h; see sock_diag(7). Numbers are in
the machine's byte order, ports and addresses in the network's. The parsers are total: whatever bytes come in, they
return, and what is not well-formed is left out and marked as broken.
"""

from __future__ import annotations

import _socket
import errno
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Row: TypeAlias = tuple[
        int, int, int, bytes, bytes, int, int | None, int, int, bool | None, int | None, bool, bytes, bool
    ]
    """state, port, peer port, address, peer address, interface index, backlog, uid, inode, v6only, cgroup id, mptcp;
    of SCTP only: all local addresses (each a raw `struct sockaddr_storage`), whether it is an association"""

    Attributes: TypeAlias = tuple[bool | None, int | None, bool, bytes, bool, bool]
    """v6only, cgroup id, mptcp, all local addresses, whether it is an association; whether something was broken"""

    Tally: TypeAlias = dict[tuple[int, int], int]
    """How many sockets there are of one local port and one state."""

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x001, 0x300, 0x010
NLA_TYPE = 0x3FFF  # the two upper bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER

INET_DIAG_SKV6ONLY, INET_DIAG_LOCALS, INET_DIAG_PEERS, INET_DIAG_ULP_INFO, INET_DIAG_CGROUP_ID = 11, 12, 13, 19, 21
INFO_EXTENSION = 1 << 1  # 1 << (INET_DIAG_INFO - 1); ULP_INFO comes along with it, for no bit of its own is left
MPTCP_NAME = b"mptcp\0"  # subflow_ulp_ops.name; in ULP_INFO, the attribute INET_ULP_INFO_NAME comes first

# include/net/tcp_states.h
ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE = 1, 2, 3, 4, 5, 6, 7
CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING, NEW_SYN_RECV, BOUND_INACTIVE = 8, 9, 10, 11, 12, 13

RECEIVE_BYTES = 65536
"""The kernel fills at most 32 KiB a message, and only as much as the reader has shown that it takes (af_netlink.c)."""

ATTEMPTS = 3

_HEADER = Struct("=IHHII")
_REQUEST = Struct("=BBBBI2x2x16x16xI8s")
_PORT = Struct("!H")
# nlmsghdr, then inet_diag_msg: family, state; source and destination port, byte by byte for they are big-endian;
# addresses; interface, (cookie); (expires, receive queue) send queue, uid, inode
_SOCKET = Struct("=IHHI4xBB2xBBBB16s16sI8x4x4xIII")
_BRIEF = Struct("=IHHI4xBB2xBB66x")
_ATTRIBUTE = Struct("=HH")
_INT = Struct("=i")
_LONG = Struct("=Q")


class Refused(Exception):
    """The kernel would not serve this table; `errno` says why (ENOENT: it has no such protocol, or cannot show it)."""

    def __init__(self, number: int) -> None:
        super().__init__(errno.errorcode.get(number, str(number)))
        self.errno = number


class Part:
    """What one received buffer was of a dump: its end or not, with which errno, and whether all of it made sense."""

    __slots__ = ("broken", "done", "error", "interrupted", "told")

    def __init__(self) -> None:
        self.told = 0
        self.done = False
        self.error = 0
        self.interrupted = False
        self.broken = False


def dump_request(
    family: int, protocol: int, *, states: int, port: int = 0, mptcp: bool = False, sequence: int = 1
) -> bytes:
    """The bytes that ask for all sockets of one family and protocol in one of `states` (bits 1 << state).

    A `port` other than 0 makes the kernel filter by local port. `protocol` is the IPPROTO number below 256.
    `mptcp` asks for what tells an MPTCP socket's port from a plain TCP one, which triples the size of the answer.
    """
    extensions = INFO_EXTENSION if mptcp else 0
    wanted = bytearray(_REQUEST.pack(family, protocol, extensions, 0, states, 0, b"\xff" * 8))  # INET_DIAG_NOCOOKIE
    _PORT.pack_into(wanted, 8, port)
    length = _HEADER.size + len(wanted)
    return _HEADER.pack(length, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0) + wanted


def read_rows(data: bytes, rows: dict[bytes, Row], *, sequence: int = 1) -> Part:
    """Adds every socket that `data` tells of to `rows`, by what identifies it; one that is there already is passed."""
    part = Part()
    offset, size = 0, len(data)
    unpack = _SOCKET.unpack_from
    # most sockets of a machine have the very same attributes
    known: dict[bytes, Attributes] = {}
    while offset < size:
        if size - offset < 88:
            offset = _other_message(data, offset, part=part, sequence=sequence)
            continue
        message = unpack(data, offset)
        length, kind, flags, number, family, state, high, low, peer_high, peer_low = message[:10]
        if kind != SOCK_DIAG_BY_FAMILY or number != sequence or not 88 <= length <= size - offset:
            offset = _other_message(data, offset, part=part, sequence=sequence)
            continue
        if flags & NLM_F_DUMP_INTR:
            part.interrupted = True
        part.told += 1
        raw = data[offset + 88 : offset + length]
        attributes = known.get(raw)
        if attributes is None:
            attributes = known[raw] = read_attributes(raw)
        v6only, cgroup_id, mptcp, local_addresses, association, broken = attributes
        part.broken = part.broken or broken
        # the cookie is the socket's own, also on each association of an SCTP socket: there its whole identity counts
        identity = data[offset + 20 if association else offset + 60 : offset + 68]
        offset += (length + 3) & ~3
        if identity in rows:
            continue
        source, destination, interface, queue, uid, inode = message[10:]
        if family == _socket.AF_INET:
            source, destination = source[:4], destination[:4]
        rows[identity] = (
            state,
            high << 8 | low,
            peer_high << 8 | peer_low,
            source,
            destination,
            interface,
            queue if state == LISTEN else None,
            uid,
            inode,
            v6only,
            cgroup_id,
            mptcp,
            local_addresses,
            association,
        )
    return part


def read_attributes(raw: bytes) -> Attributes:
    """What the attributes behind a `struct inet_diag_msg` tell."""
    v6only: bool | None = None
    cgroup_id: int | None = None
    mptcp = association = broken = False
    local_addresses = b""
    at, end = 0, len(raw)
    while at + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(raw, at)
        if length < 4 or at + length > end:
            broken = True
            break
        kind &= NLA_TYPE
        if kind == INET_DIAG_CGROUP_ID:
            if length >= 12:
                (cgroup_id,) = _LONG.unpack_from(raw, at + 4)
        elif kind == INET_DIAG_SKV6ONLY:
            if length >= 5:
                v6only = raw[at + 4] != 0
        elif kind == INET_DIAG_ULP_INFO:
            mptcp = raw[at + 8 : at + length].startswith(MPTCP_NAME)
        elif kind == INET_DIAG_LOCALS:
            local_addresses = raw[at + 4 : at + length]
        elif kind == INET_DIAG_PEERS:
            association = True
        at += (length + 3) & ~3
    return v6only, cgroup_id, mptcp, local_addresses, association, broken


def tally_rows(data: bytes, tally: Tally, *, sequence: int = 1) -> Part:
    """Counts the sockets that `data` tells of by local port and state, without looking closer."""
    part = Part()
    offset, size = 0, len(data)
    unpack = _BRIEF.unpack_from
    while offset < size:
        if size - offset >= 88:
            length, kind, flags, number, _family, state, high, low = unpack(data, offset)
            if kind == SOCK_DIAG_BY_FAMILY and number == sequence and 88 <= length <= size - offset:
                if flags & NLM_F_DUMP_INTR:
                    part.interrupted = True
                key = (high << 8 | low, state)
                tally[key] = tally.get(key, 0) + 1
                part.told += 1
                offset += (length + 3) & ~3
                continue
        offset = _other_message(data, offset, part=part, sequence=sequence)
    return part


def _other_message(data: bytes, offset: int, *, part: Part, sequence: int) -> int:
    """Passes a message that tells of no socket: the offset of the next one, or past the end when the dump is over."""
    left = len(data) - offset
    if left >= 16:
        length, kind, flags, number, _port = _HEADER.unpack_from(data, offset)
        if 16 <= length <= left:
            if number == sequence and kind in (NLMSG_DONE, NLMSG_ERROR):
                part.done = True
                part.interrupted = part.interrupted or bool(flags & NLM_F_DUMP_INTR)
                if length >= 20:
                    part.error = max(0, -_INT.unpack_from(data, offset + 16)[0])
                return len(data)
            if number == sequence and kind == SOCK_DIAG_BY_FAMILY:
                part.broken = True
            return offset + int(length + 3 & ~3)
    part.broken = True
    return len(data)


class Client:
    """An open NETLINK_SOCK_DIAG socket. It belongs to the network namespace in which it was made.

    Raises OSError where the system denies such sockets: EPERM and EACCES by a filter, EAFNOSUPPORT or
    EPROTONOSUPPORT by a kernel (or a gVisor) without netlink or sock_diag.
    """

    def __init__(self) -> None:
        self._socket = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG)
        self._sequence = 0
        try:
            self._socket.settimeout(10.0)
            # a connected netlink socket takes nothing from anyone but the kernel
            self._socket.connect((0, 0))
        except OSError:
            self._socket.close()
            raise

    def rows(
        self, family: int, protocol: int, *, states: int, port: int = 0, mptcp: bool = False, thorough: bool = True
    ) -> tuple[list[Row], bool]:
        """The sockets of one table, and whether all were told.

        Between two parts of an answer the kernel remembers its place by counting, so a socket that closes in between
        can hide one that stands (seen once in 400 dumps, at thousands of closings a second). `thorough`
        therefore asks twice where one part did not hold all, and unites what was told.
        Raises `Refused`, and OSError if the kernel falls silent.
        """
        rows: dict[bytes, Row] = {}
        wholes = 0
        for _ in range(ATTEMPTS):
            sequence = self._next_sequence()
            request = dump_request(family, protocol, states=states, port=port, mptcp=mptcp, sequence=sequence)
            complete, parts = self._dump(request, sequence, read_rows, rows)
            wholes += complete
            if wholes >= (2 if thorough and parts > 1 else 1):
                break
        return list(rows.values()), wholes > 0

    def tally(self, family: int, protocol: int, *, states: int, port: int = 0) -> tuple[Tally, bool]:
        """How many sockets there are by local port and state, and whether all were told; raises as `rows` does."""
        complete = False
        tally: Tally = {}
        for _ in range(ATTEMPTS):
            tally.clear()
            sequence = self._next_sequence()
            request = dump_request(family, protocol, states=states, port=port, sequence=sequence)
            complete, _parts = self._dump(request, sequence, tally_rows, tally)
            if complete:
                break
        return tally, complete

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _dump(self, request: bytes, sequence: int, read: Callable[..., Part], into: object) -> tuple[bool, int]:
        """Whether everything was told, and in how many parts that told of sockets."""
        complete = True
        parts = 0
        try:
            self._socket.send(request)
            while True:
                part = read(self._socket.recv(RECEIVE_BYTES), into, sequence=sequence)
                complete = complete and not part.interrupted and not part.broken
                parts += part.told > 0
                if part.error:
                    raise Refused(part.error)
                if part.done:
                    return complete, parts
        except OSError as problem:
            if problem.errno == errno.ENOBUFS:
                return False, parts
            raise

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
