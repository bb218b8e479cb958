"""What starts the programs of a den: reads one order a line, as JSON, and ends all its descendants at the end.

It is copied under a random name and run by itself, so that nothing in a program's surroundings tells of a test.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pty
import signal
import socket
import struct
import sys
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _UP = 0x8914, 0x1
_LONGEST = 600  # seconds: whatever happens to the tests, nothing of a den outlives this


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if "alone" in sys.argv[1:]:
        if libc.unshare(_CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP))
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.alarm(_LONGEST)
    signal.signal(signal.SIGALRM, lambda *_: _end())
    print(json.dumps(os.getpid()), flush=True)
    for line in sys.stdin:
        try:
            told: object = _start(json.loads(line))
        except OSError as problem:
            told = str(problem)
        print(json.dumps(told), flush=True)
    _end()


def _start(order: dict[str, Any]) -> int:
    reading, writing = os.pipe()  # tells that exec failed, by not being closed by it
    slave = -1
    if order["terminal"]:
        _master, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            os.setsid()
            streams = [os.open("/dev/null", os.O_RDONLY), *[os.open(order["log"], os.O_WRONLY | os.O_APPEND)] * 2]
            if slave >= 0:
                fcntl.ioctl(slave, 0x540E, 0)  # TIOCSCTTY
                streams = [slave] * 3
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
            _pass_on(order, keep=writing)
            os.umask(0o022)
            if order["uid"] is not None:
                os.setgroups([order["gid"]])
                os.setresgid(*[order["gid"]] * 3)
                os.setresuid(*[order["uid"]] * 3)
            os.chdir(order["folder"])
            environment = order["environment"]
            if order["sockets"]:
                environment |= {"LISTEN_FDS": str(len(order["sockets"])), "LISTEN_PID": str(os.getpid())}
            os.execve(order["program"], order["command"], environment)
        except OSError as problem:
            os.write(writing, f"{order['program']}: {problem}".encode())
        finally:
            os._exit(127)
    os.close(writing)
    if slave >= 0:
        os.close(slave)  # the master stays open here: it is the terminal's window
    told = os.read(reading, 4096)
    os.close(reading)
    if told:
        raise OSError(told.decode())
    return pid


def _pass_on(order: dict[str, Any], *, keep: int) -> None:
    """The sockets that a program is started with, from descriptor 3 on (sd_listen_fds(3))."""
    os.set_inheritable(keep, False)
    opened = []
    for kind, port in order["sockets"]:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        if kind == "tcp":
            made.listen()
        opened.append(fcntl.fcntl(made.detach(), fcntl.F_DUPFD, 50))
    for number, one in enumerate(opened, 3):
        if number == keep:
            raise OSError("the pipe is where a socket must be")
        os.dup2(one, number)
        os.close(one)


def _children() -> list[int]:
    """All descendants, by their parents' numbers (proc(5), stat)."""
    parents: dict[int, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError):
            continue
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sorted(ours - {os.getpid()})


def _end() -> None:
    while pids := _children():
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for _ in pids:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
    os._exit(0)


if __name__ == "__main__":
    main()
