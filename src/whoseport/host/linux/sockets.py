"""Which sockets are there in this network namespace, by whatever way the kernel lets us read its tables.

sock_diag first; /proc/net where it is denied, or where asking would make the kernel load a module: a look changes
nothing. One table is one protocol of one address family; each falls back on its own.
"""

from __future__ import annotations

import _socket
import errno
import os

from whoseport.host.linux import proc_net
from whoseport.host.linux.bounded import read_start
from whoseport.host.linux.diag_modules import askable
from whoseport.host.linux.sock_diag import BOUND_INACTIVE, CLOSE, ESTABLISHED, LISTEN, Client, Refused
from whoseport.host.linux.socket_table import STATE_NAMES, RawSocket, SocketTable, TableBuilder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from whoseport.host.linux.sock_diag import Row, Tally
    from whoseport.model import Protocol, Reason, Transport

    Want: TypeAlias = Literal["listening", "everything"]

__all__ = ["RawSocket", "SocketTable", "read_files", "read_sockets"]

_CONNECTION_BITS = sum(1 << state for state in STATE_NAMES)

_PROTOCOLS: tuple[tuple[Protocol, Transport, int], ...] = (
    # udplite first: a short answer teaches the kernel how much we take at once, so that the long ones come in few parts
    ("udplite", "udp", 136),
    ("tcp", "tcp", 6),
    ("udp", "udp", 17),
    ("sctp", "sctp", 132),
    ("dccp", "dccp", 33),
)
_FAMILIES = (_socket.AF_INET, _socket.AF_INET6)


def read_sockets(
    *,
    port: int | None = None,
    want: Want = "listening",
    peers: bool = False,
    netns: str | None = None,
    proc: str = "/proc",
    sys: str = "/sys",
    modules: str = "/lib/modules",
    release: str | None = None,
) -> SocketTable:
    """Reads the socket tables of the calling thread's network namespace.

    `port` None: every listening and bound socket and every unconnected udp socket; with `want="everything"` also
    connected udp sockets and how many connections each port has. With a port, the kernel is asked for everything on
    this port only. `peers` also names the other end of each connection. `netns` is put into every socket.
    `release` is the kernel's own, or that of the running one.
    """
    reading = _Reading(port, want, peers=peers, netns=netns, net=f"{proc}/thread-self/net", release=release)
    try:
        client = Client()
    except OSError as problem:
        return reading.of_files(_reason(problem.errno, "not-supported"))
    with client:
        asked_for = askable(proc=proc, sys=sys, modules=modules)
        for protocol, transport, number in _PROTOCOLS:
            if protocol not in asked_for:
                reading.fall_back(protocol, transport, "not-supported")
                continue
            try:
                reading.ask(client, protocol, transport, number)
                # TCP_BOUND_INACTIVE came with Linux 6.8: before, sockets bound but not listening are not told
                if protocol == "tcp" and not at_least(reading.release, (6, 8)):
                    reading.builder.partly(protocol, "not-supported")
            except Refused as refusal:
                reading.fall_back(protocol, transport, _reason(refusal.errno, "not-supported"))
            except OSError as problem:
                reading.fall_back(protocol, transport, _reason(problem.errno, "unreadable"))
    return reading.builder.table()


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

    def __init__(
        self, port: int | None, want: Want, *, peers: bool, netns: str | None, net: str, release: str | None = None
    ) -> None:
        self.release = os.uname().release if release is None else release
        self.port = port
        self.want_connections = port is not None or want == "everything"
        self.want_peers = peers
        self.net = net
        self.builder = TableBuilder(port, connections=self.want_connections, peers=peers, netns=netns)
        self._protocols: bytes | None = None

    def of_files(self, reason: Reason) -> SocketTable:
        for protocol, transport, _number in _PROTOCOLS:
            self.fall_back(protocol, transport, reason)
        return self.builder.table()

    def ask(self, client: Client, protocol: Protocol, transport: Transport, number: int) -> None:
        port = self.port or 0
        whole = True
        # states, and whether to ask for what tells mptcp; sockets that are only bound are few
        dumps: tuple[tuple[int, bool], ...]
        if transport == "udp":
            dumps = ((1 << CLOSE | (1 << ESTABLISHED if self.want_connections else 0), False),)
        elif transport == "sctp":
            # sctp_diag tells endpoints under LISTEN, whatever their state, if they have no association
            dumps = ((1 << LISTEN | 1 << CLOSE, False),)
        else:
            dumps = ((1 << LISTEN, protocol == "tcp" and self.has_mptcp()), (1 << BOUND_INACTIVE, protocol == "tcp"))
        found: list[list[Row]] = []
        tallies: list[Tally] = []
        for family in _FAMILIES:
            for states, mptcp in dumps:
                rows, complete = client.rows(family, number, states=states, port=port, mptcp=mptcp)
                whole = whole and complete
                found.append(rows)
            if self.want_connections and transport != "udp":
                if self.want_peers or transport == "sctp":
                    rows, complete = client.rows(family, number, states=_CONNECTION_BITS, port=port, thorough=False)
                    # sctp_diag tells the endpoints of associations once more
                    found.append([row for row in rows if row[13] or transport != "sctp"])
                else:
                    tally, complete = client.tally(family, number, states=_CONNECTION_BITS, port=port)
                    tallies.append(tally)
                whole = whole and complete
        for rows in found:
            self.builder.add(protocol, transport, rows)
        for tally in tallies:
            self.builder.count(transport, tally)
        if not whole:
            self.builder.partly(protocol, "unreadable")

    def fall_back(self, protocol: Protocol, transport: Transport, reason: Reason) -> None:
        names = {"sctp": ("sctp/eps",), "dccp": ()}.get(protocol, (protocol, protocol + "6"))
        read = False
        for name in names:
            try:
                text = read_start(f"{self.net}/{name}", limit=proc_net.FILE_LIMIT)
            except FileNotFoundError:
                continue
            except OSError as problem:
                reason = _reason(problem.errno, "unreadable")
                continue
            read = True
            rows = proc_net.parse_sctp_endpoints(text) if protocol == "sctp" else proc_net.parse(text)
            self.builder.add(protocol, transport, rows)
        if read:
            if protocol in ("tcp", "udp"):
                self.builder.partly(protocol, reason)
        elif protocol in ("tcp", "udp") or self.exists(protocol):
            self.builder.unreadable(protocol, reason)

    def has_mptcp(self) -> bool:
        """Whether an MPTCP socket may be listening here; the kernel counts those from Linux 6.3 on."""
        counts = [proc_net.sockets_in_use(self.protocols(), name) for name in (b"MPTCP", b"MPTCPv6")]
        known = [count for count in counts if count is not None]
        return any(known) or (bool(known) and not at_least(self.release, (6, 3)))

    def exists(self, protocol: Protocol) -> bool:
        """Whether this kernel has the protocol at all; if not, there are no such sockets and nothing is unseen."""
        name = {"udplite": b"UDP-Lite"}.get(protocol, protocol.upper().encode())
        return proc_net.sockets_in_use(self.protocols(), name) is not None

    def protocols(self) -> bytes:
        if self._protocols is None:
            try:
                self._protocols = read_start(f"{self.net}/protocols", limit=proc_net.FILE_LIMIT)
            except OSError:
                self._protocols = b""
        return self._protocols


def _reason(number: int | None, otherwise: Reason) -> Reason:
    return "not-permitted" if number in (errno.EPERM, errno.EACCES) else otherwise


def at_least(release: str, version: tuple[int, int]) -> bool:
    """Whether a kernel's release, such as `6.1.0-50-amd64`, is of this version or later; so is one that makes no sense.

    >>> at_least("6.12.3-arch1", (6, 8)), at_least("6.1.0-50-amd64", (6, 8)), at_least("unknown", (6, 8))
    (True, False, True)
    """
    major, _, rest = release.partition(".")
    minor = rest.partition(".")[0].partition("-")[0]
    if not (major.isascii() and major.isdigit() and minor.isascii() and minor.isdigit() and len(release) < 256):
        return True
    return (int(major), int(minor)) >= version
