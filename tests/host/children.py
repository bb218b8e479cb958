"""Real processes for the tests, each doing one odd thing until its life line, standard input, is closed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

NOBODY = 65534

PREAMBLE = """
import ctypes, json, os, socket, sys, threading, time

def listen(**options):
    made = socket.socket()
    for option in options.get("set", ()):
        made.setsockopt(socket.SOL_SOCKET, option, 1)
    made.bind(("127.0.0.1", options.get("port", 0)))
    made.listen()
    return made

def inode(made):
    return os.fstat(made.fileno()).st_ino

def ready(**facts):
    print(json.dumps({"pid": os.getpid(), **facts}), flush=True)

def become_nobody():
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    # the kernel closes whoever drops rights to its own kind as well
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE

def wait():
    sys.stdin.buffer.read()
    os._exit(0)
"""

HOLDERS = """
number = int(sys.argv[1])
made = [listen() for _ in range(int(sys.argv[2]))]
pids = [os.getpid()]
for _ in range(number - 1):
    pid = os.fork()
    if pid == 0:
        wait()
    pids.append(pid)
ready(inodes=[inode(one) for one in made], ports=[one.getsockname()[1] for one in made], pids=pids)
wait()
"""
"""Arguments: how many processes, how many listeners they all hold."""

CROWD = """
import random
chance = random.Random(sys.argv[1])
for _ in range(int(sys.argv[2])):
    pid = os.getpid()
    for _ in range(chance.randrange(1, 12)):
        family = chance.choice((socket.AF_INET, socket.AF_INET6))
        made = socket.socket(family, chance.choice((socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            made.bind((chance.choice(("", "127.0.0.1" if family == socket.AF_INET else "::1")), 0))
        except OSError:
            continue
        if made.type == socket.SOCK_STREAM:
            made.listen()
        made.detach()
    if os.fork() == 0:
        # what it inherited it holds as well; some lets it go
        if chance.random() < 0.7:
            os.closerange(3, 900)
        continue
    break
else:
    ready()
wait()
"""
"""Arguments: a seed, how many processes. Each one holds sockets of its own, and some of those that came before."""

LEADERLESS = """
made = listen()
def go_on():
    ready(inodes=[inode(made)])
    wait()
threading.Thread(target=go_on).start()
# exit(2) of the first thread alone: python has let go of its lock for the call
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
"""

STORM = """
ready()
threading.Thread(target=wait, daemon=True).start()
made = os.open("/dev/null", os.O_RDONLY)
while True:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
"""

CHURN = """
import random
ready()
threading.Thread(target=wait, daemon=True).start()
ring = []
while True:
    ring.append(listen())
    if len(ring) > 50:
        ring.pop(random.randrange(len(ring))).close()
"""

LISTENER = """
made = listen()
ready(inodes=[inode(made)], ports=[made.getsockname()[1]])
wait()
"""


@contextmanager
def child(code: str, *arguments: object, command: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """A python that runs the code below the preamble, and what it told when it was ready; gone afterwards, with all its
    family. `command` is put before it."""
    process = subprocess.Popen(
        [*command, sys.executable, "-I", "-c", PREAMBLE + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the child died before it was ready"
        told: dict[str, Any] = json.loads(line)
        yield told
    finally:
        process.stdin.close()
        process.stdout.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def as_nobody(code: str, *arguments: object) -> Any:
    """Runs code that sees `whoseport` as a user without rights; what it gives to `ready` comes back."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # the sources may lie where that user cannot go: so they are loaded before the rights are dropped
    prelude = f"""
sys.path[:0] = [{here + "/src"!r}]
from whoseport.host import for_port, look
from whoseport.host.linux import dpkg, look as _look, owners, packages
become_nobody()
os.chdir("/")
"""
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    with child(prelude + code, *arguments) as told:
        return told


def owners_by_ss() -> dict[int, set[int]]:
    """Pids by inode of every tcp and udp socket that `ss` tells of in this network namespace."""
    text = subprocess.run(["ss", "-Htulnpe"], capture_output=True, text=True, check=True).stdout
    return {
        int(inode[1]): {int(pid) for pid in re.findall(r"pid=(\d+)", line)}
        for line in text.splitlines()
        if (inode := re.search(r"\bino:(\d+)", line))
    }


def owners_by_lsof() -> dict[int, set[int]]:
    """The same by `lsof`, which tells the inode of a socket as its device."""
    text = subprocess.run(["lsof", "-nP", "-i", "-FpdTPn"], capture_output=True, text=True, check=False).stdout
    found: dict[int, set[int]] = {}
    pid = 0
    for line in text.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line.startswith("d") and line[1:].isdigit():
            found.setdefault(int(line[1:]), set()).add(pid)
    return found


def crowd(seed: str, processes: int) -> None:
    """Starts a crowd that ends with the calling process; returns when it stands."""
    start(CROWD, seed, processes)


def churn() -> int:
    """Starts a process that opens and closes listeners without a pause, and ends with the calling process; its pid."""
    pid: int = start(CHURN)["pid"]
    return pid


def start(code: str, *arguments: object) -> dict[str, Any]:
    """Starts a python that runs the code below the preamble and ends with the calling process; what it told."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", PREAMBLE + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the child died before it was ready"
    _started.append(process)
    told: dict[str, Any] = json.loads(line)
    return told


_started: list[subprocess.Popen[bytes]] = []
