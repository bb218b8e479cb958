"""Who belongs together, on systems without /proc: descendants and parents, as psutil tells them."""

from __future__ import annotations

import os

import psutil


def lineage(pid: int) -> tuple[int, ...]:
    """The process and its parents, nearest first; as far as they could be seen."""
    try:
        return (pid, *(parent.pid for parent in psutil.Process(pid).parents()))
    except psutil.Error:
        return (pid,)


def tree(pids: tuple[int, ...], *, spared: tuple[int, ...]) -> tuple[tuple[int, str], ...]:
    """Pid and name of all that descend from these processes or, where the system has process groups, share theirs."""
    groups = {group for pid in pids if (group := _group(pid)) is not None}
    groups -= {group for pid in spared if (group := _group(pid)) is not None}
    found: dict[int, str] = {}
    for process in psutil.process_iter(["name"]):
        if _group(process.pid) in groups:
            found[process.pid] = process.info["name"] or ""
    for pid in pids:
        try:
            found |= {child.pid: child.name() for child in psutil.Process(pid).children(recursive=True)}
        except psutil.Error:
            continue
    return tuple((pid, name) for pid, name in sorted(found.items()) if pid not in pids and pid not in spared)


def _group(pid: int) -> int | None:
    getpgid = getattr(os, "getpgid", None)
    if getpgid is None:
        return None
    try:
        group: int = getpgid(pid)
    except OSError:
        return None
    return group
