"""Does the process that holds a lease still live? A pid alone is used again; with the start time it is not.

On Linux the start is that of proc_pid_stat(5), in ticks since boot, with the boot's own identity beside it, so that no
lease survives a restart. Elsewhere psutil tells both.
"""

from __future__ import annotations

import os
import sys

from whoseport.record import Record

_SYSTEM: str = sys.platform


class Owner(Record):
    """`start` is whatever this system calls the start of a process; two are only compared for equality."""

    pid: int
    start: str


def owner_of(pid: int, *, proc: str = "/proc") -> Owner | None:
    """The living process of that pid, or None. A zombie counts: its parent has not heard of its end."""
    start = _start(pid, proc)
    return None if start is None else Owner(pid=pid, start=start)


def lives(owner: Owner, *, proc: str = "/proc") -> bool:
    """Whether that very process is still there."""
    return _start(owner.pid, proc) == owner.start


def boot_identity(*, proc: str = "/proc") -> str:
    """What tells this run of the system from every other: random(4) on Linux, the time of the boot elsewhere."""
    if _SYSTEM == "linux":
        try:
            with open(f"{proc}/sys/kernel/random/boot_id", encoding="ascii") as file:
                return file.read(64).strip()
        except (OSError, ValueError):
            return ""
    import psutil

    return str(int(psutil.boot_time()))


def _start(pid: int, proc: str) -> str | None:
    if _SYSTEM == "linux":
        try:
            descriptor = os.open(f"{proc}/{pid}/stat", os.O_RDONLY)
        except OSError:
            return None
        try:
            content = os.read(descriptor, 4096)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        fields = content[content.rfind(b")") + 1 :].split()
        return fields[19].decode("ascii", "replace") if len(fields) > 19 else None
    import psutil

    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
