"""What does this machine show? The host room: one look at it, whichever system it is."""

from __future__ import annotations

import sys

from whoseport.host.one_port import for_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.closings import Closings
    from whoseport.model import Inspection, Settings, Transport

__all__ = ["closings", "for_port", "listening", "look", "settings"]


def look(
    port: int | None = None, *, peers: bool = False, bpf: bool = False, everything: bool = False, deep: bool = False
) -> Inspection:
    """One look at this machine, or only at what concerns one port, which is cheaper.

    Without a port: every listening, bound and unconnected socket. `everything` adds connected udp sockets and the
    connections of every port, as `inspect` saves them. `peers` names the other ends of a single port's connections,
    `deep` adds the SHA-256 of executables. `bpf` loads a program into the kernel that finds the owners, where that is
    possible and permitted. What could not be seen is told in `unseen`; `for_port` narrows the result to one port and
    says whether something holds it.
    """
    system: str = sys.platform
    if system == "linux":
        from whoseport.host.linux.look import look as look_here

        return look_here(port, peers=peers, bpf=bpf, everything=everything, deep=deep)
    from whoseport.host.psutil_backend import look as look_by_psutil

    inspection = look_by_psutil(port, peers=peers, everything=everything)
    return inspection.replace(bpf_refused="not-supported") if bpf else inspection


def settings() -> Settings:
    """The settings of this system that decide about ports; None for each that it does not tell."""
    system: str = sys.platform
    if system == "linux":
        from whoseport.host.linux.settings import read_settings

        return read_settings()
    from whoseport.host.sysctl import read_settings as read_by_sysctl

    return read_by_sysctl()


def listening(port: int) -> set[Transport]:
    """The transports on which something listens on the port in this network namespace (udp: is bound to it)."""
    system: str = sys.platform
    if system == "linux":
        from whoseport.host.linux.sockets import read_sockets

        table = read_sockets(port=port, want="listening")
        return {socket.transport for socket in table.sockets if socket.state in ("listen", "unconnected")}
    found = look(port)
    return {listener.transport for listener in found.listeners if listener.state in ("listen", "unconnected")}


def closings() -> Closings:
    """Events of sockets that close, where the system tells them; a pause where it does not."""
    from whoseport.host.linux.closings import Closings

    return Closings()
