"""Which sockets are in another network namespace?

Entered with setns(2) where that is permitted (CAP_SYS_ADMIN), by the calling thread alone and only until its tables
are read. Else /proc/PID/net of a process in it, which is open to everyone, tells what /proc/net can tell.
"""

from __future__ import annotations

import errno
import os

from whoseport.host.linux.namespaces import net_files
from whoseport.host.linux.sockets import SocketTable, read_files, read_sockets
from whoseport.model import BrokenSurroundings, Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from whoseport.host.linux.namespaces import Namespace
    from whoseport.host.linux.sockets import Want
    from whoseport.model import Reason

CLONE_NEWNET = 0x40000000

TRIED = 8
"""How many processes of one namespace are tried as a way to it: any of them may end while we look."""

_REASONS: dict[int | None, Reason] = {
    errno.EPERM: "not-permitted",
    errno.EACCES: "not-permitted",
    errno.ENOENT: "vanished",
    errno.ESRCH: "vanished",
    errno.ENOSYS: "not-supported",
}


class NotEntered(Exception):
    """No way led into the namespace."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def read_namespace(
    namespace: Namespace,
    *,
    port: int | None = None,
    want: Want = "listening",
    peers: bool = False,
    proc: str = "/proc",
) -> SocketTable:
    """The sockets of another namespace, as `read_sockets` tells those of ours.

    Read from outside, or not read at all, its `unseen` says why, with the namespace as subject: missing="sockets"
    where bound sockets, interfaces, v6only, backlogs and cgroups are not told, missing="namespace" where nothing is.
    Raises BrokenSurroundings("namespace-not-left") if the way back fails: whatever is read after that is not ours.
    """
    try:
        table = _read_inside(namespace, port=port, want=want, peers=peers, proc=proc)
        unseen = tuple(part.replace(subject=namespace.subject) for part in table.unseen)
        return table.replace(unseen=tuple(dict.fromkeys(unseen)))
    except NotEntered as refusal:
        reason = refusal.reason
    for folder in _folders(namespace, proc):
        table = read_files(folder, reason=reason, port=port, want=want, peers=peers, netns=namespace.inode)
        if not table.unread:
            partly = Unseen(missing="sockets", reason=reason, subject=namespace.subject)
            return table.replace(unseen=(partly,))
    return SocketTable(
        sockets=(),
        connections={},
        peers=(),
        unread=("tcp", "udp"),
        unseen=(Unseen(missing="namespace", reason=reason, subject=namespace.subject),),
    )


def _read_inside(namespace: Namespace, *, port: int | None, want: Want, peers: bool, proc: str) -> SocketTable:
    target = _opened(namespace, proc)
    try:
        back = _open_link(f"{proc}/thread-self/ns/net")
        try:
            try:
                _enter(target)
            except OSError as problem:
                raise NotEntered(_REASONS.get(problem.errno, "unreadable")) from problem
            try:
                return read_sockets(port=port, want=want, peers=peers, netns=namespace.inode, proc=proc)
            finally:
                _go_back(back, proc)
        finally:
            os.close(back)
    finally:
        os.close(target)


def _opened(namespace: Namespace, proc: str) -> int:
    """A descriptor of the namespace itself; it holds fast even if all its processes end."""
    reason: Reason = "vanished"
    ways = [namespace.mount] if namespace.mount is not None else []
    for path in (*ways, *(f"{proc}/{pid}/ns/net" for pid in namespace.pids[:TRIED])):
        try:
            opened = _open_link(path)
        except NotEntered as refusal:
            reason = refusal.reason
            continue
        # a process may have moved since, or its number may be another's by now
        if namespace.inode in (None, str(os.fstat(opened).st_ino)):
            return opened
        os.close(opened)
    raise NotEntered(reason)


def _open_link(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        raise NotEntered(_REASONS.get(problem.errno, "unreadable")) from problem


def _folders(namespace: Namespace, proc: str) -> Iterator[str]:
    root = os.open(proc, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for pid in namespace.pids[:TRIED]:
            try:
                files = net_files(str(pid), root=root)
            except PermissionError:
                continue
            if files not in (None, net_files("thread-self", root=root)):
                yield f"{proc}/{pid}/net"
    finally:
        os.close(root)


def _enter(opened: int) -> None:
    if hasattr(os, "setns"):
        os.setns(opened, CLONE_NEWNET)
        return
    import ctypes  # Python 3.11 has no os.setns

    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(opened, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _go_back(opened: int, proc: str) -> None:
    try:
        _enter(opened)
        there = os.stat(f"{proc}/thread-self/ns/net").st_ino == os.fstat(opened).st_ino
    except OSError as problem:
        raise BrokenSurroundings("namespace-not-left", reason=problem.strerror) from problem
    if not there:
        raise BrokenSurroundings("namespace-not-left", reason=None)
