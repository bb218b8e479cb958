"""What is a socket here, and what is a table of them? The rows that the kernel tells become these values."""

from __future__ import annotations

import _socket
from sys import byteorder

from whoseport.host.linux.sock_diag import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    NEW_SYN_RECV,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
)
from whoseport.model import Peer, Unseen
from whoseport.record import MANY, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from whoseport.host.linux.sock_diag import Row, Tally
    from whoseport.model import ListenerState, Protocol, Reason, Transport

STATE_NAMES = {
    ESTABLISHED: "established",
    SYN_SENT: "syn_sent",
    SYN_RECV: "syn_recv",
    NEW_SYN_RECV: "syn_recv",
    FIN_WAIT1: "fin_wait1",
    FIN_WAIT2: "fin_wait2",
    TIME_WAIT: "time_wait",
    CLOSE_WAIT: "close_wait",
    LAST_ACK: "last_ack",
    CLOSING: "closing",
}
"""The kernel's numbers for the states of a connection, and their names in `Connections`."""

# enum sctp_state (linux/sctp.h), told for associations; the nearest of the words above
_SCTP_STATE_NAMES = {
    1: "syn_sent",
    2: "syn_sent",
    3: "established",
    4: "fin_wait1",
    5: "fin_wait1",
    6: "close_wait",
    7: "last_ack",
}


class RawSocket(Record):
    """One socket as the kernel tells it. `address` and `peer_address` are numeric text, ports 0-65535.

    `protocol` is mptcp where a tcp port belongs to an MPTCP socket. `state` is listen, bound (tcp and the like, no
    listen() yet), unconnected or connected (udp). `peer_address` is None unless connected. `backlog` is the limit that
    listen() was given. `cgroup_id` is the inode number of its cgroup v2 directory, where the socket was made.
    `netns` is the inode number of its network namespace, None where that could not be read. An SCTP socket with
    several local addresses is one of these for each. `v6only` is None for IPv4 and where it was not told.
    """

    protocol: Protocol
    transport: Transport
    family: Literal[4, 6]
    state: ListenerState
    address: str
    port: int
    peer_address: str | None
    peer_port: int | None
    interface: str | None
    v6only: bool | None
    uid: int | None
    inode: int
    backlog: int | None
    cgroup_id: int | None
    netns: str | None


class SocketTable(Record):
    """The sockets of one network namespace.

    `connections` counts, by transport and local port, the sockets in each state of a connection, under the names of
    the fields of `Connections`; empty unless asked for. `peers` are these one by one, when asked for.
    `unread` lists the protocols whose tables could not be read at all: there, no socket does not mean none.
    `unseen` says why, with subject `sockets:PROTOCOL`; its subject is `sock_diag:PROTOCOL` where /proc/net stood in,
    which leaves out bound sockets, interfaces, v6only, backlogs and cgroups.
    """

    sockets: tuple[RawSocket, ...]
    connections: dict[tuple[Transport, int], dict[str, int]]
    peers: tuple[Peer, ...]
    unread: tuple[Protocol, ...]
    unseen: tuple[Unseen, ...]


class TableBuilder:
    """Makes a table of the rows of one namespace; `port` None takes every port, `connections` also who is connected."""

    def __init__(self, port: int | None, *, connections: bool, peers: bool, netns: str | None) -> None:
        self._port = port
        self._want_connections = connections
        self._want_peers = connections and peers
        self._netns = netns
        self._sockets: list[RawSocket] = []
        self._connections: dict[tuple[Transport, int], dict[str, int]] = {}
        self._peers: list[Peer] = []
        self._unread: list[Protocol] = []
        self._unseen: list[Unseen] = []
        self._addresses: dict[bytes, str] = {}
        self._interfaces: dict[int, str | None] = {0: None}

    def table(self) -> SocketTable:
        return SocketTable(
            sockets=tuple(self._sockets),
            connections=self._connections,
            peers=tuple(self._peers),
            unread=tuple(self._unread),
            unseen=tuple(self._unseen),
        )

    def partly(self, protocol: Protocol, reason: Reason) -> None:
        """Notes that sock_diag did not tell all of a protocol's sockets, or not all about them."""
        self._unseen.append(Unseen(missing="sockets", reason=reason, subject=f"sock_diag:{protocol}"))

    def unreadable(self, protocol: Protocol, reason: Reason) -> None:
        """Notes that nothing told of a protocol's sockets."""
        self._unread.append(protocol)
        self._unseen.append(Unseen(missing="sockets", reason=reason, subject=f"sockets:{protocol}"))

    def add(self, protocol: Protocol, transport: Transport, rows: list[Row]) -> None:
        """Takes the rows of one table, one by one."""
        if len(rows) >= MANY:
            RawSocket.expect_many()
        for row in rows:
            state_number, port, peer_port, source, destination, interface, backlog = row[:7]
            uid, inode, v6only, cgroup_id, mptcp, local_addresses, association = row[7:]
            # Linux 6.18 heeds the port for listening and connected sockets, but not for bound ones
            if not port or self._port not in (None, port):
                continue
            state: ListenerState
            connected = False
            if transport == "udp":
                connected = state_number == ESTABLISHED
                state = "connected" if connected else "unconnected"
                if connected and not self._want_connections:
                    continue
            elif state_number == LISTEN and not peer_port:
                state = "listen"
            elif state_number == CLOSE and not peer_port:
                state = "bound"
            else:
                # an SCTP socket is told as itself and as each of its associations
                if self._want_connections and (association or transport != "sctp"):
                    self._connection(transport, row)
                continue
            for address in _local_addresses(local_addresses) or (source,):
                self._sockets.append(
                    RawSocket(
                        protocol="mptcp" if mptcp else protocol,
                        transport=transport,
                        family=4 if len(address) == 4 else 6,
                        state=state,
                        address=self._text(address),
                        port=port,
                        peer_address=self._text(destination) if connected else None,
                        peer_port=peer_port if connected else None,
                        interface=self._interface(interface),
                        v6only=v6only,
                        uid=uid,
                        inode=inode,
                        backlog=backlog if transport != "dccp" else None,  # dccp_diag leaves it 0
                        cgroup_id=cgroup_id,
                        netns=self._netns,
                    )
                )

    def count(self, transport: Transport, tally: Tally) -> None:
        """Takes connections that were only counted."""
        for (port, state), number in tally.items():
            name = STATE_NAMES.get(state)
            if name is not None:
                states = self._connections.setdefault((transport, port), {})
                states[name] = states.get(name, 0) + number

    def _connection(self, transport: Transport, row: Row) -> None:
        state, port, peer_port, source, destination = row[:5]
        name = (_SCTP_STATE_NAMES if transport == "sctp" else STATE_NAMES).get(state)
        if name is None:
            return
        states = self._connections.setdefault((transport, port), {})
        states[name] = states.get(name, 0) + 1
        if self._want_peers:
            self._peers.append(
                Peer(
                    transport=transport,
                    local_address=self._text(source),
                    address=self._text(destination),
                    port=peer_port,
                    state=name,
                )
            )

    def _text(self, address: bytes) -> str:
        known = self._addresses.get(address)
        if known is None:
            family = _socket.AF_INET if len(address) == 4 else _socket.AF_INET6
            known = self._addresses[address] = _socket.inet_ntop(family, address)
        return known

    def _interface(self, index: int) -> str | None:
        if index not in self._interfaces:
            try:
                self._interfaces[index] = _socket.if_indextoname(index)
            except (OSError, OverflowError):
                # gone since, or a socket of an interface that was moved away: its number still tells them apart
                self._interfaces[index] = f"if{index}"
        return self._interfaces[index]


def _local_addresses(addresses: bytes) -> list[bytes]:
    """The local addresses of an SCTP socket, from an array of `struct sockaddr_storage` (128 bytes each).

    Told besides `idiag_src`, which with associations shows one of theirs although the socket is bound to any.
    """
    found: list[bytes] = []
    for at in range(0, len(addresses) - 127, 128):
        family = int.from_bytes(addresses[at : at + 2], byteorder)
        if family == _socket.AF_INET:
            address = addresses[at + 4 : at + 8]
        elif family == _socket.AF_INET6:
            address = addresses[at + 8 : at + 24]
        else:
            continue
        if address not in found:
            found.append(address)
    return found
