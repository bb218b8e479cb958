"""What does this machine show? One look at it: sockets, who holds them, and what could not be seen.

Every source is asked once; what belongs together meets here. Nothing is connected to, bound, started or changed.
"""

from __future__ import annotations

import os
import time

from whoseport.host.linux.cgroups import Cgroups, paths_of_process
from whoseport.host.linux.describing import describe_owners
from whoseport.host.linux.forwarders import READERS as FORWARDERS
from whoseport.host.linux.forwarders import forwarding
from whoseport.host.linux.listeners import Listeners, Surroundings, unseen_details
from whoseport.host.linux.namespaces import namespaces_of, own_namespace, survey
from whoseport.host.linux.owners import Holders, find_holders, read_holders, survey_tables
from whoseport.host.linux.privileges import read_privileges
from whoseport.host.linux.processes import Processes
from whoseport.host.linux.settings import read_settings
from whoseport.host.linux.sharing import aside
from whoseport.host.linux.sockets import read_sockets
from whoseport.host.linux.users import Users
from whoseport.model import Connections, Inspection, Listener, PortConnections, Process, Unseen
from whoseport.record import MANY
from whoseport.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.host.linux.namespaces import Namespace, Survey
    from whoseport.host.linux.owners import Tables
    from whoseport.host.linux.sockets import RawSocket, SocketTable, Want
    from whoseport.model import BpfRefusal, Container, Forwarding, OwnersMethod

_CROWD = 600
_TRANSPORT_ORDER = {"tcp": 0, "udp": 1, "sctp": 2, "dccp": 3}


def look(
    port: int | None = None,
    *,
    peers: bool = False,
    bpf: bool = False,
    everything: bool = False,
    deep: bool = False,
    proc: str = "/proc",
    root: str = "",
    clock: Callable[[], float] = time.time,
) -> Inspection:
    """One look at this machine, or at one port of it; `root` is put before the paths of users and packages.

    Without a port: all listening, bound and unconnected sockets; with `everything` also connected udp sockets and the
    connections of every port; with `deep` the SHA-256 of executables. What is expected to be refused is `unseen`, never
    an exception.
    """
    taken_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock()))
    users = Users(f"{root}/etc/passwd")
    privileges = read_privileges(users, proc=proc)
    want: Want = "everything" if everything else "listening"

    def survey_processes() -> tuple[Survey | None, Tables | None]:
        return survey(proc), None if bpf else survey_tables(proc)

    processes_surveyed = aside(survey_processes) if _crowded(proc) else survey_processes
    own = read_sockets(port=port, want=want, peers=peers, netns=own_namespace(proc), proc=proc)
    surveyed, descriptors = processes_surveyed()
    namespaces = namespaces_of(surveyed, proc=proc)
    tables = [own]
    if namespaces.others:
        from whoseport.host.linux.entering import read_namespace

        tables += [read_namespace(other, port=port, want=want, proc=proc) for other in namespaces.others]
    sockets = [socket for table in tables for socket in table.sockets]

    if len(sockets) >= MANY:
        Listener.expect_many()
        Process.expect_many()
    holders, method, refusal = _find_owners({socket.inode for socket in sockets}, descriptors, bpf=bpf, proc=proc)
    sockets = _still_there(sockets, holders, tables, namespaces.others, port=port, proc=proc)
    containers = _Containers(root)
    processes = Processes(users, containers.of, proc=proc)
    owners, unpackaged = describe_owners(holders, processes, one_port=port is not None, deep=deep, proc=proc, root=root)

    cgroups = Cgroups(proc)
    for membership in {details[9] for details in holders.details.values()}:
        for path in paths_of_process(membership)[:1]:
            cgroups.learn(path)
    cgroups.resolve({socket.cgroup_id for socket in sockets if socket.cgroup_id is not None})
    sockets.sort(key=_order)
    describing = Listeners(
        Surroundings(
            netns=namespaces.own,
            uid=os.geteuid(),
            proc=proc,
            users=users,
            cgroups=cgroups,
            holders=holders,
            owners=owners,
            container_of=containers.of,
            forwarding_of=_Forwarders(namespaces.others, containers, proc=proc).of,
        )
    )
    listeners = tuple(describing.describe(socket) for socket in sockets)
    unseen = [*namespaces.unseen, *(one for table in tables for one in table.unseen), *describing.unseen]
    unseen += unseen_details(holders.details.values())
    if any(not listener.owners for listener in listeners):
        from whoseport.host.linux.covered import covered_processes

        covered = covered_processes(proc)
        unseen += [Unseen(missing="owners", reason="unreadable", subject=f"pid:{pid}") for pid in covered]
    around = mentions = None
    if everything or port is not None:
        from whoseport.host.linux.around import read_around

        ours = {socket.inode for socket in own.sockets}
        around = read_around(
            [socket for socket in sockets if socket.inode in ours],
            lambda: read_sockets(port=port, want=want, proc=proc),
            port=port,
            proc=proc,
        )
        from whoseport.host.linux import mentions as files

        mentions, unread = files.read(port=port, root=root)
        mentions = (*mentions, *around.mentions)
        unseen += [*around.unseen, *unread]
    unseen = list(dict.fromkeys([*unseen, *unpackaged, *containers.unseen]))
    return Inspection(
        hostname=os.uname().nodename,
        taken_at=taken_at,
        backend="linux",
        privileges=privileges,
        version=__version__,
        complete=not unseen,
        netns=namespaces.own,
        settings=read_settings(f"{proc}/sys"),
        port_connections=_connections(own, peers=peers and port is not None)
        if everything or port is not None
        else None,
        mentions=mentions,
        redirects=None if around is None else around.redirects,
        views=None if around is None else around.views,
        kernel_ports=None if around is None else around.kernel_ports,
        owners_method=method,
        bpf_refused=refusal,
        listeners=listeners,
        unseen=tuple(unseen),
    )


def _crowded(proc: str) -> bool:
    """Whether there are so many processes that a copy of us pays; the links of /proc count them (proc(5))."""
    try:
        return os.stat(proc).st_nlink > _CROWD
    except OSError:
        return False


def _find_owners(
    inodes: set[int], descriptors: Tables | None, *, bpf: bool, proc: str
) -> tuple[Holders, OwnersMethod, BpfRefusal | None]:
    """Who holds these sockets, by which method, and why not by a BPF program where one was asked for."""
    refusal = None
    if bpf:
        from whoseport.host.linux.bpf import find_owners

        found = find_owners(inodes)
        if not isinstance(found, str):
            return read_holders(found, wanted=inodes, proc=proc), "bpf-iterator", None
        refusal = found
    return find_holders(inodes, tables=descriptors, proc=proc), "proc-walk", refusal


def _still_there(
    sockets: list[RawSocket],
    holders: Holders,
    tables: list[SocketTable],
    others: tuple[Namespace, ...],
    *,
    port: int | None,
    proc: str,
) -> list[RawSocket]:
    """Without the sockets that were closed between the two readings: no one holds them, and they are no more.

    The tables are that of our own namespace and those of the others, in their order. Asked again only where each holder
    should have been seen; what then cannot be read as well as before proves nothing.
    """
    uid = os.geteuid()
    gone: set[int] = set()
    for table, other in zip(tables, (None, *others), strict=True):
        doubtful = {one.inode for one in table.sockets if uid in (0, one.uid) and not holders.pids.get(one.inode)}
        if not doubtful:
            continue
        connected = any(one.state == "connected" for one in table.sockets if one.inode in doubtful)
        want: Want = "everything" if connected else "listening"  # which spares walking all connections
        if other is None:
            again = read_sockets(port=port, want=want, proc=proc)
        else:
            from whoseport.host.linux.entering import read_namespace

            again = read_namespace(other, port=port, want=want, proc=proc)
        if not (set(again.unread) - set(table.unread) or set(again.unseen) - set(table.unseen)):
            gone |= doubtful - {one.inode for one in again.sockets}
    return [socket for socket in sockets if socket.inode not in gone] if gone else sockets


def _order(socket: RawSocket) -> tuple[int, int, int, str, str, int]:
    return (
        socket.port,
        _TRANSPORT_ORDER[socket.transport],
        socket.family,
        socket.address,
        socket.netns or "",
        socket.inode,
    )


class _Containers:
    """The containers that cgroup paths stand for, each asked for once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[str, Container] = {}
        self.unseen: list[Unseen] = []

    def of(self, paths: tuple[str, ...]) -> Container | None:
        if paths in ((), ("/",)):
            return None
        from whoseport.host.linux.containers import container_id_of
        from whoseport.host.linux.containers import look as look_for_container

        for path in paths:
            found = container_id_of(path)
            if found is not None:
                if found[0] not in self._known:
                    seen = look_for_container(found[0], found[1], root=self._root or "/", cgroup=path)
                    self._known[found[0]] = seen.container
                    self.unseen += seen.unseen
                return self._known[found[0]]
        return None


class _Forwarders:
    """Where owners lead that forward what they accept, and into which container."""

    def __init__(self, others: tuple[Namespace, ...], containers: _Containers, *, proc: str) -> None:
        self._others = others
        self._containers = containers
        self._proc = proc
        self._known: dict[str, Container | None] = {}

    def of(self, owner: Process, socket: RawSocket) -> Forwarding | None:
        if not owner.command or owner.name not in FORWARDERS:
            return None
        found = forwarding(
            owner.command, name=owner.name, address=socket.address, port=socket.port, transport=socket.transport
        )
        if found is None or not self._others:
            return found
        if found.address not in self._known:
            from whoseport.host.linux.destinations import container_at

            self._known[found.address] = container_at(found.address, self._others, self._containers.of, proc=self._proc)
        return found.replace(container=self._known[found.address])


def _connections(table: SocketTable, *, peers: bool) -> tuple[PortConnections, ...]:
    """Connections by port and transport. With `peers` the table is of a single port, and so all its peers are."""
    found = []
    for (transport, number), counts in sorted(table.connections.items()):
        others = tuple(peer for peer in table.peers if peer.transport == transport) if peers else None
        found.append(PortConnections(port=number, transport=transport, connections=Connections(**counts, peers=others)))
    return tuple(found)
