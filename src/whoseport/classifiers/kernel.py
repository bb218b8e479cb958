"""Is it a socket of the kernel itself? By the kernel's own word, or since no process holds it."""

from __future__ import annotations

from whoseport.classifiers.found import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, Inspection, KernelPort, Listener


def kernel_server(listener: Listener, inspection: Inspection) -> KernelPort | None:
    """The part of the kernel that serves the listener's port by its own word, where no process holds it."""
    if listener.owners or listener.netns not in (None, inspection.netns):
        return None
    for one in inspection.kernel_ports or ():
        if one.port == listener.port and one.transport == listener.transport:
            return one
    return None


def kernel_server_finding(server: KernelPort) -> Finding:
    """`kernel-server`, with the kernel's own word."""
    told = server.subsystem if server.name is None else f"{server.subsystem} {server.name}"
    return found("kernel-server", "proven", server.source, f"{told} {server.transport} {server.port}")


def kernel_socket(listener: Listener, *, every_owner_seen: bool) -> Finding | None:
    """`kernel-socket`: every process was looked through and none holds it, and it is root's."""
    if listener.owners or listener.candidates or not every_owner_seen or listener.uid not in (0, None):
        return None
    return found("kernel-socket", "likely", "sock_diag", f"inode {listener.inode}, uid {listener.uid}, no owner")


def every_owner_seen(inspection: Inspection) -> bool:
    """Whether every process was looked through for the sockets it holds."""
    return not any(one.missing == "owners" for one in inspection.unseen)
