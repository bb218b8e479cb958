"""Does it run inside a container? By the cgroup of the process, or of the socket."""

from __future__ import annotations

from whoseport.classifiers.found import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Container, Finding, Listener, Process


def inside_container(listener: Listener, process: Process | None) -> Finding | None:
    """`inside-container`, proven by the process's own cgroup, likely by that of the socket alone."""
    if process is not None and process.container is not None:
        return found("inside-container", "proven", f"/proc/{process.pid}/cgroup", _told(process.container))
    if process is None and listener.container is not None:
        return found("inside-container", "likely", "sock_diag", _told(listener.container))
    return None


def _told(container: Container) -> str:
    parts = (container.name, container.image, container.runtime, container.id[:12])
    return ", ".join([part for part in parts if part])
