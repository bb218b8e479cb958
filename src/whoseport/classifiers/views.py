"""Is a listener shown in one view of the system and hidden from another?

The second view was compared with the first while both were read anew (the host's look does so), so what differs still
is no socket that just came or went.
"""

from __future__ import annotations

from whoseport.classifiers.found import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, Inspection, Listener, View

_SHOWN = ("tcp", "mptcp", "udp")
"""The protocols that /proc/net/tcp and udp show."""


class Views:
    """The other views of an inspection, ready to be asked for each of its listeners."""

    def __init__(self, inspection: Inspection) -> None:
        self._netns = inspection.netns
        self._privileges = inspection.privileges
        self._views = [(view, frozenset(view.sockets)) for view in inspection.views or ()]
        self._kernel = {(one.transport, one.port) for one in inspection.kernel_ports or ()}
        self._blind = {one.subject for one in inspection.unseen if one.missing == "owners"}
        self._covered = [
            (one.subject or "").removeprefix("pid:")
            for one in inspection.unseen
            if one.missing == "owners" and one.reason == "unreadable" and (one.subject or "").startswith("pid:")
        ]
        self._whole = inspection.backend == "linux" and None not in self._blind

    def findings(self, listener: Listener) -> list[Finding]:
        """`hidden-from-view`: not in /proc/net, or held by nobody that shows itself.

        That is where every process was looked through, or one has something mounted over its folder in /proc.
        """
        made: list[Finding] = []
        if not listener.inode or (listener.netns is not None and listener.netns != self._netns):
            return made
        comes_and_goes = listener.transport == "tcp" and listener.state != "listen"
        if self._views and listener.protocol in _SHOWN and not comes_and_goes:
            for view, sockets in self._views:
                if _covers(view, listener) and listener.inode not in sockets:
                    observed = f"inode {listener.inode} in sock_diag, not in {view.source}"
                    made.append(found("hidden-from-view", "proven", view.source, observed))
        if self._covered and self._is_unheld(listener):
            observed = f"inode {listener.inode}, held by nobody seen; mounted over: /proc/{self._covered[0]}"
            made.append(found("hidden-from-view", "likely", "/proc/self/mountinfo", observed))
        elif self._is_nobodys(listener):
            observed = f"inode {listener.inode} of uid {listener.uid}, and no process holds it"
            made.append(found("hidden-from-view", "likely", "/proc", observed))
        return made

    def _is_unheld(self, listener: Listener) -> bool:
        """A listening socket that no process was seen to hold, and that is not the kernel's by its own word.

        Who may not see the holders of others' sockets knows nothing of that.
        """
        kernels = (listener.transport, listener.port) in self._kernel
        looking = self._privileges
        sees = "CAP_SYS_PTRACE" in looking.capabilities or (looking.uid is not None and looking.uid == listener.uid)
        return not listener.owners and listener.state in ("listen", "unconnected") and not kernels and sees

    def _is_nobodys(self, listener: Listener) -> bool:
        """A user's listening socket that no process holds: the kernel's own are root's."""
        return (
            self._whole
            and not listener.owners
            and not listener.candidates
            and bool(listener.uid)
            and listener.state == "listen"
            and f"socket:{listener.inode}" not in self._blind
            and (listener.transport, listener.port) not in self._kernel
        )


def _covers(view: View, listener: Listener) -> bool:
    return view.transport == listener.transport and view.port in (None, listener.port)


def unknown_sockets(inspection: Inspection) -> list[tuple[View, int]]:
    """The sockets that another view shows and the first one does not, with the view; only of a single port."""
    inodes = {listener.inode for listener in inspection.listeners}
    return [(view, inode) for view in inspection.views or () for inode in view.sockets if inode not in inodes]
