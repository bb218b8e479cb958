"""Which sockets are there in this network namespace, by whatever way the kernel lets us read its tables.

sock_diag first; /proc/net where it is denied, or where asking would make the kernel load a module: a look changes
nothing. One table is one protocol of one address family; each falls back on its own.
"""

from __future__ import annotations

import _socket
import errno
from sys import byteorder

from whoseport.host.linux import proc_net
from whoseport.host.linux.diag_modules import may_ask
from whoseport.host.linux.sock_diag import (
    BOUND_INACTIVE,
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
    Client,
    Refused,
)
from whoseport.model import Peer, Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from whoseport.host.linux.sock_diag import Row, Tally
    from whoseport.model import ListenerState, Protocol, Reason, Transport

    Want: TypeAlias = Literal["listening", "everything"]

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

_CONNECTION_BITS = sum(1 << state for state in STATE_NAMES)
_LISTENING_BITS = 1 << LISTEN | 1 << BOUND_INACTIVE

_PROTOCOLS: tuple[tuple[Protocol, Transport, int], ...] = (
    # udplite first: a short answer teaches the kernel how much we take at once, so that the long ones come in few parts
    ("udplite", "udp", 136),
    ("tcp", "tcp", 6),
    ("udp", "udp", 17),
    ("sctp", "sctp", 132),
    ("dccp", "dccp", 33),
)
_FAMILIES = (_socket.AF_INET, _socket.AF_INET6)


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


def read_sockets(
    *,
    port: int | None = None,
    want: Want = "listening",
    peers: bool = False,
    netns: str | None = None,
    proc: str = "/proc",
    sys: str = "/sys",
    modules: str = "/lib/modules",
) -> SocketTable:
    """Reads the socket tables of the calling thread's network namespace.

    `port` None: every listening and bound socket and every unconnected udp socket; with `want="everything"` also
    connected udp sockets and how many connections each port has. With a port, the kernel is asked for everything on
    this port only. `peers` also names the other end of each connection. `netns` is put into every socket.
    """
    reading = _Reading(port, want, peers=peers, netns=netns, net=f"{proc}/thread-self/net")
    try:
        client = Client()
    except OSError as problem:
        return reading.of_files(_reason(problem.errno, "not-supported"))
    with client:
        for protocol, transport, number in _PROTOCOLS:
            if not may_ask(protocol, proc=proc, sys=sys, modules=modules):
                reading.fall_back(protocol, transport, "not-supported")
                continue
            try:
                reading.ask(client, protocol, transport, number)
            except Refused as refusal:
                reading.fall_back(protocol, transport, _reason(refusal.errno, "not-supported"))
            except OSError as problem:
                reading.fall_back(protocol, transport, _reason(problem.errno, "unreadable"))
    return reading.table()


def read_files(
    net: str,
    *,
    reason: Reason,
    port: int | None = None,
    want: Want = "listening",
    peers: bool = False,
    netns: str | None = None,
) -> SocketTable:
    """The same from the files of one folder alone, such as /proc/PID/net; `reason` is why sock_diag is not asked."""
    return _Reading(port, want, peers=peers, netns=netns, net=net).of_files(reason)


class _Reading:
    """One reading of all tables, as it goes on."""

    def __init__(self, port: int | None, want: Want, *, peers: bool, netns: str | None, net: str) -> None:
        self.port = port
        self.want_connections = port is not None or want == "everything"
        self.want_peers = peers and self.want_connections
        self.netns = netns
        self.net = net
        self.sockets: list[RawSocket] = []
        self.connections: dict[tuple[Transport, int], dict[str, int]] = {}
        self.peers: list[Peer] = []
        self.unread: list[Protocol] = []
        self.unseen: list[Unseen] = []
        self.addresses: dict[bytes, str] = {}
        self.interfaces: dict[int, str | None] = {0: None}

    def table(self) -> SocketTable:
        return SocketTable(
            sockets=tuple(self.sockets),
            connections=self.connections,
            peers=tuple(self.peers),
            unread=tuple(self.unread),
            unseen=tuple(self.unseen),
        )

    def of_files(self, reason: Reason) -> SocketTable:
        for protocol, transport, _number in _PROTOCOLS:
            self.fall_back(protocol, transport, reason)
        return self.table()

    def ask(self, client: Client, protocol: Protocol, transport: Transport, number: int) -> None:
        port = self.port or 0
        whole = True
        if transport == "udp":
            states = 1 << CLOSE | (1 << ESTABLISHED if self.want_connections else 0)
        elif transport == "sctp":
            # sctp_diag tells endpoints under LISTEN, and lets listening ones go unless it is asked for CLOSE too
            states = 1 << LISTEN | 1 << CLOSE
        else:
            states = _LISTENING_BITS
        found: list[tuple[int, list[Row]]] = []
        tallies: list[Tally] = []
        for family in _FAMILIES:
            rows, complete = client.rows(family, number, states=states, port=port)
            whole = whole and complete
            found.append((family, rows))
            if self.want_connections and transport != "udp":
                if self.want_peers or transport == "sctp":
                    rows, complete = client.rows(family, number, states=_CONNECTION_BITS, port=port)
                    found.append((family, rows))
                else:
                    tally, complete = client.tally(family, number, states=_CONNECTION_BITS, port=port)
                    tallies.append(tally)
                whole = whole and complete
        for _family, rows in found:
            self.add(protocol, transport, rows)
        for tally in tallies:
            self.count(transport, tally)
        if not whole:
            self.unseen.append(Unseen(missing="sockets", reason="unreadable", subject=f"sock_diag:{protocol}"))

    def fall_back(self, protocol: Protocol, transport: Transport, reason: Reason) -> None:
        names = {"sctp": ("sctp/eps",), "dccp": ()}.get(protocol, (protocol, protocol + "6"))
        read = False
        for name in names:
            try:
                text = _read(f"{self.net}/{name}")
            except FileNotFoundError:
                continue
            except OSError as problem:
                reason = _reason(problem.errno, "unreadable")
                continue
            read = True
            rows = proc_net.parse_sctp_endpoints(text) if protocol == "sctp" else proc_net.parse(text)
            self.add(protocol, transport, rows)
        if read:
            if protocol in ("tcp", "udp"):
                self.unseen.append(Unseen(missing="sockets", reason=reason, subject=f"sock_diag:{protocol}"))
        elif protocol in ("tcp", "udp") or self.exists(protocol):
            self.unread.append(protocol)
            self.unseen.append(Unseen(missing="sockets", reason=reason, subject=f"sockets:{protocol}"))

    def exists(self, protocol: Protocol) -> bool:
        """Whether this kernel has the protocol at all; if not, there are no such sockets and nothing is unseen."""
        try:
            text = _read(f"{self.net}/protocols")
        except OSError:
            return False
        name = {"udplite": b"UDP-Lite"}.get(protocol, protocol.upper().encode())
        return any(line.split(None, 1)[:1] == [name] for line in text.split(b"\n"))

    def add(self, protocol: Protocol, transport: Transport, rows: list[Row]) -> None:
        for row in rows:
            state_number, port, peer_port, source, destination, interface, backlog = row[:7]
            uid, inode, v6only, cgroup_id, mptcp, further = row[7:]
            # Linux 6.18 heeds the port for listening and connected sockets, but not for bound ones
            if not port or self.port not in (None, port):
                continue
            state: ListenerState
            connected = False
            if transport == "udp":
                connected = state_number == ESTABLISHED
                state = "connected" if connected else "unconnected"
                if connected and not self.want_connections:
                    continue
            elif state_number == LISTEN and not peer_port:
                state = "listen"
            elif state_number == CLOSE and not peer_port:
                state = "bound"
            else:
                if self.want_connections:
                    self.connection(transport, row)
                continue
            for address in (source, *_further_addresses(further, source)):
                self.sockets.append(
                    RawSocket(
                        protocol="mptcp" if mptcp else protocol,
                        transport=transport,
                        family=4 if len(address) == 4 else 6,
                        state=state,
                        address=self.text(address),
                        port=port,
                        peer_address=self.text(destination) if connected else None,
                        peer_port=peer_port if connected else None,
                        interface=self.interface(interface),
                        v6only=v6only,
                        uid=uid,
                        inode=inode,
                        backlog=backlog,
                        cgroup_id=cgroup_id,
                        netns=self.netns,
                    )
                )

    def count(self, transport: Transport, tally: Tally) -> None:
        for (port, state), number in tally.items():
            name = STATE_NAMES.get(state)
            if name is not None:
                states = self.connections.setdefault((transport, port), {})
                states[name] = states.get(name, 0) + number

    def connection(self, transport: Transport, row: Row) -> None:
        state, port, peer_port, source, destination = row[:5]
        name = (_SCTP_STATE_NAMES if transport == "sctp" else STATE_NAMES).get(state)
        if name is None:
            return
        states = self.connections.setdefault((transport, port), {})
        states[name] = states.get(name, 0) + 1
        if self.want_peers:
            self.peers.append(
                Peer(
                    transport=transport,
                    local_address=self.text(source),
                    address=self.text(destination),
                    port=peer_port,
                    state=name,
                )
            )

    def text(self, address: bytes) -> str:
        known = self.addresses.get(address)
        if known is None:
            family = _socket.AF_INET if len(address) == 4 else _socket.AF_INET6
            known = self.addresses[address] = _socket.inet_ntop(family, address)
        return known

    def interface(self, index: int) -> str | None:
        if index not in self.interfaces:
            try:
                self.interfaces[index] = _socket.if_indextoname(index)
            except (OSError, OverflowError):
                # gone since, or a socket of an interface that was moved away: its number still tells them apart
                self.interfaces[index] = f"if{index}"
        return self.interfaces[index]


def _reason(number: int | None, otherwise: Reason) -> Reason:
    return "not-permitted" if number in (errno.EPERM, errno.EACCES) else otherwise


def _further_addresses(addresses: bytes, first: bytes) -> list[bytes]:
    """The other local addresses of an SCTP socket, from an array of `struct sockaddr_storage` (128 bytes each)."""
    found: list[bytes] = []
    for at in range(0, len(addresses) - 127, 128):
        family = int.from_bytes(addresses[at : at + 2], byteorder)
        if family == _socket.AF_INET:
            address = addresses[at + 4 : at + 8]
        elif family == _socket.AF_INET6:
            address = addresses[at + 8 : at + 24]
        else:
            continue
        if address != first and address not in found:
            found.append(address)
    return found


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        parts = []
        left = proc_net.FILE_LIMIT
        while left > 0 and (part := file.read(min(left, 1 << 18))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
