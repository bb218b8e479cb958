"""Who belongs together: process groups and descendants, and whether a process still is the one that was seen.

From /proc/PID/stat (proc_pid_stat(5)) and the links of /proc/PID/fd.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import read_start
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


class Kin(Record):
    """`ticks` since boot at its start, which no other process of the same pid shares."""

    pid: int
    parent: int
    group: int
    ticks: int
    name: str
    uid: int


def everyone(*, proc: str = "/proc") -> dict[int, Kin]:
    """Every process that shows itself, by pid."""
    found = {}
    for name in os.listdir(proc):
        if name.isdigit() and (one := kin_of(int(name), proc=proc)) is not None:
            found[one.pid] = one
    return found


def kin_of(pid: int, *, proc: str = "/proc") -> Kin | None:
    """One process; None if it is gone."""
    path = f"{proc}/{pid}"
    try:
        content = read_start(f"{path}/stat", limit=4096)
        uid = os.stat(path).st_uid
    except OSError:
        return None
    opening, closing = content.find(b" ("), content.rfind(b")")
    fields = content[closing + 1 :].split(None, 20)
    if opening < 1 or closing < opening or len(fields) < 20:
        return None
    try:
        parent, group, ticks = int(fields[1]), int(fields[2]), int(fields[19])
    except ValueError:
        return None
    name = content[opening + 2 : closing].decode("utf-8", "backslashreplace")
    return Kin(pid=pid, parent=parent, group=group, ticks=ticks, name=name, uid=uid)


def tree_of(pids: Collection[int], processes: dict[int, Kin], *, spared: Collection[int]) -> tuple[Kin, ...]:
    """Those that run with these processes, without themselves: their process groups, and all descendants of either.

    A shell with job control gives each command line a group of its own (setpgid(2)): the package script, the watcher
    that would start the server again, the server. A group that one of the `spared` is in is not taken as a whole.
    """
    groups = {processes[pid].group for pid in pids if pid in processes}
    groups -= {processes[pid].group for pid in spared if pid in processes}
    chosen = {pid for pid in pids if pid in processes}
    chosen |= {one.pid for one in processes.values() if one.group in groups}
    children: dict[int, list[int]] = {}
    for one in processes.values():
        children.setdefault(one.parent, []).append(one.pid)
    waiting = list(chosen)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in chosen:
                chosen.add(child)
                waiting.append(child)
    return tuple(processes[pid] for pid in sorted(chosen - set(pids) - set(spared)))


def lineage_of(pid: int, processes: dict[int, Kin]) -> tuple[int, ...]:
    """The process and its parents, nearest first."""
    found: list[int] = []
    while pid in processes and pid not in found:
        found.append(pid)
        pid = processes[pid].parent
    return tuple(found)


def holds_any(pid: int, sockets: Collection[int], *, proc: str = "/proc") -> bool:
    """Whether the process, or a thread of it with descriptors of its own, holds one of these sockets now."""
    wanted = {f"socket:[{inode}]" for inode in sockets}
    try:
        threads = os.listdir(f"{proc}/{pid}/task")
    except OSError:
        return False
    for folder in (f"{proc}/{pid}/fd", *(f"{proc}/{pid}/task/{thread}/fd" for thread in threads)):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            try:
                if os.readlink(f"{folder}/{name}") in wanted:
                    return True
            except OSError:
                continue
    return False
