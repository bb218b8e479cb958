"""Which processes hold these sockets?

The links in /proc/PID/fd tell (proc_pid_fd(5)): a socket reads `socket:[INODE]`. A socket may be held by any number of
processes, so nothing short of every descriptor of every process proves that all are named; looking into the likely
process first would gain nothing. What makes it cheap: bare names below an open directory, processes that provably have
no descriptor passed over, and several processes sharing the work where there is much of it, since threads do not help.
"""

from __future__ import annotations

import os

from whoseport.host.linux.behaviour import links
from whoseport.host.linux.processes import read_details, read_process_details
from whoseport.host.linux.sharing import processors, share
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.host.linux.behaviour import Links
    from whoseport.host.linux.processes import Details

    Share = tuple[dict[int, list[int]], dict[int, Details], list[int]]
    """Pids by inode, details by pid, pids that refused."""
    Tables = tuple[set[int], list[list[int]], int]

WORTH_SHARING = 6_000
"""Descriptors from which on the start of another process costs less than it saves."""
_SHARE_AT_LEAST = 500
_DETAILS_WORTH_SHARING = 400
"""The same, in processes of which only the details are read."""
_NUMBERED = 1200
_NUMBERS = tuple([str(number) for number in range(3, _NUMBERED + 200)])
_HOLES = 16
"""One number in so many may be free before the listing of a table is cheaper than trying on."""
_INITIAL_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO, include/linux/proc_ns.h


class Holders(Record):
    """Who holds the sockets: pids in ascending order by inode (none: no key), and details of each of these processes.

    `refused` are the processes that may hold any of them, unseen; `hidden` tells that there may be processes of which
    not even the pid is seen (hidepid of proc(5), or a pid namespace of our own).
    """

    pids: dict[int, tuple[int, ...]]
    details: dict[int, Details]
    refused: tuple[int, ...]
    hidden: bool


def find_holders(
    inodes: Iterable[int], *, tables: Tables | None = None, proc: str = "/proc", workers: int | None = None
) -> Holders:
    """Walk the descriptors of every process. `workers`: how many share it; None lets the amount of work decide.

    `tables` is what `survey_tables` told, where it was asked already.
    """
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    everyone, groups, reachable = tables or survey_tables(proc)
    hidden = 1 not in everyone or _in_pid_namespace(proc)
    if not wanted:
        return Holders(pids={}, details={}, refused=(), hidden=hidden)
    if workers is None:
        workers = min(processors(), reachable // (WORTH_SHARING // 2))

    def walk(numbers: Iterable[int]) -> Share:
        return _walk((pid for number in numbers for pid in groups[number]), wanted, proc=proc)

    shares = share(len(groups), walk, workers=workers)
    if len({inode for held, _details, _refused in shares for inode in held}) < len(wanted):
        # a process that became a daemon meanwhile has a pid that was not listed
        shares.append(_walk(sorted(_pids(proc) - everyone), wanted, proc=proc))
    return _joined(shares, hidden=hidden)


def read_holders(
    pids: dict[int, tuple[int, ...]], *, wanted: Iterable[int] = (), proc: str = "/proc", workers: int | None = None
) -> Holders:
    """The same, where it is already known who holds what (by a BPF iterator, which should see every process).

    That it did is only believed where all of the wanted sockets have holders, or no process refuses to show itself: a
    first process has been met that neither the iterator nor root may look at.
    """
    hidden = not pids.keys() >= set(wanted) and _any_refused(proc)
    holding = sorted({pid for holders in pids.values() for pid in holders})
    if workers is None:
        workers = min(processors(), len(holding) // (_DETAILS_WORTH_SHARING // 2))
    groups = [holding[start : start + 50] for start in range(0, len(holding), 50)]

    def read(numbers: Iterable[int]) -> dict[int, Details]:
        found = {}
        for number in numbers:
            for pid in groups[number]:
                details = read_process_details(pid, proc=proc)
                if details is not None:
                    found[pid] = details
        return found

    details: dict[int, Details] = {}
    for some in share(len(groups), read, workers=workers):
        details.update(some)
    return Holders(pids=pids, details=details, refused=(), hidden=hidden)


def _joined(shares: list[Share], *, hidden: bool) -> Holders:
    pids: dict[int, set[int]] = {}
    details: dict[int, Details] = {}
    refused: set[int] = set()
    for held, found, closed in shares:
        for inode, holders in held.items():
            pids.setdefault(inode, set()).update(holders)
        details.update(found)
        refused.update(closed)
    return Holders(
        pids={inode: tuple(sorted(holders)) for inode, holders in pids.items()},
        details=details,
        refused=tuple(sorted(refused)),
        hidden=hidden,
    )


def _pids(proc: str) -> set[int]:
    return {int(name) for name in os.listdir(proc) if name.isdigit()}


def _any_refused(proc: str) -> bool:
    """Whether some process does not let us see what it has; the link to its executable is guarded like the others."""
    for pid in sorted(_pids(proc)):
        try:
            os.readlink(f"{proc}/{pid}/exe")
        except PermissionError:
            return True
        except OSError:
            continue  # a kernel thread, which has none, or gone
    return False


def _in_pid_namespace(proc: str) -> bool:
    try:
        return os.readlink(f"{proc}/self/ns/pid") != _INITIAL_PID_NAMESPACE
    except OSError:
        return True


def survey_tables(proc: str = "/proc") -> Tables:
    """All pids, groups of those worth a walk, the largest first, and how many descriptors we may reach in them.

    Plain values, so that a copy of us can deliver them. The size of /proc/PID/fd is the number of open descriptors
    since Linux 6.2, and zero before; ours never is zero.
    """
    everyone = _pids(proc)
    counted = _size(f"{proc}/self/fd") > 0
    me = os.geteuid()
    weights: list[tuple[int, int]] = []
    reachable = 0
    for pid in everyone:
        try:
            status = os.stat(f"{proc}/{pid}/fd")
        except OSError:
            continue
        descriptors = status.st_size if counted else 32
        if descriptors == 0 and not _leaderless(pid, proc):
            continue
        if me in (0, status.st_uid):
            reachable += descriptors
        weights.append((descriptors, pid))
    weights.sort(reverse=True)
    groups: list[list[int]] = []
    weight = _SHARE_AT_LEAST
    for descriptors, pid in weights:
        if weight >= _SHARE_AT_LEAST:
            groups.append([])
            weight = 0
        groups[-1].append(pid)
        weight += descriptors + 10
    return everyone, groups, reachable


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _leaderless(pid: int, proc: str) -> bool:
    """Whether a process without descriptors of its own may have threads that hold some: its first one has exited."""
    try:
        return os.stat(f"{proc}/{pid}/task").st_nlink > 3
    except OSError:
        return False


def _walk(pids: Iterable[int], wanted: dict[str, int], *, proc: str) -> Share:
    found: Share = {}, {}, []
    for pid in pids:
        _walk_process(pid, wanted, found, proc=proc)
    return found


def _walk_process(pid: int, wanted: dict[str, int], found: Share, *, proc: str) -> None:
    held, details, refused = found
    inodes, described, closed, empty = _read_table(f"{proc}/{pid}/fd", wanted)
    if empty and _leaderless(pid, proc):
        try:
            threads = os.listdir(f"{proc}/{pid}/task")
        except OSError:
            threads = []
        for thread in threads:
            inodes, described, closed, empty = _read_table(f"{proc}/{pid}/task/{thread}/fd", wanted, thread=thread)
            if not empty:
                break
    if closed:
        refused.append(pid)
    # a process that ended between the two readings holds nothing any more
    if inodes and described is not None:
        details[pid] = described
        for inode in inodes:
            held.setdefault(inode, []).append(pid)


def _read_table(
    path: str, wanted: dict[str, int], *, thread: str | None = None
) -> tuple[set[int], Details | None, bool, bool]:
    """Wanted inodes in one descriptor table, the details of the process if there are any, whether the table (or a part
    of it) was refused to us, whether it is empty."""
    inodes: set[int] = set()
    try:
        table = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, ProcessLookupError):
        return inodes, None, False, False
    except OSError:
        return inodes, None, True, False
    described = None
    try:
        streams = links(table)
        # may be listed but not read: a process with more capabilities than ours
        closed = streams is None
        seen = 0 if streams is None else _look_through(table, streams, wanted, inodes)
        if inodes:
            described = read_details(table, way="../", thread=thread, streams=streams)
    except (FileNotFoundError, ProcessLookupError):
        return inodes, None, False, False
    except OSError:
        return inodes, None, True, False
    finally:
        os.close(table)
    return inodes, described, closed, not closed and not seen


def _look_through(table: int, streams: Links, wanted: dict[str, int], inodes: set[int]) -> int:
    """Adds the wanted inodes of an open descriptor table whose first three links are known; returns how many it has.

    The kernel gives a process the lowest number that is free (open(2)), so that tables have few holes: where their
    number is known, the numbers are tried in turn, which saves the listing; where there are many holes, it is made.
    """
    readlink = os.readlink
    seen = 0
    for link in streams:
        if link is not None:
            seen += 1
            if link in wanted:
                inodes.add(wanted[link])
    left = os.fstat(table).st_size - seen  # the number of open descriptors, since Linux 6.2
    holes = left // _HOLES + 2 if 0 < left < _NUMBERED else 0
    if holes:
        for name in _NUMBERS:
            try:
                link = readlink(name, dir_fd=table)
            except FileNotFoundError:
                holes -= 1
                if not holes:
                    break
                continue
            if link in wanted:
                inodes.add(wanted[link])
            seen += 1
            left -= 1
            if not left:
                return seen
    for name in os.listdir(table):
        try:
            link = readlink(name, dir_fd=table)
        except FileNotFoundError:
            continue
        if link in wanted:
            inodes.add(wanted[link])
        seen += 1
    return seen
