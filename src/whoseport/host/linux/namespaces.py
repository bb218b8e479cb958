"""Which other network namespaces are there?

network_namespaces(7). One is found through the processes that live in it and through the mounts that keep it
(`ip netns`, container runtimes); one that only an open descriptor or a socket keeps alive is not looked for.

The link /proc/PID/ns/net is for root and the process's own user. For anyone else the inode number of /proc/PID/net/tcp
still tells namespaces apart: each has files of its own there, and anyone may look at them.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import start_or_nothing
from whoseport.host.linux.cgroups import unescaped
from whoseport.model import Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Survey = tuple[dict[str, list[int]], list[list[int]], bool]

_MOUNTINFO_LIMIT = 16 << 20
_VANISHED = (FileNotFoundError, ProcessLookupError)


class Namespace(Record):
    """A network namespace other than our own: `inode` is its number, None where the system would not tell it.

    `mount` is the path of a mount that keeps it, `name` the last part of that. `pids` are the processes seen in it, in
    the order of their numbers. There is a mount or a process at least.
    """

    inode: str | None
    name: str | None
    mount: str | None
    pids: tuple[int, ...]

    @property
    def subject(self) -> str:
        """What an `Unseen` calls it: `netns:INODE`, or `pid:N` of a process in it where the number is not known."""
        return f"netns:{self.inode}" if self.inode is not None else f"pid:{self.pids[0]}"


class Namespaces(Record):
    """Our own network namespace (its inode number, None where unknown) and all others that could be found.

    `unseen` has missing="namespace" with subject None where processes would not tell theirs.
    """

    own: str | None
    others: tuple[Namespace, ...]
    unseen: tuple[Unseen, ...]


def own_namespace(proc: str = "/proc") -> str | None:
    """The inode number of the calling thread's network namespace, as text; None where /proc does not tell."""
    try:
        return str(os.stat(f"{proc}/thread-self/ns/net").st_ino)
    except OSError:
        return None


def other_namespaces(proc: str = "/proc") -> Namespaces:
    """Every network namespace but our own that the processes and mounts below `proc` lead to."""
    return namespaces_of(survey(proc), proc=proc)


def survey(proc: str = "/proc") -> Survey | None:
    """Where the processes below `proc` live, other than with us; plain values, so that a worker can deliver them.

    By the numbers of their namespaces, and by what else tells them apart where the number is not for us to read (None
    for such processes' number unless one of ours is beside them); last, whether some are hidden. None without /proc.
    Takes about 5 us a process, twice that where it belongs to somebody else and we are not root.
    """
    own = own_namespace(proc)
    try:
        root = os.open(proc, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        own_files = net_files("thread-self", root=root)
        members: dict[str, list[int]] = {}
        strangers: dict[int, list[int]] = {}
        pids = sorted(int(name) for name in os.listdir(root) if name.isdigit())
        # pid 1 is always there: if it is not listed, hidepid hides what is not ours
        denied = bool(pids) and pids[0] != 1
        for pid in pids:
            try:
                number = _number(pid, root=root)
                if number != own and number is not None:
                    members.setdefault(number, []).append(pid)
            except PermissionError:
                try:
                    files = net_files(str(pid), root=root)
                except PermissionError:
                    denied = True
                    continue
                if files is not None and files != own_files:
                    strangers.setdefault(files, []).append(pid)
        named: dict[int | None, str] = {}
        if strangers:
            # a process of ours beside a stranger tells the number that the stranger hides
            named = {net_files(str(pids[0]), root=root): number for number, pids in members.items()}
    finally:
        os.close(root)
    unnumbered: list[list[int]] = []
    for files, pids in strangers.items():
        if files in named:
            members[named[files]].extend(pids)
        else:
            unnumbered.append(pids)
    return members, unnumbered, denied


def namespaces_of(surveyed: Survey | None, *, proc: str = "/proc") -> Namespaces:
    """The namespaces that a survey found, and those that mounts keep."""
    own = own_namespace(proc)
    if surveyed is None:
        unreadable = Unseen(missing="namespace", reason="unreadable", subject=None)
        return Namespaces(own=own, others=(), unseen=(unreadable,))
    members, unnumbered, denied = surveyed
    mounts = {
        number: path
        for number, path in mounted(start_or_nothing(f"{proc}/self/mountinfo", limit=_MOUNTINFO_LIMIT))
        if number != own
    }
    others = [
        Namespace(
            inode=number,
            name=os.path.basename(mounts[number]) if number in mounts else None,
            mount=mounts.get(number),
            pids=tuple(sorted(members.get(number, ()))),
        )
        for number in sorted(members.keys() | mounts.keys(), key=int)
    ]
    others += [Namespace(inode=None, name=None, mount=None, pids=tuple(pids)) for pids in unnumbered]
    unseen = (Unseen(missing="namespace", reason="not-permitted", subject=None),) if denied else ()
    return Namespaces(own=own, others=tuple(others), unseen=unseen)


def net_files(process: str, *, root: int) -> int | None:
    """What tells the namespace of a process from others: the inode number of its net/tcp; None if it has ended.

    `root` is a descriptor of /proc. Raises PermissionError where /proc hides the process (hidepid).
    """
    try:
        return os.stat(f"{process}/net/tcp", dir_fd=root).st_ino
    except PermissionError:
        raise
    except OSError:
        return None


def mounted(mountinfo: bytes) -> list[tuple[str, str]]:
    """The network namespaces that mounts keep: number and path of each; see proc_pid_mountinfo(5)."""
    found: list[tuple[str, str]] = []
    for line in mountinfo.split(b"\n"):
        words = line.split(b" ")
        # the fourth is the root of the mount, `net:[4026532281]`; the file system's type comes after a lone dash
        if len(words) > 8 and words[3].startswith(b"net:[") and words[3].endswith(b"]") and b"nsfs" in words[6:]:
            number = words[3][5:-1]
            if number.isdigit() and len(number) <= 20:
                found.append((str(int(number)), os.fsdecode(unescaped(words[4]))))
    return found


def _number(pid: int, *, root: int) -> str | None:
    """The number of a process's network namespace; None if it has ended, PermissionError if it is not for us."""
    try:
        return str(os.stat(f"{pid}/ns/net", dir_fd=root).st_ino)
    except _VANISHED:
        pass
    # where the first thread has ended and others go on, only theirs leads there
    for thread in _threads(pid, root=root):
        try:
            return str(os.stat(f"{pid}/task/{thread}/ns/net", dir_fd=root).st_ino)
        except _VANISHED:
            continue
    return None


def _threads(pid: int, *, root: int) -> list[str]:
    try:
        folder = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
    except _VANISHED:
        return []
    try:
        return os.listdir(folder)
    except _VANISHED:
        return []
    finally:
        os.close(folder)
