"""Over which processes' folders in /proc is something mounted, so that neither `ps` nor we see what they are?

Whoever may mount hides a process so (bind mount of an empty folder over /proc/PID). No runtime does it: containers mask
files of /proc, never a process.
"""

from __future__ import annotations

from whoseport.host.linux.bounded import start_or_nothing

_LARGEST = 16 << 20
_MOST = 64


def covered_processes(proc: str = "/proc") -> tuple[int, ...]:
    """The pids, ascending; none where the mounts cannot be read."""
    return pids_in(start_or_nothing(f"{proc}/self/mountinfo", limit=_LARGEST), proc=proc)


def pids_in(mountinfo: bytes, *, proc: str = "/proc") -> tuple[int, ...]:
    """The pids whose folder, or what lies in it, a line names as its mount point (proc_pid_mountinfo(5)).

    >>> pids_in(b"36 35 8:1 /e /proc/812 rw - ext4 /dev/sda1 rw\\n37 35 8:1 /e /proc/kcore rw - ext4 /dev/sda1 rw")
    (812,)
    """
    before = f" {proc}/".encode()
    found = set()
    for line in mountinfo.split(b"\n"):
        if before not in line:
            continue
        fields = line.split(b" ", 5)
        name = fields[4].removeprefix(before[1:]).partition(b"/")[0] if len(fields) > 5 else b""
        if fields[4:5] and fields[4].startswith(before[1:]) and name.isdigit() and len(name) < 10:
            found.add(int(name))
    return tuple(sorted(found)[:_MOST])
