"""What does this machine show where there is no sock_diag? Looks with psutil, for macOS, Windows and the BSDs.

psutil's table of all sockets names one owner of each; asked process by process it names all, so both are asked. It has
no inode numbers: each listener gets a negative one, -1, -2 and so on, so that an `Unseen` can still be tied to it, and
sockets that share one address (SO_REUSEPORT) are one listener with all their owners. Neither does it know v6only,
interface, backlog, a socket's user, network namespaces or cgroups. What no privilege would bring to light is told as
`not-supported`: sockets that are bound but do not listen (`bound:tcp`), whole protocols (`protocol:sctp`).

On Linux psutil reads the tables of /proc/net anew for each process: right, and far slower than our own backend there.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter

import psutil

from whoseport.host.exposure import exposure
from whoseport.host.psutil_processes import Processes, clean, moment, user_of
from whoseport.host.sysctl import read_settings
from whoseport.model import (
    Connections,
    Inspection,
    Listener,
    Peer,
    PortConnections,
    Privileges,
    Settings,
    Unseen,
)
from whoseport.record import Record
from whoseport.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import ListenerState, Process, Reason, Transport

_CONNECTION_STATES = frozenset(Connections.__fields__) - {"peers"}


class Endpoint(Record):
    """A socket as psutil tells it: all that tells one from another. The other end is None unless connected."""

    transport: Transport
    address: str
    port: int
    peer: tuple[str, int] | None
    status: str


def look(port: int | None = None, *, peers: bool = False, everything: bool = False) -> Inspection:
    """One look at this machine; `port` narrows it, `everything` adds connected udp sockets and every connection.

    With a port, what is on it is told as with `everything`, and `peers` adds the other ends of its connections; the
    fields on a single port are left to `host.for_port`.
    Raises nothing for what is expected to happen: denied and vanished processes are told in `unseen`.
    """
    taken_at = time.time()
    table = _Table(port)
    table.read()
    whole = everything or port is not None
    processes = Processes()
    unseen = table.unseen + _never_seen()
    listeners: list[Listener] = []
    for endpoint, holders in sorted(table.holders.items(), key=lambda item: _order(item[0])):
        state = _listener_state(endpoint)
        if state is None or (state == "connected" and not whole):
            continue
        owners = [owner for holder in holders.values() if (owner := processes.describe(holder)) is not None]
        owners.sort(key=lambda owner: owner.pid)
        inode = -1 - len(listeners)
        if not owners and (reason := table.why_nobody(holders)) is not None:
            unseen.append(Unseen(missing="owners", reason=reason, subject=f"socket:{inode}"))
        listeners.append(_listener(endpoint, state, inode=inode, owners=tuple(owners)))
    unseen += processes.unseen
    return Inspection(
        hostname=clean(socket.gethostname()),
        taken_at=moment(taken_at),
        backend="psutil",
        privileges=_privileges(),
        version=__version__,
        complete=not unseen,
        netns=None,
        settings=_settings(),
        port_connections=_port_connections(table.holders, peers=peers and port is not None) if whole else None,
        owners_method="psutil",
        listeners=tuple(listeners),
        unseen=tuple(unseen),
    )


class _Table:
    """Every socket with the processes that hold it, by pid."""

    def __init__(self, port: int | None) -> None:
        self.holders: dict[Endpoint, dict[int, psutil.Process]] = {}
        self.unseen: list[Unseen] = []
        self._port = port
        self._denied = False
        self._connected: dict[object, Endpoint] = {}
        self._known: dict[int, psutil.Process | None] = {}

    def read(self) -> None:
        try:
            whole = psutil.net_connections("inet")
        except psutil.AccessDenied:  # macOS tells the whole table to root alone
            self.unseen.append(Unseen(missing="sockets", reason="not-permitted", subject=None))
        except (OSError, RuntimeError):  # RuntimeError: a table that psutil cannot parse
            self.unseen.append(Unseen(missing="sockets", reason="unreadable", subject=None))
        else:
            for found in whole:
                self._add(found.type, found.laddr, found.raddr, found.status, self._process(found.pid))
        # on Windows a socket has one owner, its maker, and each asking would read the whole table again
        if not psutil.WINDOWS:
            self._read_each()

    def why_nobody(self, holders: dict[int, psutil.Process]) -> Reason | None:
        """Why a socket has no owner that could be described; None where it is the kernel's own."""
        if holders:
            return "vanished"
        return "not-permitted" if self._denied else None

    def _read_each(self) -> None:
        for pid in psutil.pids():
            process = self._process(pid)
            if process is None:
                continue
            try:
                ask = process.net_connections if hasattr(process, "net_connections") else process.connections
                for found in ask("inet"):
                    self._add(found.type, found.laddr, found.raddr, found.status, process)
            except psutil.AccessDenied:
                self._denied = True
            except (psutil.NoSuchProcess, RuntimeError, OSError):
                continue

    def _process(self, pid: int | None) -> psutil.Process | None:
        if not pid:  # 0 is the kernel itself on macOS and the idle loop on Windows
            return None
        if pid not in self._known:
            try:
                self._known[pid] = psutil.Process(pid)
            except (psutil.Error, OSError):
                self._known[pid] = None
        return self._known[pid]

    def _add(
        self,
        kind: int,
        local: tuple[str, int] | tuple[()],
        remote: tuple[str, int] | tuple[()],
        status: str,
        holder: psutil.Process | None,
    ) -> None:
        if not local or (self._port is not None and local[1] != self._port):
            return
        endpoint = Endpoint(
            transport="tcp" if kind == socket.SOCK_STREAM else "udp",
            address=local[0],
            port=local[1],
            peer=(remote[0], remote[1]) if remote else None,
            status=status,
        )
        if endpoint.peer is not None:
            # a connection may have gone on to another state since it was first seen
            endpoint = self._connected.setdefault((endpoint.transport, local, endpoint.peer), endpoint)
        holders = self.holders.setdefault(endpoint, {})
        if holder is not None:
            holders[holder.pid] = holder


def _listener_state(endpoint: Endpoint) -> ListenerState | None:
    if endpoint.transport == "udp":
        return "unconnected" if endpoint.peer is None else "connected"
    if endpoint.status == psutil.CONN_LISTEN:
        return "listen"
    # macOS and FreeBSD show a socket that was bound and no more as closed
    return "bound" if endpoint.status == psutil.CONN_CLOSE and endpoint.peer is None else None


def _listener(endpoint: Endpoint, state: ListenerState, *, inode: int, owners: tuple[Process, ...]) -> Listener:
    return Listener(
        transport=endpoint.transport,
        protocol="tcp" if endpoint.transport == "tcp" else "udp",
        address=endpoint.address,
        port=endpoint.port,
        interface=None,
        v6only=None,
        state=state,
        inode=inode,
        uid=None,
        user=None,
        netns=None,
        backlog=None,
        exposure=exposure(endpoint.address),
        cgroup=None,
        unit=None,
        slice=None,
        container=None,
        forwards_to=None,
        candidates=(),
        owners=owners,
    )


def _port_connections(endpoints: Iterable[Endpoint], *, peers: bool) -> tuple[PortConnections, ...]:
    counted: dict[tuple[int, Transport], Counter[str]] = {}
    seen: dict[tuple[int, Transport], list[Peer]] = {}
    for endpoint in endpoints:
        state = endpoint.status.lower()
        if endpoint.peer is None or endpoint.transport != "tcp" or state not in _CONNECTION_STATES:
            continue
        key = endpoint.port, endpoint.transport
        counted.setdefault(key, Counter())[state] += 1
        address, port = endpoint.peer
        seen.setdefault(key, []).append(
            Peer(transport="tcp", local_address=endpoint.address, address=address, port=port, state=state)
        )
    return tuple(
        PortConnections(
            port=port,
            transport=transport,
            connections=Connections(**counts, peers=_sorted(seen[port, transport]) if peers else None),
        )
        for (port, transport), counts in sorted(counted.items())
    )


def _sorted(peers: list[Peer]) -> tuple[Peer, ...]:
    return tuple(sorted(peers, key=lambda peer: (peer.address, peer.port, peer.local_address)))


def _order(endpoint: Endpoint) -> tuple[int, str, bool, str, tuple[str, int]]:
    return endpoint.port, endpoint.transport, ":" in endpoint.address, endpoint.address, endpoint.peer or ("", 0)


def _never_seen() -> list[Unseen]:
    unseen = [Unseen(missing="package", reason="not-supported", subject=None)]
    if psutil.LINUX or psutil.WINDOWS:
        unseen.append(Unseen(missing="sockets", reason="not-supported", subject="bound:tcp"))
    if psutil.LINUX or psutil.FREEBSD:
        unseen.append(Unseen(missing="sockets", reason="not-supported", subject="protocol:sctp"))
        unseen.append(Unseen(missing="container", reason="not-supported", subject=None))
    if psutil.LINUX:
        unseen.append(Unseen(missing="namespace", reason="not-supported", subject=None))
    return unseen


def _settings() -> Settings:
    if psutil.WINDOWS:
        # no port takes a privilege there; the excluded ranges are told by a command only
        return Settings(unprivileged_port_start=0, ephemeral=None, reserved=None)
    return read_settings()


def _privileges() -> Privileges:
    uid = os.geteuid() if hasattr(os, "geteuid") else None
    return Privileges(uid=uid, user=user_of(psutil.Process(), uid), capabilities=())
