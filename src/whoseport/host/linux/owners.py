"""Which processes hold these sockets?

The links in /proc/PID/fd tell (proc_pid_fd(5)): a socket reads `socket:[INODE]`. A socket may be held by any number of
processes, so nothing short of every descriptor of every process proves that all are named; looking into the likely
process first would gain nothing. What makes it cheap: bare names below an open directory, processes that provably have
no descriptor passed over, and several processes sharing the work where there is much of it, since threads do not help.
"""

from __future__ import annotations

import marshal
import os

from whoseport.host.linux.processes import read_details
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whoseport.host.linux.processes import Details

    Share = tuple[list[int], dict[int, list[int]], dict[int, Details], list[int]]
    """Numbers of the groups that were walked, pids by inode, details by pid, pids that refused: for `marshal`."""

WORTH_SHARING = 6_000
"""Descriptors from which on the start of another process costs less than it saves."""
_SHARE_AT_LEAST = 500
_MOST_WORKERS = 8
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


def find_holders(inodes: Iterable[int], *, proc: str = "/proc", workers: int | None = None) -> Holders:
    """Walk the descriptors of every process. `workers`: how many share it; None lets the amount of work decide."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    everyone = _pids(proc)
    hidden = 1 not in everyone or _in_pid_namespace(proc)
    if not wanted:
        return Holders(pids={}, details={}, refused=(), hidden=hidden)
    groups, reachable = _survey(everyone, proc)
    if workers is None:
        workers = min(_processors(), _MOST_WORKERS, reachable // (WORTH_SHARING // 2))
    if workers > 1 and len(groups) > 1 and _alone():
        shares = _walk_together(groups, wanted, proc=proc, workers=min(workers, len(groups)))
    else:
        shares = [_walk(range(len(groups)), groups, wanted, proc=proc)]
    if len({inode for share in shares for inode in share[1]}) < len(wanted):
        # a process that became a daemon meanwhile has a pid that was not listed
        newcomers = sorted(_pids(proc) - everyone)
        shares.append(_walk([0], [newcomers], wanted, proc=proc))
    return _joined(shares, hidden=hidden)


def _joined(shares: list[Share], *, hidden: bool) -> Holders:
    pids: dict[int, set[int]] = {}
    details: dict[int, Details] = {}
    refused: set[int] = set()
    for _groups, held, found, closed in shares:
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


def _in_pid_namespace(proc: str) -> bool:
    try:
        return os.readlink(f"{proc}/self/ns/pid") != _INITIAL_PID_NAMESPACE
    except OSError:
        return True


def _survey(everyone: Iterable[int], proc: str) -> tuple[list[list[int]], int]:
    """Groups of pids that are worth a walk, the largest first, and how many descriptors we may reach in them.

    The size of /proc/PID/fd is the number of open descriptors since Linux 6.2, and zero before; ours never is zero.
    """
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
    return groups, reachable


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


def _walk(numbers: Iterable[int], groups: Sequence[Sequence[int]], wanted: dict[str, int], *, proc: str) -> Share:
    done: list[int] = []
    held: dict[int, list[int]] = {}
    details: dict[int, Details] = {}
    refused: list[int] = []
    for number in numbers:
        for pid in groups[number]:
            _walk_process(pid, wanted, (held, details, refused), proc=proc)
        done.append(number)
    return done, held, details, refused


def _walk_process(
    pid: int, wanted: dict[str, int], found: tuple[dict[int, list[int]], dict[int, Details], list[int]], *, proc: str
) -> None:
    held, details, refused = found
    inodes, described, closed, empty = _read_table(f"{proc}/{pid}/fd", wanted, thread=False)
    if empty and _leaderless(pid, proc):
        try:
            threads = os.listdir(f"{proc}/{pid}/task")
        except OSError:
            threads = []
        for thread in threads:
            inodes, described, closed, empty = _read_table(f"{proc}/{pid}/task/{thread}/fd", wanted, thread=True)
            if not empty:
                break
    if closed:
        refused.append(pid)
    # a process that ended between the two readings holds nothing any more
    if inodes and described is not None:
        details[pid] = described
        for inode in inodes:
            held.setdefault(inode, []).append(pid)


def _read_table(path: str, wanted: dict[str, int], *, thread: bool) -> tuple[set[int], Details | None, bool, bool]:
    """Wanted inodes in one descriptor table, the details of the process if there are any, whether the table (or a part
    of it) was refused to us, whether it is empty."""
    inodes: set[int] = set()
    readlink = os.readlink
    try:
        table = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, ProcessLookupError):
        return inodes, None, False, False
    except OSError:
        return inodes, None, True, False
    closed = False
    described = None
    try:
        names = os.listdir(table)
        for name in names:
            try:
                link = readlink(name, dir_fd=table)
            except (FileNotFoundError, ProcessLookupError):
                continue
            except OSError:
                # may be listed but not read: a process with more capabilities than ours
                closed = True
                break
            if link in wanted:
                inodes.add(wanted[link])
        if inodes:
            directory = os.open("..", os.O_PATH | os.O_DIRECTORY, dir_fd=table)
            try:
                described = read_details(directory, thread=thread)
            finally:
                os.close(directory)
    except (FileNotFoundError, ProcessLookupError):
        return inodes, None, closed, False
    except OSError:
        return inodes, None, True, False
    finally:
        os.close(table)
    return inodes, described, closed, not names


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except OSError:
        return 1


def _alone() -> bool:
    """Whether this process has one thread only: after a fork, locks that others held would stay shut for ever."""
    try:
        return os.stat("/proc/self/task").st_nlink == 3
    except OSError:
        return False


def _walk_together(groups: list[list[int]], wanted: dict[str, int], *, proc: str, workers: int) -> list[Share]:
    """Walk with workers - 1 forked processes beside this one; each takes the next group from a common queue.

    What a worker took and did not deliver, since it was killed, is walked here once more.
    """
    queue, filling = os.pipe()
    capacity = 30_000  # numbers of two bytes in a pipe of 64 KiB
    while len(groups) > capacity:
        groups[len(groups) % capacity] += groups.pop()
    os.set_blocking(filling, False)
    try:
        os.write(filling, b"".join(number.to_bytes(2, "little") for number in range(len(groups))))
    finally:
        os.close(filling)
    children: list[tuple[int, int]] = []
    shares: list[Share] = []
    try:
        for _ in range(workers - 1):
            try:
                children.append(_start_worker(queue, groups, wanted, proc=proc))
            except OSError:
                break  # no process or no descriptor to be had
        shares.append(_walk(_taken(queue), groups, wanted, proc=proc))
        while children:
            pid, reading = children[-1]
            delivered = _delivered(reading)
            if delivered is not None:
                shares.append(delivered)
            children.pop()
            os.close(reading)
            _reap(pid)
    finally:
        os.close(queue)
        for pid, reading in children:
            os.close(reading)
            os.kill(pid, 9)
            _reap(pid)
    missing = set(range(len(groups))).difference(*(share[0] for share in shares))
    if missing:
        shares.append(_walk(sorted(missing), groups, wanted, proc=proc))
    return shares


def _start_worker(queue: int, groups: list[list[int]], wanted: dict[str, int], *, proc: str) -> tuple[int, int]:
    """Pid of a new worker, and the descriptor on which it delivers."""
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if pid == 0:
        try:
            os.close(reading)
            delivery = memoryview(marshal.dumps(_walk(_taken(queue), groups, wanted, proc=proc)))
            while delivery:
                delivery = delivery[os.write(writing, delivery) :]
        finally:
            # whatever went wrong, nothing of the program that we are a copy of may run here
            os._exit(0)
    os.close(writing)
    return pid, reading


def _taken(queue: int) -> Iterable[int]:
    while number := os.read(queue, 2):
        yield int.from_bytes(number, "little")


def _delivered(reading: int) -> Share | None:
    pieces = []
    while piece := os.read(reading, 1 << 20):
        pieces.append(piece)
    try:
        share: Share = marshal.loads(b"".join(pieces))
    except (EOFError, ValueError, TypeError):
        return None
    return share


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return  # the program around us ignores SIGCHLD
