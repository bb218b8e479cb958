"""What does this machine show? The host room: one look at it, whichever system it is."""

from __future__ import annotations

import sys

from whoseport.host.one_port import for_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Inspection

__all__ = ["for_port", "look"]


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
