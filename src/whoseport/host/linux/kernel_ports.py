"""Which ports of this network namespace does the kernel itself serve, by its own word?

Its sockets have no process. Tunnels tell their port over rtnetlink, WireGuard over generic netlink; the NFS server and
the storage targets in files. Nothing is mounted or loaded to be asked: what is not there serves nothing.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import start_or_nothing
from whoseport.host.linux.links import read_links
from whoseport.model import LAST_PORT, KernelPort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.host.linux.links import Link
    from whoseport.model import Transport

_LARGEST = 1 << 20
_MOST = 1000
"""Folders of one kind that are looked into."""

RTNETLINK = "rtnetlink"
GENERIC_NETLINK = "generic netlink"

_PORT_OF_LINK = {
    # linux/if_link.h: IFLA_VXLAN_PORT, IFLA_GENEVE_PORT, IFLA_BAREUDP_PORT; all big-endian
    "vxlan": 15,
    "geneve": 5,
    "bareudp": 1,
}


def read_kernel_ports(
    *, port: int | None, proc: str = "/proc", config: str = "/sys/kernel/config"
) -> tuple[KernelPort, ...]:
    """Those of the calling thread's network namespace, on this port or on any.

    `config` is where configfs is mounted; its targets do not tell in which network namespace they serve.
    """
    found = [*_of_tunnels(), *_of_nfs(proc), *_of_targets(config)]
    return tuple(dict.fromkeys(one for one in found if port is None or one.port == port))


def _of_tunnels() -> Iterable[KernelPort]:
    try:
        links = read_links()
    except OSError:
        return
    yield from of_links(links)
    names = [name for name, kind, _ in links if kind == "wireguard"]
    if names:
        from whoseport.host.linux.wireguard import read_ports

        for name, port in read_ports(names).items():
            yield KernelPort(transport="udp", port=port, subsystem="wireguard", name=name, source=GENERIC_NETLINK)


def of_links(links: Iterable[Link]) -> Iterable[KernelPort]:
    """The UDP ports on which tunnels take packets, of the links' own attributes."""
    for name, kind, own in links:
        raw = own.get(_PORT_OF_LINK.get(kind, -1), b"")
        if len(raw) == 2 and any(raw):
            number = int.from_bytes(raw, "big")
            yield KernelPort(transport="udp", port=number, subsystem=kind, name=name, source=RTNETLINK)


def _of_nfs(proc: str) -> Iterable[KernelPort]:
    path = f"{proc}/fs/nfsd/portlist"
    yield from of_portlist(start_or_nothing(path, limit=_LARGEST), source=path)
    for transport in _BOTH:
        # lockd is told its port by a setting; 0 leaves it to chance (Documentation/admin-guide/kernel-parameters)
        path = f"{proc}/sys/fs/nfs/nlm_{transport}port"
        yield from _one("lockd", transport, start_or_nothing(path, limit=_LARGEST), source=path)
        path = f"{proc}/sys/fs/nfs/nfs_callback_{transport}port"
        yield from _one("nfs-callback", transport, start_or_nothing(path, limit=_LARGEST), source=path)


_BOTH: tuple[Transport, ...] = ("tcp", "udp")


def of_portlist(text: bytes, *, source: str) -> Iterable[KernelPort]:
    """What nfsd says in /proc/fs/nfsd/portlist (nfsd(7)): a transport and a port a line.

    >>> [(one.transport, one.port) for one in of_portlist(b"tcp 2049\\nudp 2049\\nrdma 20049\\n", source="portlist")]
    [('tcp', 2049), ('udp', 2049)]
    """
    for line in text.split(b"\n")[:_MOST]:
        words = line.split()
        for transport in _BOTH:
            if len(words) == 2 and words[0] == transport.encode():
                yield from _one("nfsd", transport, words[1], source=source)


def _one(
    subsystem: str, transport: Transport, text: bytes, *, source: str, name: str | None = None
) -> Iterable[KernelPort]:
    text = text.strip()
    if text.isdigit() and len(text) < 6 and 0 < int(text) <= LAST_PORT:
        yield KernelPort(transport=transport, port=int(text), subsystem=subsystem, name=name, source=source)


def _of_targets(config: str) -> Iterable[KernelPort]:
    """iSCSI (target/iscsi/NAME/tpgt_N/np/ADDRESS:PORT) and NVMe (nvmet/ports/N/addr_trtype, addr_trsvcid)."""
    for name in _listed(f"{config}/target/iscsi"):
        for group in _listed(f"{config}/target/iscsi/{name}"):
            if group.startswith("tpgt_"):
                path = f"{config}/target/iscsi/{name}/{group}/np"
                for portal in _listed(path):
                    number = portal.rpartition(":")[2].encode()
                    yield from _one("iscsi-target", "tcp", number, source=f"{path}/{portal}", name=name)
    for number_of in _listed(f"{config}/nvmet/ports"):
        folder = f"{config}/nvmet/ports/{number_of}"
        kind = start_or_nothing(f"{folder}/addr_trtype", limit=64).strip()
        if kind == b"tcp":
            service = start_or_nothing(f"{folder}/addr_trsvcid", limit=64)
            yield from _one("nvmet", "tcp", service, source=f"{folder}/addr_trsvcid", name=number_of)


def _listed(folder: str) -> list[str]:
    try:
        return [os.fsencode(name).decode("utf-8", "backslashreplace") for name in sorted(os.listdir(folder))[:_MOST]]
    except OSError:
        return []
